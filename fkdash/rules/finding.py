"""A finding: a rule's verdict on one foreign key, with everything an operator asks next."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.fact import fact
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


@fact
class PredictedError:
    """The error PostgreSQL will raise, in its own (English) words; its relation is the failing row's table."""

    sqlstate: str
    message: str


@fact
class DefaultRow:
    """Asks whether the referenced table has the row that SET DEFAULT would point at.

    `columns` are the referenced columns, `defaults` the default expressions to
    compare them with, as the catalog spells them, in the same order. `spared` says
    that something may come before the action, so that it fails for some rows at most.
    """

    table: TableName
    columns: tuple[str, ...]
    defaults: tuple[str, ...]
    spared: bool = False


@fact
class BrokenRow:
    """Asks whether a row that refers to something violates a CHECK that is NOT VALID, by its name, already.

    `columns` are the referencing columns.
    """

    table: TableName
    check: str
    columns: tuple[str, ...]


@fact
class Finding:
    """One rule's verdict on one foreign key.

    `message` is one sentence; `explanation` a paragraph for this very key;
    `columns` are the referencing columns the verdict is about; `fixes` names the
    options that answer it, the order being the one they are offered in.
    `certain` False says that the outcome depends on the row: possible, not
    claimed. `path` is the way a delete takes, from the first foreign key to the
    one that fails. `question` asks for data that no catalog knows. `unless` says,
    in words, what may spare some rows.
    An undeclared reference has a key without a name.
    """

    rule: str
    name: str
    severity: Severity
    key: ForeignKey
    columns: tuple[str, ...]
    message: str
    explanation: str = ""
    statements: tuple[Statement, ...] = ()
    error: PredictedError | None = None
    evidence: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    certain: bool = True
    path: tuple[ForeignKey, ...] = ()
    question: DefaultRow | BrokenRow | None = None
    unless: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """`schema.table.constraint`; without a key `schema.table.column` or `schema.table.(a, b)`."""
        columns = self.key.columns
        own = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
        return self.key.qualified if self.key.name else f"{self.key.table}.{own}"

    @property
    def fingerprint(self) -> str:
        """Identifies the problem across databases and renames of the constraint: 16 hex digits."""
        facts = (
            self.rule,
            *self.key.table,
            *self.key.columns,
            *self.key.referenced,
            *self.key.referenced_columns,
            *self.columns,
        )
        import hashlib  # not before the first frame

        return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


class HangsOn(StrEnum):
    """What of the declared schema, beside its foreign keys, a finding of a rule hangs on."""

    NOT_NULL = "not null"
    CHECKS = "checks"
    DEFAULTS = "defaults"
    UNIQUE = "unique"
    TYPES = "types"
    COLUMNS = "columns"
    CODE = "triggers and rules"


@fact
class Rule:
    """A rule: its permanent id, its words, and the function that finds what it is about.

    `example` is the smallest schema that has the problem, ready for psql. `brief` says it in a word or two
    where no state of a key does. `doubt` says why a reference that it finds may lack rows, "" where it cannot.
    `needs_server` says what of a running database it needs, which files and snapshots do not tell.
    `undeclared` is about references that nobody declared, for which it reads the queries that the database keeps.
    `by_row` is decided by a row's other values or by another table's row, `from_second_row` bites only once a
    second row is written.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    explanation: str
    example: str
    find: Callable[[Catalog], Iterable[Finding]]
    brief: str = ""
    doubt: str = ""
    needs_server: str = ""
    hangs_on: frozenset[HangsOn] = frozenset()
    undeclared: bool = False
    by_row: bool = False
    from_second_row: bool = False

    @property
    def not_told(self) -> str:
        """Why files and snapshots do not answer it; "" where they do."""
        return f"{self.needs_server} is known of a running database only" if self.needs_server else ""
