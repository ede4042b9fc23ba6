"""What a query gave for each row, as statements look it up: a JSON document by how a row is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fkdash.catalog.spelling import unlimited
from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.remedy import Picks


_BOUNDS: Final = (
    "ROW(pg_catalog.to_jsonb({lower}), pg_catalog.to_jsonb({upper}), pg_catalog.lower_inc({value}), "
    "pg_catalog.upper_inc({value}), pg_catalog.isempty({value}))"
)
_LOWER, _UPPER = "pg_catalog.lower({value})", "pg_catalog.upper({value})"
_IN_UTC: Final = "pg_catalog.timezone('UTC', {0})"
_AS_WRITTEN: Final = {
    "date": "pg_catalog.to_jsonb({value})",
    "timestamp without time zone": "pg_catalog.to_jsonb({value})",
    "timestamp with time zone": f"pg_catalog.to_jsonb({_IN_UTC.format('{value}')})",
    "bytea": "pg_catalog.encode({value}, 'hex')",
    "daterange": _BOUNDS.format(lower=_LOWER, upper=_UPPER, value="{value}"),
    "tsrange": _BOUNDS.format(lower=_LOWER, upper=_UPPER, value="{value}"),
    "tstzrange": _BOUNDS.format(lower=_IN_UTC.format(_LOWER), upper=_IN_UTC.format(_UPPER), value="{value}"),
}
"""Types whose text follows DateStyle, TimeZone or bytea_output, and how to write them alike under any of those
(manual, "Date/Time Output", "JSON Functions": to_jsonb writes ISO 8601)."""


def row_identity(catalog: Catalog, key: ForeignKey, row: str = "c") -> str:
    """Give the text by which a plan knows a row: its primary key, as the server writes a row under any settings.

    The session that picks, the one that writes and the one that an exported script runs in may differ in those.
    """
    table = catalog.tables[key.table]
    values = (
        _AS_WRITTEN.get(unlimited(table.columns_by_name[name].plain_type), "{value}").format(
            value=f"{row}.{quoted(name)}"
        )
        for name in table.primary_key
    )
    return f"pg_catalog.format('%s', ROW({', '.join(values)}))"


def is_picked(catalog: Catalog, key: ForeignKey, picks: Picks) -> str:
    """Say that `c` is one of the rows for which the query gave something."""
    return f"{_values(picks, 0)} OPERATOR(pg_catalog.?) {row_identity(catalog, key)}"


def assigned(catalog: Catalog, key: ForeignKey, picks: Picks, row: str = "c") -> dict[str, str]:
    """Give for each referencing column the expression over a row for what the query gave for that row."""
    columns = catalog.tables[key.table].columns_by_name
    return {
        name: f"(({_values(picks, place)}) OPERATOR(pg_catalog.->>) {row_identity(catalog, key, row)})"
        f"::{columns[name].type}"
        for place, name in enumerate(key.columns)
    }


def _values(picks: Picks, place: int) -> str:
    values = {identity: then[place] for identity, then in picks.rows}
    return f"{literal(json.dumps(values, ensure_ascii=False))}::pg_catalog.jsonb"
