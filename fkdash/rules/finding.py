"""A finding: a rule's verdict on one foreign key, with everything an operator asks next."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fkdash.catalog.fact import fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.model import Catalog, ForeignKey, TableName


class Severity(StrEnum):
    """How bad: a contradiction, a risk, or something worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst, growing."""
        return _RANKS[self]

    @property
    def word(self) -> str:
        """What people read for it everywhere: `contradiction`, `warning`, `note`; documents have the value."""
        return _WORDS[self]


_WORDS: Final = {Severity.ERROR: "contradiction", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


class Statement(StrEnum):
    """The statement on the referenced table that sets a referential action off."""

    DELETE = "DELETE"
    UPDATE = "UPDATE"


@fact
class PredictedError:
    """The error PostgreSQL will raise, in its own (English) words; `relation` is the failing row's table."""

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
    one that fails. `question` asks for data that no catalog knows.
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
