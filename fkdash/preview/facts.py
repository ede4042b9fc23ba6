"""Everything about the reached tables that decides what a delete does, as the server declares it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fkdash.catalog.surroundings import Unpublishable
    from fkdash.errors import NotRun

BEFORE_BIT: Final = 2
ROW_BIT: Final = 1
DELETE_BIT: Final = 8
UPDATE_BIT: Final = 16
INSERT_BIT: Final = 4


@dataclass(frozen=True, slots=True)
class Operator:
    """An equality operator as a statement spells it; an operand type of None takes no cast."""

    oid: int
    spelling: str
    left_type: str | None
    right_type: str | None
    function: int | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A CHECK, generated column or the like; `steady` is False when only the real run can evaluate it.

    `restricted` are the functions it calls that not everybody may execute, `not_run` those that
    looking must not run.
    """

    name: str
    sql: str
    columns: tuple[str, ...] = ()
    steady: bool = True
    restricted: tuple[int, ...] = ()
    not_run: tuple[NotRun, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedFunction:
    """A function that a role may not execute; `inlined` says that the planner may replace it by its body."""

    name: str
    inlined: bool


@dataclass(frozen=True, slots=True)
class TypeFact:
    """A data type; for a domain, `base` is what it is built on and `constraints` its own CHECKs."""

    oid: int
    kind: str
    base: int | None
    base_spelling: str
    name: TableName
    not_null: bool
    constraints: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column; `default` includes the domain's, `unproven` is a NOT NULL that is NOT VALID (18).

    `reads` are the columns that a generated one is computed from.
    `default_folded` says that planning computes the default, whether a row needs it or not.
    `always` is GENERATED ALWAYS AS IDENTITY: an UPDATE may set such a column to DEFAULT only.
    `default_not_run` is what the default or generation expression would run of other roles' code, `type_not_run`
    what turning a text into a value of the type would.
    """

    name: str
    type: str
    type_oid: int
    domain: bool
    not_null: bool
    generated: str
    reads: frozenset[str]
    identity: bool
    always: bool
    deterministic: bool
    collation: str | None
    default: str | None
    default_steady: bool
    default_folded: bool
    default_restricted: tuple[int, ...]
    default_not_run: tuple[NotRun, ...]
    type_not_run: tuple[NotRun, ...]
    unproven: bool
    owner_selects: bool
    owner_updates: bool

    @property
    def array(self) -> bool:
        """Whether its values are arrays (of a domain over an array the type's name does not tell)."""
        return self.type.endswith("[]")


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key column of an index; `column` is None for an expression."""

    column: str | None
    expression: str
    type: str
    type_oid: int
    deterministic: bool
    collation: str | None
    operator: int | None


@dataclass(frozen=True, slots=True)
class IndexFact:
    """An index; `name` is that of the constraint built on it, where there is one.

    `reads` are the columns a change of which makes an UPDATE write new index entries,
    empty for one that only sums up blocks (BRIN). `restricted` functions are those of its
    keys, `predicate_restricted` those of its condition.
    """

    oid: int
    name: str
    unique: bool
    exclusion: bool
    ready: bool
    valid: bool
    immediate: bool
    nulls_not_distinct: bool
    predicate: str | None
    steady: bool
    keys: tuple[IndexKey, ...]
    reads: frozenset[str]
    restricted: tuple[int, ...]
    predicate_restricted: tuple[int, ...]
    not_run: tuple[NotRun, ...]

    @property
    def computed(self) -> bool:
        """Whether the server must evaluate something to know what the index holds for a row."""
        return self.predicate is not None or any(key.column is None for key in self.keys)


@dataclass(frozen=True, slots=True)
class TriggerFact:
    """A trigger that fires in an ordinary session; a `clone` is a partition's copy of its root's.

    `condition` is its WHEN, over rows called old and new; `plain` says that their columns alone decide it.
    """

    name: str
    function: str
    referential: bool
    recheck: bool
    type: int
    constraint: int
    index: int
    clone: bool
    deferred: bool
    columns: tuple[str, ...]
    condition: str | None = None
    plain: bool = False

    @property
    def user(self) -> bool:
        """Whether somebody wrote it (it is not PostgreSQL's own machinery)."""
        return not self.referential and not self.recheck

    @property
    def action(self) -> bool:
        """Whether it carries out a referential action or check for the referenced table."""
        return self.referential and not self.function.startswith("RI_FKey_check_")

    @property
    def kind(self) -> tuple[str, bool]:
        """The action (`noaction`, `restrict`, `cascade`, `setnull`, `setdefault`), and whether ON UPDATE."""
        kind, _, event = self.function.removeprefix("RI_FKey_").rpartition("_")
        return kind, event == "upd"

    def fires(self, bit: int, *, row: bool, before: bool) -> bool:
        """Whether it fires for the event with that bit, at that level and time."""
        return (
            bool(self.type & bit) and bool(self.type & ROW_BIT) == row and bool(self.type & BEFORE_BIT) == before
        )


@dataclass(frozen=True)
class TableFact:
    """A table, or one partition of it.

    `rules` are the statements that some rule rewrites; an action that is one of `replaced` is always refused for
    that. `unpublishable` are the statements that a publication has the server refuse.
    """

    oid: int
    name: TableName
    kind: str
    parent: int | None
    partition_check: str | None
    partition_columns: tuple[str, ...]
    partition_restricted: tuple[int, ...]
    partition_not_run: tuple[NotRun, ...]
    rows: int | None
    bytes: int
    owner: str
    row_security: bool
    readable: bool
    deletable: bool
    owner_may: Mapping[str, bool]
    rules: tuple[str, ...]
    replaced: tuple[str, ...]
    unpublishable: tuple[Unpublishable, ...]
    columns: Mapping[str, ColumnFact]
    checks: tuple[Expression, ...]
    indexes: tuple[IndexFact, ...]
    triggers: tuple[TriggerFact, ...]

    def owner_allows(self, *privileges: str, reading: Collection[str] = (), writing: Collection[str] = ()) -> bool:
        """Whether the owner, as whom actions run, may use the schema and has these privileges."""
        return (
            all(self.owner_may[privilege] for privilege in ("usage", *privileges))
            and all(self.columns[name].owner_selects for name in reading)
            and all(self.columns[name].owner_updates for name in writing)
        )

    def firing(self, bit: int, *, row: bool, before: bool) -> tuple[TriggerFact, ...]:
        """Give the triggers that fire for the event with that bit, at that level and time, in their order."""
        when = (bit, row, before)
        if when not in self._firing:
            self._firing[when] = tuple(each for each in self.triggers if each.fires(bit, row=row, before=before))
        return self._firing[when]

    @cached_property
    def _firing(self) -> dict[tuple[int, bool, bool], tuple[TriggerFact, ...]]:
        return {}

    @property
    def partitioned(self) -> bool:
        """Whether the rows are in its partitions."""
        return self.kind == "p"

    @property
    def from_sql(self) -> str:
        """How a referential action's own query names it: ONLY, unless partitioned."""
        return self.name.sql if self.partitioned else f"ONLY {self.name.sql}"

    @cached_property
    def not_computed(self) -> tuple[NotRun, ...]:
        """What computing a row of this table from texts would run of other roles' code."""
        found = (each for column in self.columns.values() for each in column.type_not_run)
        generated = (each for column in self.generated for each in column.default_not_run)
        return tuple(dict.fromkeys((*found, *generated)))

    @property
    def computable(self) -> bool:
        """Whether the server may compute a row of this table from texts."""
        return not self.not_computed and all(column.default_steady for column in self.generated)

    @cached_property
    def generated(self) -> tuple[ColumnFact, ...]:
        """The generated columns."""
        return tuple(column for column in self.columns.values() if column.generated)

    @cached_property
    def restricted(self) -> frozenset[int]:
        """The functions in its expressions that not everybody may execute; those of domains are not among them."""
        return frozenset(
            (
                *(function for check in self.checks for function in check.restricted),
                *(function for column in self.columns.values() for function in column.default_restricted),
                *(f for index in self.indexes for f in (*index.restricted, *index.predicate_restricted)),
                *self.partition_restricted,
            )
        )


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A foreign key or the clone of one for a partition; actions are pg_constraint's letters."""

    oid: int
    name: str
    relation: int
    referenced: int
    parent: int
    on_delete: str
    on_update: str
    match_full: bool
    period: bool
    columns: tuple[str, ...]
    referenced_columns: tuple[str, ...]
    delete_columns: tuple[str, ...]
    pf_operators: tuple[int, ...]
    pp_operators: tuple[int, ...]
    ff_operators: tuple[int, ...]

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

    @property
    def set_columns(self) -> tuple[str, ...]:
        """The columns that ON DELETE SET NULL or SET DEFAULT writes."""
        return tuple(dict.fromkeys(self.delete_columns)) or self.columns


@dataclass(frozen=True)
class Facts:
    """The reached part of the database; `target` is the OID of the table to delete from.

    `refused` has, for each owner of a table, the functions in its expressions that this
    role may not execute, by OID.
    """

    major: int
    target: int
    tables: Mapping[int, TableFact]
    keys: Mapping[int, KeyFact]
    operators: Mapping[int, Operator]
    types: Mapping[int, TypeFact]
    refused: Mapping[str, Mapping[int, RefusedFunction]]

    def refused_to(self, owner: str, functions: Iterable[int | None]) -> tuple[RefusedFunction, ...]:
        """Give those of some functions that an owner may not execute."""
        refused = self.refused.get(owner, {})
        return tuple(refused[oid] for oid in dict.fromkeys(functions) if oid is not None and oid in refused)

    def operators_refused_to(self, owner: str, operators: Iterable[int]) -> tuple[RefusedFunction, ...]:
        """Give the functions of operators that an owner may not execute."""
        return self.refused_to(owner, (self.operators[oid].function for oid in operators))

    @cached_property
    def children(self) -> Mapping[int, tuple[int, ...]]:
        """For each table, its direct partitions."""
        found: dict[int, list[int]] = {}
        for table in self.tables.values():
            if table.parent is not None:
                found.setdefault(table.parent, []).append(table.oid)
        return {oid: tuple(sorted(below)) for oid, below in found.items()}

    def root(self, oid: int) -> int:
        """Give the topmost partitioned table above a partition, or the table itself."""
        parent = self.tables[oid].parent
        return oid if parent is None or parent not in self.tables else self.root(parent)

    def leaves(self, oid: int) -> tuple[int, ...]:
        """Give the tables that hold the rows: every leaf partition below, or the table itself."""
        if not self.tables[oid].partitioned:
            return (oid,)
        return tuple(leaf for child in self.children.get(oid, ()) for leaf in self.leaves(child))

    @cached_property
    def _leaf_sets(self) -> dict[int, frozenset[int]]:
        return {}

    def leaf_set(self, oid: int) -> frozenset[int]:
        """Give `leaves` for membership tests."""
        if oid not in self._leaf_sets:
            self._leaf_sets[oid] = frozenset(self.leaves(oid))
        return self._leaf_sets[oid]

    def root_key(self, key: KeyFact) -> KeyFact:
        """Give the foreign key that was declared, for a partition's clone of it."""
        while key.parent and key.parent in self.keys:
            key = self.keys[key.parent]
        return key

    def domain_chain(self, type_oid: int) -> tuple[TypeFact, ...]:
        """Give the domains a type consists of, outermost first; empty for a plain type."""
        chain: list[TypeFact] = []
        fact = self.types.get(type_oid)
        while fact is not None and fact.base is not None:
            chain.append(fact)
            fact = self.types.get(fact.base)
        return tuple(chain)

    def base_type(self, type_oid: int) -> int:
        """Give the plain type below a domain, or the type itself."""
        chain = self.domain_chain(type_oid)
        base = chain[-1].base if chain else None
        return type_oid if base is None else base
