"""The columns of each foreign key beside those they refer to, looked up once for all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fkdash.rules.once import once_per_catalog

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, Column, ForeignKey


class Pairs(NamedTuple):
    """A foreign key with its referencing and its referenced columns, both in key order."""

    key: ForeignKey
    own: tuple[Column, ...]
    referenced: tuple[Column, ...]


@once_per_catalog
def column_pairs(catalog: Catalog) -> tuple[Pairs, ...]:
    """Give every foreign key with its columns, in the catalog's order."""
    found = []
    for key in catalog.foreign_keys:
        mine = catalog.tables[key.table].columns_by_name
        theirs = catalog.tables[key.referenced].columns_by_name
        own = tuple([mine[name] for name in key.columns])
        found.append(Pairs(key, own, tuple([theirs[name] for name in key.referenced_columns])))
    return tuple(found)
