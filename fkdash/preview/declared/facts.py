"""Everything about the reached tables that decides what a delete does, as the server declares it.

These are the facts of a catalog (`catalog.model`), each with what evaluating a row takes beyond what is declared.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import WRITING, Action
from fkdash.catalog.model import Check, Column, Domain, ForeignKey, Index, Table, TableKind
from fkdash.catalog.surroundings import OwnerRights, Trigger
from fkdash.catalog.table_name import TableName
from fkdash.catalog.too_long import TOO_LONG
from fkdash.fact import derived, deriving_fact, fact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fkdash.errors import NotRun

UPDATING: Final = WRITING | {Action.CASCADE}
"""The actions ON UPDATE that write to the referencing rows."""

_MACHINERY: Final = "pg_catalog.RI_FKey_"


@fact
class Operator:
    """An equality operator as a statement spells it; an operand type of None takes no cast."""

    oid: int
    spelling: str
    left_type: str | None
    right_type: str | None
    function: int | None


@fact
class RefusedFunction:
    """A function that a role may not execute; `inlined` says that the planner may replace it by its body."""

    name: str
    inlined: bool


@fact
class CheckFact(Check):
    """A CHECK that is enforced; `steady` is False when only the real run can evaluate it.

    `restricted` are the functions it calls that not everybody may execute, `not_run` those that
    looking must not run.
    """

    steady: bool = True
    restricted: tuple[int, ...] = ()
    not_run: tuple[NotRun, ...] = ()


@fact
class DomainFact(Domain):
    """A domain; `base_oid` is the type that it is built on, which may be a domain as well."""

    checks: tuple[CheckFact, ...] = ()
    base: DomainFact | None = None
    base_oid: int = 0

    @property
    def chain(self) -> tuple[DomainFact, ...]:
        """This domain and those below it, outermost first."""
        return (self, *self.base.chain) if self.base else (self,)


@fact
class TypeFact:
    """A data type; `kind` is pg_type's letter, `domain` what it is where it is one."""

    oid: int
    kind: str
    name: TableName
    domain: DomainFact | None


@fact
class ColumnFact(Column):
    """A column; `default` includes the domain's, `unproven` is a NOT NULL that is NOT VALID (18).

    `reads` are the columns that a generated one is computed from, `stored` says that it is kept in the table.
    `ordering` is the collation that it has, the type's own as well, as a statement spells it.
    `default_folded` says that planning computes the default, whether a row needs it or not.
    `default_not_run` is what the default or generation expression would run of other roles' code, `type_not_run`
    what turning a text into a value of the type would.
    """

    type_oid: int = 0
    reads: frozenset[str] = frozenset()
    stored: bool = False
    deterministic: bool = True
    ordering: str | None = None
    default_steady: bool = True
    default_folded: bool = False
    default_restricted: tuple[int, ...] = ()
    default_not_run: tuple[NotRun, ...] = ()
    type_not_run: tuple[NotRun, ...] = ()
    unproven: bool = False
    owner_selects: bool = True
    owner_updates: bool = True

    @property
    def array(self) -> bool:
        """Whether its values are arrays (of a domain over an array the type's name does not tell)."""
        return self.type.endswith("[]")


@fact
class IndexKey:
    """One key column of an index; `column` is None for an expression."""

    column: str | None
    expression: str
    type: str
    type_oid: int
    deterministic: bool
    collation: str | None
    operator: int | None


@fact
class IndexFact(Index):
    """An index; `ready` says that writing a row makes an entry in it, `immediate` that it refuses at once.

    `reads` are the columns a change of which makes an UPDATE write new index entries,
    empty for one that only sums up blocks (BRIN). `restricted` functions are those of its
    keys, `predicate_restricted` those of its condition.
    """

    oid: int = 0
    ready: bool = True
    immediate: bool = True
    steady: bool = True
    keys: tuple[IndexKey, ...] = ()
    reads: frozenset[str] = frozenset()
    restricted: tuple[int, ...] = ()
    predicate_restricted: tuple[int, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def computed(self) -> bool:
        """Whether the server must evaluate something to know what the index holds for a row."""
        return self.predicate is not None or any(key.column is None for key in self.keys)


@deriving_fact
class TriggerFact(Trigger):
    """A trigger that fires in an ordinary session; a `clone` is a partition's copy of its root's.

    `condition` is its WHEN, over rows called old and new; `plain` says that their columns alone decide it.
    `index` is that of the unique constraint which it checks once more.
    """

    index: int = 0
    clone: bool = False
    deferred: bool = False
    condition: str | None = None
    plain: bool = False

    @derived
    def referential(self) -> bool:
        """Whether it is the machinery of a foreign key."""
        return self.constraint is not None and self.function.startswith(_MACHINERY)

    @derived
    def recheck(self) -> bool:
        """Whether it is the machinery of a deferrable unique constraint."""
        return self.constraint is not None and not self.referential

    @derived
    def user(self) -> bool:
        """Whether somebody wrote it (it is not PostgreSQL's own machinery)."""
        return self.constraint is None

    @derived
    def machinery(self) -> str:
        """What it does for its foreign key, such as `cascade_del` or `check_ins`; "" for any other trigger."""
        return self.function.removeprefix(_MACHINERY) if self.referential else ""

    @derived
    def action(self) -> bool:
        """Whether it carries out a referential action or check for the referenced table."""
        return self.referential and not self.machinery.startswith("check_")

    @derived
    def kind(self) -> tuple[str, bool]:
        """The action (`noaction`, `restrict`, `cascade`, `setnull`, `setdefault`), and whether ON UPDATE."""
        kind, _, event = self.machinery.rpartition("_")
        return kind, event == "upd"

    def fires(self, event: str, *, row: bool, before: bool) -> bool:
        """Whether it fires for a DELETE, UPDATE or INSERT, at that level and time."""
        return event in self.events and self.row == row and self.before == before


@deriving_fact
class TableFact(Table):
    """A table, or one partition of it; of a table that nothing writes to, only columns of foreign keys are known.

    `parent` is the OID of the table that it is a partition of, `partition_columns` are those that its partition
    key reads, `on_disk` is its size in bytes. `hides_rows` says that row-level security applies to this role,
    `readable` and `deletable` what it may do with every row.
    """

    oid: int = 0
    columns: tuple[ColumnFact, ...] = ()
    checks: tuple[CheckFact, ...] = ()
    indexes: tuple[IndexFact, ...] = ()
    triggers: tuple[TriggerFact, ...] = ()
    owner: str = ""
    owner_rights: OwnerRights = field(default_factory=OwnerRights)
    parent: int | None = None
    partition_check: str | None = None
    partition_columns: tuple[str, ...] = ()
    partition_restricted: tuple[int, ...] = ()
    partition_not_run: tuple[NotRun, ...] = ()
    on_disk: int = 0
    hides_rows: bool = False
    readable: bool = True
    deletable: bool = True

    @derived
    def partition_too_long(self) -> bool:
        """Whether what partitions above it, or itself, take was left on the server."""
        return self.partition_check == TOO_LONG

    @derived
    def partition_known(self) -> bool:
        """Whether the server can be asked if a row belongs into this partition."""
        asked = self.partition_check is not None and not self.partition_too_long
        return asked and not self.partition_not_run and self.computable

    @derived
    def columns_by_name(self) -> Mapping[str, ColumnFact]:
        """The columns, found by name."""
        return {column.name: column for column in self.columns}

    def names(self, numbers: Collection[int]) -> tuple[str, ...]:
        """Give the names of columns by their attribute numbers, in the table's order; the system's have none."""
        return tuple(column.name for column in self.columns if column.number in numbers)

    def owner_allows(self, *privileges: str, reading: Collection[str] = (), writing: Collection[str] = ()) -> bool:
        """Whether the owner, as whom actions run, may use the schema and has these privileges."""
        return (
            all(getattr(self.owner_rights, privilege) for privilege in ("usage", *privileges))
            and all(self.columns_by_name[name].owner_selects for name in reading)
            and all(self.columns_by_name[name].owner_updates for name in writing)
        )

    def rewrites(self, event: str) -> bool:
        """Whether a rule rewrites a DELETE or UPDATE of its rows."""
        return any(rule.event == event for rule in self.rules)

    def replaces(self, event: str) -> bool:
        """Whether a rule always does something of another kind instead: an action is refused for that."""
        return any(
            rule.event == event and rule.instead and not rule.conditional and not rule.alike for rule in self.rules
        )

    def firing(self, event: str, *, row: bool, before: bool) -> tuple[TriggerFact, ...]:
        """Give the triggers that fire for an event, at that level and time, in their order."""
        when = (event, row, before)
        if when not in self._firing:
            self._firing[when] = tuple(each for each in self.triggers if each.fires(event, row=row, before=before))
        return self._firing[when]

    @derived
    def _firing(self) -> dict[tuple[str, bool, bool], tuple[TriggerFact, ...]]:
        return {}

    @property
    def partitioned(self) -> bool:
        """Whether the rows are in its partitions."""
        return self.kind is TableKind.PARTITIONED

    @property
    def from_sql(self) -> str:
        """How a referential action's own query names it: ONLY, unless partitioned."""
        return self.name.sql if self.partitioned else f"ONLY {self.name.sql}"

    @derived
    def not_computed(self) -> tuple[NotRun, ...]:
        """What computing a row of this table from texts would run of other roles' code."""
        found = (each for column in self.columns for each in column.type_not_run)
        generated = (each for column in self.generated for each in column.default_not_run)
        return tuple(dict.fromkeys((*found, *generated)))

    @property
    def computable(self) -> bool:
        """Whether the server may compute a row of this table from texts."""
        return not self.not_computed and all(column.default_steady for column in self.generated)

    @derived
    def generated(self) -> tuple[ColumnFact, ...]:
        """The generated columns."""
        return tuple(column for column in self.columns if column.generated)

    @derived
    def restricted(self) -> frozenset[int]:
        """The functions in its expressions that not everybody may execute; those of domains are not among them."""
        return frozenset(
            (
                *(function for check in self.checks for function in check.restricted),
                *(function for column in self.columns for function in column.default_restricted),
                *(f for index in self.indexes for f in (*index.restricted, *index.predicate_restricted)),
                *self.partition_restricted,
            )
        )


@fact
class KeyFact(ForeignKey):
    """A foreign key, or the copy of one that is kept for a partition (`parent` is what it was made of, else 0).

    `relation` and `referenced_oid` are its tables; the operators compare, as OIDs, a referenced with a referencing
    value, and two of one side.
    """

    oid: int = 0
    relation: int = 0
    referenced_oid: int = 0
    parent: int = 0
    pf_operators: tuple[int, ...] = ()
    pp_operators: tuple[int, ...] = ()
    ff_operators: tuple[int, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether one of its actions writes to rows that stay."""
        return self.on_delete in WRITING or self.on_update in UPDATING

    def without_period(self) -> KeyFact:
        """Give a temporal key without its last column, the period (PostgreSQL 18), as a key to look rows up by."""
        return replace(
            self,
            oid=-self.oid,
            columns=self.columns[:-1],
            referenced_columns=self.referenced_columns[:-1],
            pf_operators=self.pf_operators[:-1],
            pp_operators=self.pp_operators[:-1],
            ff_operators=self.ff_operators[:-1],
        )
