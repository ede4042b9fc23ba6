"""Names in SQL that somebody pastes."""

from __future__ import annotations

from fkdash.catalog.table_name import quoted
from fkdash.pasting import for_psql


def pasted_name(name: str) -> str:
    """Give an identifier, with Unicode escapes where anything in it could be read as more than a name."""
    return for_psql(quoted(name))


def pasted_table(schema: str, name: str) -> str:
    """Give a table's name with its schema."""
    return f"{pasted_name(schema)}.{pasted_name(name)}"
