"""Writes that nothing can be in the way of, told at a glance: a large schema has many thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.catalog.model import TableKind

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, Index, Table
    from fkdash.rules.actions.writes import Write


def is_unhindered(catalog: Catalog, write: Write) -> bool:
    """Tell whether a write puts NULL where it may stand, in a table where nothing else looks; False is no verdict.

    MATCH FULL keys of the table are the caller's to know.
    """
    if write.action is not Action.SET_NULL:
        return False
    table = catalog.tables[write.key.table]
    columns = table.columns_by_name
    for name in write.columns:
        column = columns[name]
        if column.not_null or column.identity or column.generated or column.domain is not None:
            return False
    return _is_plain(table)


def _is_plain(table: Table) -> bool:
    """Tell whether no CHECK, generated column, partition or unusual index looks at what is written."""
    if table.kind is not TableKind.ORDINARY or table.partition_of is not None:
        return False
    for check in table.checks:
        if check.expression:
            return False
    for index in table.indexes:
        if (index.unique or index.exclusion) and not _lets_nulls_in(index):
            return False
    return not table.generated_columns


def _lets_nulls_in(index: Index) -> bool:
    """Tell whether any number of rows with NULL in one of its columns may be in a unique index."""
    return not (index.nulls_not_distinct or index.predicate or index.expressions)
