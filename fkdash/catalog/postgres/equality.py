"""By which operators values are compared where no foreign key names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.db.session import Session

_EQUALS: Final = "pg_catalog.="


async def own_equality(session: Session, table: Table, columns: Sequence[str]) -> dict[str, str]:
    """Give for each column the operator by which a value of its own type equals its values, for OPERATOR()."""
    types = table.columns_by_name
    if all("." not in types[name].plain_type for name in columns):
        return dict.fromkeys(columns, _EQUALS)
    rows = await session.rows(query(__package__, "equality"), table.oid, table.oid, list(columns), list(columns))
    return {name: row["operator"] or _EQUALS for name, row in zip(columns, rows, strict=True)}


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
