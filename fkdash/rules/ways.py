"""The ways a delete takes to a foreign key: from every table from which it cascades there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.cascades import cascades, node
from fkdash.rules.once import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, TableName


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


@once_per_catalog
def _cascades_into(catalog: Catalog) -> Mapping[TableName, list[ForeignKey]]:
    into: dict[TableName, list[ForeignKey]] = {}
    for each in cascades(catalog):
        if each.child != each.parent:
            into.setdefault(each.child, []).append(each.key)
    return into
