"""Which columns refuse NULL, in whose name, and whether they could be made to accept it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.versions import NOT_NULL_CONSTRAINTS, SET_NULL_COLUMN_LISTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table


@fact
class Refusal:
    """A column that refuses NULL; `table` differs from the key's table for a partition's own NOT NULL."""

    table: Table
    column: Column

    @property
    def by_domain(self) -> bool:
        """Whether a domain refuses; that happens before the table's own NOT NULL is looked at."""
        return self.column.domain is not None and self.column.domain.forbids_null

    @property
    def reason(self) -> str:
        """Why, in words: `public.users.workspace_id is NOT NULL`."""
        where = f"{self.table.name}.{self.column.shown}"
        if self.column.name in self.table.primary_key:
            return f"{where} is part of the primary key"
        if self.column.identity:
            return f"{where} is an identity column"
        if self.column.not_null:
            return f"{where} is NOT NULL"
        domain = self.column.domain
        return f"{where} has a NOT NULL domain" + (f", {domain.schema}.{domain.shown}" if domain else "")


def refusals(catalog: Catalog, key: ForeignKey, written: Collection[str]) -> tuple[Refusal, ...]:
    """Give the columns among `written` that refuse NULL, in the order in which PostgreSQL reports them.

    A partition's column is listed only where the partitioned table itself would accept NULL.
    """
    root = catalog.tables[key.table]
    found = [Refusal(root, column) for column in root.columns if _refuses(column, written)]
    at_root = {refusal.column.name for refusal in found}
    found += [
        Refusal(partition, column)
        for partition in catalog.with_partitions(key.table)[1:]
        for column in partition.columns
        if _refuses(column, written) and column.name not in at_root
    ]
    return tuple(sorted(found, key=lambda refusal: (not refusal.by_domain, refusal.column.number)))


def can_drop_not_null(catalog: Catalog, refusal: Refusal) -> str:
    """Give the reason why DROP NOT NULL is impossible or useless here; empty when it would work.

    ALTER TABLE refuses it for primary keys, identity columns and replica identities, of a partition or an
    inheriting table as well, into which it reaches (from 18 on where that has no NOT NULL of its own); for what a
    partition has of its table, and from 18 on an inheriting table. For a domain it succeeds and changes nothing.
    """
    table, column = refusal.table, refusal.column
    if refusal.by_domain:
        return f"{column.shown} has a NOT NULL domain; DROP NOT NULL on the column would change nothing"
    reached = (table, *_reached_below(catalog, table, column.name))
    kept = next(filter(None, (_kept_by(each, each.columns_by_name.get(column.name)) for each in reached)), "")
    if kept:
        return kept
    above = catalog.tables.get(table.partition_of) if table.partition_of is not None else None
    if above is not None and column.name in above.columns_by_name and above.columns_by_name[column.name].not_null:
        return f"{column.shown} is NOT NULL in {above.name}, of which {table.name} is a partition"
    if table.inherits and column.not_null_inherited and _named(catalog):
        return f"{column.shown} inherits its NOT NULL from {table.inherits[0]}"
    return ""


def _kept_by(table: Table, column: Column | None) -> str:
    """Say what of a table needs the column to be NOT NULL; "" for nothing."""
    if column is None:
        return ""
    if column.name in table.primary_key:
        return f"{column.shown} is part of the primary key of {table.name}"
    if column.identity:
        return f"{column.shown} is an identity column of {table.name}"
    if any(index.replica_identity and column.number in index.columns for index in table.indexes):
        return f"{column.shown} is part of the replica identity of {table.name}"
    return ""


def _reached_below(catalog: Catalog, table: Table, column: str) -> Iterator[Table]:
    """Give the partitions, and the inheriting tables; from 18 on those that have no NOT NULL of their own."""
    yield from catalog.with_partitions(table.name)[1:]
    for name in catalog.heirs.get(table.name, ()):
        heir = catalog.tables[name]
        if column not in heir.columns_by_name:
            continue
        if not _named(catalog) or heir.columns_by_name[column].not_null_borrowed:
            yield heir
            yield from _reached_below(catalog, heir, column)


def _named(catalog: Catalog) -> bool:
    """Tell whether each NOT NULL is a constraint with a name, which a table has of its own or inherits."""
    return (catalog.server.major if catalog.server else 0) >= NOT_NULL_CONSTRAINTS


def takes_column_lists(catalog: Catalog) -> bool:
    """Tell whether SET NULL takes a list of columns; a source without a server may be for one that does."""
    return catalog.server is None or catalog.server.major >= SET_NULL_COLUMN_LISTS


def _refuses(column: Column, written: Collection[str]) -> bool:
    return column.name in written and column.forbids_null
