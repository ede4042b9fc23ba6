"""The declared schema as frozen facts, whatever source they were read from.

Nothing here performs I/O. What a source cannot know (row counts in a migration
folder, say) is None, never 0. Names are PostgreSQL's own, without quotes;
`table_name.quoted` renders them for a statement. Columns are named by attribute number in
keys and checks as in pg_constraint, and by name in foreign keys, where order
and meaning matter to a reader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from operator import attrgetter

from fkdash.catalog.action import Action, Match
from fkdash.catalog.surroundings import (
    OwnerRights,
    Privileges,
    Replication,
    RewriteRule,
    Server,
    Size,
    Trigger,
    Unpublishable,
)
from fkdash.catalog.table_name import Named, TableName, visible
from fkdash.fact import derived, deriving_fact, fact


class TableKind(StrEnum):
    """The kinds of relation that can take part in a foreign key."""

    ORDINARY = "ordinary"
    PARTITIONED = "partitioned"
    FOREIGN = "foreign"


@fact
class Check(Named):
    """A CHECK of a table or a domain; `expression` is what stands between the parentheses.

    It is empty for a table's check that no action of a foreign key can meet, or that could not be read.
    """

    name: str
    expression: str
    columns: tuple[int, ...] = ()
    validated: bool = True
    enforced: bool = True


@fact
class Domain(Named):
    """A domain; `base` is the domain it is built on, None when that is a plain type; `type` is its spelling."""

    schema: str
    name: str
    type: str = "text"
    not_null: bool = False
    default: str | None = None
    checks: tuple[Check, ...] = ()
    base: Domain | None = None

    @property
    def chain(self) -> tuple[Domain, ...]:
        """This domain and those below it, outermost first."""
        return (self, *self.base.chain) if self.base else (self,)

    @property
    def forbids_null(self) -> bool:
        """Whether NOT NULL stands anywhere in the chain (attnotnull does not show it)."""
        return any(domain.not_null for domain in self.chain)


@fact
class Column(Named):
    """A column: `number` is attnum, `type` is format_type's spelling.

    `default` of a generated column is its generation expression; a live database's
    is read for these and for the columns of foreign and primary keys. `identity_always` is
    GENERATED ALWAYS AS IDENTITY: no action may write it, not even NULL (428C9). A generated column
    that is `virtual` is computed whenever it is read, and stands in no row (PostgreSQL 18+).

    `not_null` is attnotnull, which from PostgreSQL 18 on is true for a NOT VALID
    NOT NULL as well: new NULLs are refused, old ones may exist. `not_null_constraint`
    is its name (PostgreSQL 18+), None where it is the one that the server makes of the
    table's and the column's; `not_null_validated` False says that it is NOT VALID, and
    `not_null_borrowed` that it goes where the one table that passes it on drops its own.
    """

    number: int
    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: bool = False
    identity_always: bool = False
    generated: bool = False
    virtual: bool = False
    domain: Domain | None = None
    collation: str | None = None
    collation_schema: str | None = None
    not_null_constraint: str | None = None
    not_null_inherited: bool = False
    not_null_borrowed: bool = False
    not_null_validated: bool = True

    @property
    def plain_type(self) -> str:
        """The type below any domain: to turn a text into one runs no domain's checks."""
        return self.domain.chain[-1].type if self.domain is not None else self.type

    @property
    def forbids_null(self) -> bool:
        """Whether writing NULL fails with 23502, by the column itself or by its domain."""
        return self.not_null or (self.domain is not None and self.domain.forbids_null)


@fact
class Index(Named):
    """An index or the key built on one; `columns` are attribute numbers, 0 for an expression.

    `expressions` are those of the zeros, separated by commas.
    """

    name: str
    columns: tuple[int, ...]
    unique: bool = False
    primary: bool = False
    valid: bool = True
    method: str = "btree"
    predicate: str | None = None
    nulls_not_distinct: bool = False
    replica_identity: bool = False
    exclusion: bool = False
    opclasses: tuple[str, ...] = ()
    expressions: str | None = None
    oid: int | None = None


@deriving_fact
class Table:
    """A table with everything that decides what a referential action does to its rows.

    `locked` says that another session held or awaited ACCESS EXCLUSIVE on it, so
    that its checks, predicates and generation expressions could not be read without
    waiting and are empty. `nulls_without_partition` are the columns of a
    partitioned table's key for which no partition takes a NULL, `nulls_into` is the
    partition that takes the others' NULLs, and `values_without_partition` says that the bounds of its partitions
    decide about everything else: it has no DEFAULT one. `rules` are those that fire in an ordinary session.
    `replication` is None where logical replication has nothing to do with it.
    `distinct` is what statistics say of the number of values in columns of foreign keys of several columns
    (attribute number, and pg_stats.n_distinct).
    """

    name: TableName
    kind: TableKind = TableKind.ORDINARY
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] | None = None
    owner: str | None = None
    size: Size | None = None
    privileges: Privileges | None = None
    owner_rights: OwnerRights | None = None
    unpublishable: tuple[Unpublishable, ...] = ()
    distinct: tuple[tuple[int, float], ...] = ()
    partition_of: TableName | None = None
    inherits: tuple[TableName, ...] = ()
    row_security: bool = False
    force_row_security: bool = False
    rules: tuple[RewriteRule, ...] = ()
    extension: str | None = None
    locked: bool = False
    nulls_without_partition: tuple[int, ...] = ()
    nulls_into: TableName | None = None
    values_without_partition: bool = False
    partition_key: tuple[int, ...] = ()
    replication: Replication | None = None
    oid: int | None = None

    @derived
    def columns_by_name(self) -> Mapping[str, Column]:
        """The columns, found by name."""
        return {column.name: column for column in self.columns}

    @derived
    def columns_by_number(self) -> Mapping[int, Column]:
        """The columns, found by attribute number."""
        return {column.number: column for column in self.columns}

    @derived
    def generated_columns(self) -> tuple[Column, ...]:
        """The columns that are computed from others, in order."""
        return tuple([column for column in self.columns if column.generated])

    @derived
    def indexes_by_first_column(self) -> Mapping[int, Sequence[Index]]:
        """The indexes, found by the attribute number of their first column, in order."""
        found: dict[int, list[Index]] = {}
        for index in self.indexes:
            found.setdefault(index.columns[0], []).append(index)
        return found

    @derived
    def checked_columns(self) -> frozenset[str]:
        """The columns that its CHECKs read."""
        numbers = {number for check in self.checks for number in check.columns}
        return frozenset(column.name for column in self.columns if column.number in numbers)

    @property
    def has_rules(self) -> bool:
        """Whether some rule rewrites statements on it."""
        return bool(self.rules)

    @derived
    def primary_key(self) -> tuple[str, ...]:
        """The primary key's column names in key order; empty without one."""
        for index in self.indexes:
            if index.primary:
                return tuple([self.columns_by_number[number].name for number in index.columns])
        return ()


@fact
class Copy:
    """What PostgreSQL keeps of a foreign key for one partition (pg_constraint.conparentid)."""

    name: str
    table: TableName
    referenced: TableName
    validated: bool
    oid: int


@fact
class ForeignKey(Named):
    """A foreign key with everything that defines it; copies on partitions are folded into it.

    `delete_columns` is the column list of SET NULL or SET DEFAULT (PostgreSQL 15+),
    empty when the action covers all columns. `operators` compare referenced with
    referencing columns (conpfeqop), spelled for OPERATOR(). `index` is the OID of
    the index on the referenced table that the key depends on (conindid).
    """

    name: str
    table: TableName
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION
    delete_columns: tuple[str, ...] = ()
    match: Match = Match.SIMPLE
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    enforced: bool = True
    period: bool = False
    comment: str | None = None
    index: int | None = None
    operators: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()
    oid: int | None = None

    @property
    def set_columns(self) -> tuple[str, ...]:
        """The referencing columns that ON DELETE SET NULL or SET DEFAULT writes."""
        return self.delete_columns or self.columns

    @property
    def qualified(self) -> str:
        """`schema.table.constraint`, the name every command accepts."""
        return f"{self.table}.{visible(self.name) if self.name else ''}"


def undeclared(
    table: TableName, columns: tuple[str, ...], referenced: TableName, referenced_columns: tuple[str, ...]
) -> ForeignKey:
    """Give a reference that nobody declared as a foreign key without a name, which nothing enforces."""
    return ForeignKey("", table, columns, referenced, referenced_columns, validated=False, enforced=False)


@fact
class Query:
    """A query that the database keeps: a view's definition or a statement it has run."""

    origin: str
    sql: str


@deriving_fact
class Catalog:
    """Everything declared, at one moment; `server` is None for a source without one.

    `queries` is None where nobody looked for them. `known` are references confirmed that no constraint declares.
    """

    tables: Mapping[TableName, Table]
    foreign_keys: tuple[ForeignKey, ...]
    server: Server | None = None
    domains: Mapping[tuple[str, str], Domain] = field(default_factory=dict)
    queries: tuple[Query, ...] | None = None
    known: tuple[ForeignKey, ...] = ()

    @derived
    def referencing(self) -> Mapping[TableName, tuple[ForeignKey, ...]]:
        """For each referenced table, the foreign keys that point at it."""
        return _grouped(self.foreign_keys, attrgetter("referenced"))

    @derived
    def referenced_columns(self) -> Mapping[TableName, frozenset[str]]:
        """For each referenced table, the columns that foreign keys point at."""
        return {
            table: frozenset([name for key in keys for name in key.referenced_columns])
            for table, keys in self.referencing.items()
        }

    @derived
    def declared_on(self) -> Mapping[TableName, tuple[ForeignKey, ...]]:
        """For each referencing table, its own foreign keys."""
        return _grouped(self.foreign_keys, attrgetter("table"))

    @derived
    def partitions(self) -> Mapping[TableName, tuple[TableName, ...]]:
        """For each partitioned table, its direct partitions."""
        found: dict[TableName, list[TableName]] = {}
        for table in self.tables.values():
            if table.partition_of is not None:
                found.setdefault(table.partition_of, []).append(table.name)
        return {root: tuple(sorted(names)) for root, names in found.items()}

    @derived
    def heirs(self) -> Mapping[TableName, tuple[TableName, ...]]:
        """For each table that is inherited from, the tables that do so directly; not its partitions."""
        found: dict[TableName, list[TableName]] = {}
        for table in self.tables.values():
            for parent in table.inherits:
                found.setdefault(parent, []).append(table.name)
        return {parent: tuple(sorted(names)) for parent, names in found.items()}

    def inheriting(self, name: TableName) -> tuple[TableName, ...]:
        """Give the tables that inherit from one, at any remove, in order; not its partitions."""
        found: set[TableName] = set()
        left = [name]
        while left:
            below = set(self.heirs.get(left.pop(), ())) - found
            found |= below
            left += below
        return tuple(sorted(found))

    def with_queries(self, queries: tuple[Query, ...]) -> Catalog:
        """Give the same with the queries that the database keeps; what has been derived from the rest is kept."""
        more = replace(self)
        vars(more).update(vars(self), queries=queries)
        return more

    def with_partitions(self, name: TableName) -> tuple[Table, ...]:
        """Give a table and, where it is partitioned, every partition below it."""
        children = self.partitions.get(name)
        if children is None:
            return (self.tables[name],)
        return (self.tables[name], *(leaf for child in children for leaf in self.with_partitions(child)))

    def columns(self, key: ForeignKey) -> tuple[Column, ...]:
        """Give a foreign key's referencing columns in key order."""
        table = self.tables[key.table]
        return tuple(table.columns_by_name[name] for name in key.columns)


def _grouped(
    keys: Iterable[ForeignKey], table_of: Callable[[ForeignKey], TableName]
) -> Mapping[TableName, tuple[ForeignKey, ...]]:
    found: defaultdict[TableName, list[ForeignKey]] = defaultdict(list)
    for key in keys:
        found[table_of(key)].append(key)
    return {table: tuple(each) for table, each in found.items()}
