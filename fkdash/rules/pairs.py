"""The columns of foreign keys beside those they refer to, looked up once for all rules.

Tables share columns that are alike, so ten thousand foreign keys may be a few pairs
of columns, and what a rule makes of the columns alone it makes once for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fkdash.rules.once import once_per_catalog

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
    for table, keys in catalog.declared_on.items():
        mine = catalog.tables[table].columns_by_name
        for key in keys:
            theirs = catalog.tables[key.referenced].columns_by_name
            own = [mine[name] for name in key.columns]
            referenced = [theirs[name] for name in key.referenced_columns]
            which = (*map(id, own), *map(id, referenced))
            if which not in found:
                found[which] = Pair(tuple(own), tuple(referenced), [])
            found[which].keys.append(key)
    return tuple(found.values())
