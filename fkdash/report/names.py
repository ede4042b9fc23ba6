"""Names of tables and columns as people read them: the schema only where it is not public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName


def shown_name(name: TableName) -> str:
    """Give a table's name as lists show it: the schema only where it is not public."""
    return visible(name.name) if name.schema == "public" else str(name)


def shown_columns(key: ForeignKey) -> str:
    """Give the referencing columns with their table: `users.workspace_id`, `invoices.(tenant_id,case_id)`."""
    names = [visible(each) for each in key.columns]
    columns = names[0] if len(names) == 1 else f"({','.join(names)})"
    return f"{shown_name(key.table)}.{columns}"
