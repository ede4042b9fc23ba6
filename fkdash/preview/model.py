"""What a preview is asked and what it answers, as frozen facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from fkdash.catalog.table_name import TableName
from fkdash.errors import NotRun
from fkdash.fact import fact

Key = Mapping[str, object]
Progress = Callable[[str], None]


class Verdict(StrEnum):
    """Whether PostgreSQL will let the delete through."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@fact
class DeleteTarget:
    """The rows to delete: by key (column to value), by a condition in SQL, or, with neither, every row.

    Values may be anything JSON can hold, or text as the server reads it; the
    server casts them. `only` stands for DELETE FROM ONLY.
    """

    table: TableName
    keys: tuple[Key, ...] | None = None
    condition: str | None = None
    only: bool = False

    @property
    def everything(self) -> bool:
        """Whether every row of the table is meant."""
        return self.keys is None and self.condition is None


def one_row(table: TableName, columns: Sequence[str], values: Sequence[object]) -> DeleteTarget:
    """Give the delete of a single row, by the values of its key."""
    return DeleteTarget(table, keys=(dict(zip(columns, values, strict=True)),))


@fact
class Limits:
    """Where a preview stops.

    `rows` bounds the rows that are followed one by one where their order
    matters, `seconds` the whole preview (None: no bound), `depth` the number of
    steps from the target to a row that is followed. Without `allow_scan`, a table
    estimated above `scan_rows` rows is not read from end to end for lack of an
    index on the referencing columns.
    """

    rows: int = 20_000
    seconds: float | None = None
    depth: int = 10_000
    allow_scan: bool = True
    scan_rows: int = 100_000


@fact
class Blocker:
    """A constraint that stops the delete, and the number of rows it stops at.

    `constraint` is None for a NOT NULL column. `columns` are the referencing
    columns, those that cannot take the value (23502, 23514), or the key of the
    unique or exclusion constraint. `first` marks what PostgreSQL reports. `table` is the
    partitioned table where the rows are in a `partition`. `deferred` says that it stops the
    COMMIT. `missing` is the table in which there is no row that the rows would then refer to,
    with `value`; with `half` they would mix NULL and values in a MATCH FULL key.
    """

    constraint: str | None
    table: TableName
    columns: tuple[str, ...]
    sqlstate: str
    rows: int
    first: bool = False
    partition: TableName | None = None
    deferred: bool = False
    missing: TableName | None = None
    half: bool = False
    value: tuple[str | None, ...] = ()


@fact
class Effect:
    """What happens to one table's rows; a partitioned table counts as a whole."""

    table: TableName
    deleted: int = 0
    set_null: int = 0
    set_default: int = 0
    updated: int = 0


@fact
class Scan:
    """A table that would be read from end to end for lack of an index; sizes are estimates."""

    table: TableName
    columns: tuple[str, ...]
    rows: int | None
    bytes: int | None


class MayStay(str):
    """A note on code that can keep rows from being written at all, so that no number is a lower limit."""

    __slots__ = ()


@fact
class Preview:
    """What a delete would do.

    `exact` False makes every number a lower limit, unless a note is of code that may keep rows as they are.
    `scans` names the tables that were not read because that needs the operator's consent; the verdict is then
    unknown. `cut_short` says that a limit ended it, `not_run` what looking would have run of other roles' code.
    """

    target: DeleteTarget
    verdict: Verdict
    exact: bool
    blockers: tuple[Blocker, ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    scans: tuple[Scan, ...] = ()
    cut_short: bool = False
    target_rows: int = 0
    not_run: tuple[NotRun, ...] = ()

    @property
    def lower_limits(self) -> bool:
        """Whether the numbers are lower limits: not where they are exact, nor where a trigger or rule decides."""
        return not self.exact and not any(isinstance(note, MayStay) for note in self.notes)

    @property
    def taken_along(self) -> int:
        """The other rows that go, those of the same table too; those to delete are in the effects as well."""
        deleted = sum(effect.deleted for effect in self.effects)
        return max(deleted - self.target_rows, 0)

    @property
    def changed(self) -> int:
        """The rows that stay and are written to, counted once for each way in which they are."""
        return sum(effect.set_null + effect.set_default + effect.updated for effect in self.effects)

    @property
    def exit_code(self) -> int:
        """0 allowed, 1 blocked, 4 cut short or not answered."""
        if self.verdict is Verdict.BLOCKED:
            return 1
        return 0 if self.verdict is Verdict.ALLOWED and self.exact and not self.cut_short else 4


@fact
class Selection:
    """A condition over the target table, called by its own name; `joined` is a FROM item for keys.

    `typed` is what the operator wrote of it, "" where nothing is.
    """

    condition: str
    joined: str = ""
    arguments: tuple[object, ...] = ()
    typed: str = ""
