"""A plan is data: ordered steps with their locks, limits and undo, carried out elsewhere."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.action import Statement
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName

SHORT_LOCK_MS: Final = 200
"""For steps that stop readers or writers: below deadlock_timeout, so that the application is never the victim."""

PATIENT_LOCK_MS: Final = 5000
"""For steps behind which nobody queues."""

BACKSTOP_MS: Final = 2 * SHORT_LOCK_MS + 1000
"""The statement_timeout of steps that should take milliseconds: two lock waits, and an unexpected scan ends."""


FIRST_ROW: Final = "'(0,0)'::pg_catalog.tid"
"""Where a step that walks through a table begins, as its statement spells it; the next batch begins further on."""

CHECK_ROWS: Final = "check"
"""The title of a step that checks the rows that are there (VALIDATE CONSTRAINT)."""
SWAP_AND_CHECK: Final = "swap, check"
ADD_AND_CHECK: Final = "add, check"
"""The titles of steps that declare a key and check the rows that are there in one statement."""
ATTACH: Final = "attach"
"""The title of a step that makes partitions' keys part of one on the whole."""
MAKE_ROWS: Final = "make"
"""The title of a step that makes referenced rows."""
DEFAULT: Final = "default"
"""The title of a step that gives columns a default: a constant of the operator's, or what they had."""
REPLACED: Final = "drop"
"""The title of a step that takes the old key away once another has been built beside it."""


class LockMode(StrEnum):
    """Table-level lock modes (manual, "Explicit Locking"), those that plans take."""

    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    ROW_SHARE = "ROW SHARE"
    ACCESS_SHARE = "ACCESS SHARE"

    @property
    def stops(self) -> str:
        """Who has to wait while it is held."""
        return _STOPS[self]


_STOPS: Final = {
    LockMode.ACCESS_EXCLUSIVE: "readers and writers wait",
    LockMode.SHARE_ROW_EXCLUSIVE: "writers wait",
    LockMode.SHARE: "writers wait",
    LockMode.SHARE_UPDATE_EXCLUSIVE: "nobody waits",
    LockMode.ROW_EXCLUSIVE: "nobody waits",
    LockMode.ROW_SHARE: "nobody waits",
    LockMode.ACCESS_SHARE: "nobody waits",
}


class Duration(StrEnum):
    """How long a lock is held: for milliseconds, or for as long as reading the table takes."""

    INSTANT = "instant"
    SCAN = "scan"


@fact
class Lock:
    """A lock that a step takes."""

    table: TableName
    mode: LockMode
    duration: Duration


@fact
class Tried:
    """How the changes of a batch are tried out, to be rolled back, without keeping anything.

    `batch` changes one batch and gives `found` and `changed`. Where that is refused, `rows` selects the rows of a
    batch, and for each, a record called `row`, `one` changes it alone and returns whether it became what it
    should; `named` is an expression that names it, and `there` says that nothing else has changed it yet.
    """

    row: str
    batch: str
    rows: str
    one: str
    named: str
    there: str = "true"


@fact
class Batch:
    """How the rows of a batch are counted, so that none is lost that a trigger or a policy kept from changing.

    The statement ends with `last`. `found` is what FROM takes for the rows that it found; `changed` is the part of
    it that has those which changed, empty where `last` changes them. `writes` says that these tell by a column of
    their own whether they have what was written. `tried` is how it is tried out before anything is changed.
    """

    last: str
    found: str
    changed: str = ""
    writes: bool = False
    tried: Tried | None = None


@fact
class Step:
    """One statement. Steps with the same `transaction` number commit together.

    `reserve` names the table on which SHARE UPDATE EXCLUSIVE is taken first, which makes
    autovacuum give way without stopping anybody. `statement_timeout_ms` 0 means none.
    `done_when` is a query that gives true once the step has taken effect.

    `alone` runs outside any transaction (CREATE INDEX CONCURRENTLY); where `leftover` gives true, a try that
    was cut off left something behind, and `cleanup` removes it before the next one. `repeats` commits and runs
    again, with everything of the same transaction, until it changes no row; `batch` says how its rows are counted.
    `cursor` is the place of a row that such a batch changed; the next one begins behind the last of them in place
    of FIRST_ROW, and what came in behind is looked for when the end is reached. `total` is a query for how many
    rows there are to change.
    """

    number: int
    title: str
    sql: str
    transaction: int
    locks: tuple[Lock, ...]
    lock_timeout_ms: int
    statement_timeout_ms: int
    done_when: str
    undo: str | None = None
    reserve: TableName | None = None
    alone: bool = False
    repeats: bool = False
    leftover: str | None = None
    cleanup: str | None = None
    batch: Batch | None = None
    cursor: str | None = None
    total: str | None = None

    @property
    def checks_rows(self) -> bool:
        """Whether it reads the rows that are there to prove a constraint, which runs what stands in their way."""
        return self.title == CHECK_ROWS

    @property
    def checks_at_once(self) -> bool:
        """Whether it declares a key and reads all rows for it in one statement, with the rights of the session."""
        return self.title in {SWAP_AND_CHECK, ADD_AND_CHECK}

    @property
    def plans_as_owner(self) -> bool:
        """Whether the server plans to read all rows, to check or to index them, with the table owner's rights."""
        return self.checks_rows or (self.alone and not self.sql.startswith("DROP"))


@fact
class Goal:
    """What is declared once the plan is through: the foreign key, and the columns that then accept NULL.

    `gone` says that the key is not declared any more; `checks` are more promises, each in words and as a
    query that then gives true.
    """

    key: ForeignKey
    nullable: tuple[tuple[TableName, str], ...] = ()
    gone: bool = False
    checks: tuple[tuple[str, str], ...] = ()


@fact
class Pace:
    """How fast rows are changed: rows in a batch, milliseconds between two, rows in a second at most.

    None leaves it to the run, which rests as long as a batch took, up to a fifth of a second.
    """

    batch_rows: int = 2000
    pause_ms: int | None = None
    rows_per_second: int | None = None

    @property
    def words(self) -> str:
        """Say it as a plan does: `batches of 1,000, 100 ms apart, at most 500 rows a second`."""
        apart = f", {self.pause_ms:,} ms apart" if self.pause_ms is not None else ""
        most = f", at most {self.rows_per_second:,} rows a second" if self.rows_per_second is not None else ""
        return f"batches of {self.batch_rows:,}{apart}{most}"


@fact
class Kept:
    """Where a plan keeps the rows it changes as they were.

    `count` is a query for one row: `kept`, how many there are, and `returning_rows`, how many of them can go back.
    """

    table: TableName
    count: str


@fact
class Plan:
    """How one option is carried out on one foreign key; `rule` is the one that must be quiet afterwards.

    `procedure` says which way was chosen and why; `fingerprint` identifies the objects it was made from and
    `objects` spells out what was looked at; `undo` are the steps that lead back, in order, and
    `undo_condition` says until when they can work. `abandon` are the steps that lead back from halfway, while
    the key itself is still the old one. `origin` is the key that undoing leads back to where that is not `key`.
    `absent` says that the key is not declared when the plan starts; `mends` that it repairs orphans itself.
    `brings` says that the plan declares a key that was not there before, so that undoing takes it away.
    `values` are those the operator named, of referencing columns; the referenced table must have a row with them.
    `chosen` are the referenced rows whose referring rows are changed, each by its columns and values.
    `filled` are the values of other columns of referenced rows that are made.
    `picked` is what `picked_by`, the operator's query, gave for each referring row: how the plan knows the row,
    and what it refers to afterwards; `unpicked` names the rows for which it gave nothing, which stay.
    `kept` is where changed rows are kept as they were, `pace` how fast rows are changed.
    """

    key: ForeignKey
    rule: str
    option: str
    procedure: str
    fingerprint: str
    steps: tuple[Step, ...]
    undo: tuple[Step, ...]
    undo_condition: str
    consequences: tuple[str, ...]
    goal: Goal
    abandon: tuple[Step, ...] = ()
    origin: ForeignKey | None = None
    absent: bool = False
    mends: bool = False
    brings: bool = False
    values: tuple[tuple[str, str], ...] = ()
    kept: Kept | None = None
    chosen: tuple[tuple[tuple[str, str], ...], ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    picked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unpicked: tuple[str, ...] = ()
    picked_by: str = ""
    pace: Pace = field(default_factory=Pace)
    objects: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def changed_for(self) -> frozenset[Statement]:
        """The statements for which it gives the key another action."""
        old, new = self.key, self.goal.key
        changed = {
            Statement.DELETE: (old.on_delete, old.delete_columns) != (new.on_delete, new.delete_columns),
            Statement.UPDATE: old.on_update != new.on_update,
        }
        return frozenset(statement for statement, is_so in changed.items() if is_so)

    @property
    def writes_rows(self) -> bool:
        """Whether it changes rows, not only what is declared."""
        return any(step.repeats for step in self.steps)

    @property
    def checks_rows(self) -> bool:
        """Whether it reads the existing rows to prove the key, and fails where it finds an orphan."""
        key = self.goal.key
        proves = self.declares_anew or any("VALIDATE CONSTRAINT" in step.sql for step in self.steps)
        return not self.goal.gone and key.validated and key.enforced and proves

    @property
    def declares_anew(self) -> bool:
        """Whether it declares a key, with all its triggers, be there one already or not."""
        return any("ADD CONSTRAINT" in step.sql for step in self.steps)
