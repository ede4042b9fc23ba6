"""The columns of foreign keys beside those they refer to, looked up once for all rules.

Tables share columns that are alike, so ten thousand foreign keys may be a few pairs
of columns, and what a rule makes of the columns alone it makes once for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, Column, ForeignKey


class Pair(NamedTuple):
    """Referencing and referenced columns, both in key order, and the foreign keys that have just these."""

    own: tuple[Column, ...]
    referenced: tuple[Column, ...]
    keys: list[ForeignKey]


@once_per_catalog
def column_pairs(catalog: Catalog) -> tuple[Pair, ...]:
    """Give all foreign keys, those with the very same columns together."""
    found: dict[tuple[int, ...], Pair] = {}
    tables = catalog.tables
    for table, keys in catalog.declared_on.items():
        mine = tables[table].columns_by_name
        for key in keys:
            theirs = tables[key.referenced].columns_by_name
            if len(key.columns) == 1:
                # Most keys have one column, and there are very many.
                own: tuple[Column, ...] = (mine[key.columns[0]],)
                referenced: tuple[Column, ...] = (theirs[key.referenced_columns[0]],)
                which: tuple[int, ...] = (id(own[0]), id(referenced[0]))
            else:
                own = tuple([mine[name] for name in key.columns])
                referenced = tuple([theirs[name] for name in key.referenced_columns])
                which = (*map(id, own), *map(id, referenced))
            pair = found.get(which)
            if pair is None:
                found[which] = pair = Pair(own, referenced, [])
            pair.keys.append(key)
    return tuple(found.values())
