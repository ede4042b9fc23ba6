"""What several of the documents have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.table_name import TableName

One = Literal[1]
Severity = Literal["error", "warning", "info"]
Names = list[str]


class TableDocument(TypedDict):
    """A table."""

    schema: str
    table: str


class ColumnsDocument(TableDocument):
    """Columns of a table."""

    columns: Names


def columns_document(table: TableName, columns: Iterable[str]) -> ColumnsDocument:
    """Give columns of a table as documents have them."""
    return {"schema": table.schema, "table": table.name, "columns": list(columns)}


class NotRunDocument(TypedDict):
    """Another role's code that was not run, and the argument that accepts it."""

    object: str
    function: str
    owner: str
    reason: str
    accept: str


class ServerDocument(TypedDict):
    """Where it was looked; `read_only` says by what every DELETE and UPDATE is refused there (25006)."""

    version: str | None
    database: str
    read_only: NotRequired[Literal["standby", "database", "role"] | None]
