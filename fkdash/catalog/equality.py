"""By which operators the two sides of a reference that nobody declared would be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session

_EQUALS: Final = "pg_catalog.="


async def compared(session: Session, catalog: Catalog, key: ForeignKey) -> ForeignKey:
    """Give a key with the operators that a foreign key of these columns would have; one that has them as it is."""
    if key.operators:
        return key
    rows = await session.rows(
        query(__package__, "equality"),
        catalog.tables[key.table].oid,
        catalog.tables[key.referenced].oid,
        list(key.columns),
        list(key.referenced_columns),
    )
    return replace(key, operators=tuple(row["operator"] or _EQUALS for row in rows))
