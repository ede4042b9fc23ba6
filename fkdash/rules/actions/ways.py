"""The ways a delete takes: to a foreign key from every table from which it cascades there, and from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.cascades import cascades, node
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


def ways_to(catalog: Catalog, key: ForeignKey) -> Mapping[TableName, tuple[ForeignKey, ...]]:
    """Give a shortest way for each table from which a delete gets to `key`, the direct one first.

    Partitions stand under their partitioned table.
    """
    into = _cascades_into(catalog)
    reached: dict[TableName, tuple[ForeignKey, ...]] = {node(catalog, key.referenced): (key,)}
    waiting = list(reached)
    for table in waiting:
        for above in into.get(table, ()):
            top = node(catalog, above.referenced)
            if top not in reached:
                reached[top] = (above, *reached[table])
                waiting.append(top)
    return reached


def ways_from(catalog: Catalog, table: TableName) -> Mapping[TableName, tuple[ForeignKey, ...]]:
    """Give a shortest way of cascades to each table from which a delete from `table` deletes, itself first.

    Of many keys it is one walk, where `ways_to` is one for each; partitions stand under their partitioned table.
    """
    out_of = _cascades_out_of(catalog)
    reached: dict[TableName, tuple[ForeignKey, ...]] = {node(catalog, table): ()}
    waiting = list(reached)
    for above in waiting:
        for key in out_of.get(above, ()):
            below = node(catalog, key.table)
            if below not in reached:
                reached[below] = (*reached[above], key)
                waiting.append(below)
    return reached


@once_per_catalog
def _cascades_out_of(catalog: Catalog) -> Mapping[TableName, list[ForeignKey]]:
    out_of: dict[TableName, list[ForeignKey]] = {}
    for each in cascades(catalog):
        out_of.setdefault(each.parent, []).append(each.key)
    return out_of


@once_per_catalog
def _cascades_into(catalog: Catalog) -> Mapping[TableName, list[ForeignKey]]:
    into: dict[TableName, list[ForeignKey]] = {}
    for each in cascades(catalog):
        if each.child != each.parent:
            into.setdefault(each.child, []).append(each.key)
    return into
