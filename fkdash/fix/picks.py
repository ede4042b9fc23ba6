"""What a query gave for each row, as statements look it up: a JSON document by how a row is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.catalog.model import quoted
from fkdash.db.literals import literal

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.remedy import Picks


def row_identity(catalog: Catalog, key: ForeignKey) -> str:
    """Give the text by which a plan knows a row `c`: its primary key, as the server writes a row."""
    columns = ", ".join(f"c.{quoted(name)}" for name in catalog.tables[key.table].primary_key)
    return f"pg_catalog.format('%s', ROW({columns}))"


def is_picked(catalog: Catalog, key: ForeignKey, picks: Picks) -> str:
    """Say that `c` is one of the rows for which the query gave something."""
    return f"{_values(picks, 0)} OPERATOR(pg_catalog.?) {row_identity(catalog, key)}"


def assigned(catalog: Catalog, key: ForeignKey, picks: Picks) -> dict[str, str]:
    """Give for each referencing column the expression over `c` for what the query gave for that row."""
    columns = catalog.tables[key.table].columns_by_name
    return {
        name: f"(({_values(picks, place)}) OPERATOR(pg_catalog.->>) {row_identity(catalog, key)})"
        f"::{columns[name].type}"
        for place, name in enumerate(key.columns)
    }


def _values(picks: Picks, place: int) -> str:
    values = {identity: then[place] for identity, then in picks.rows}
    return f"{literal(json.dumps(values, ensure_ascii=False))}::pg_catalog.jsonb"
