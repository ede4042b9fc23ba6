"""The catalog as it would be with other columns: what the rules say of a change before it is made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, Column
    from fkdash.catalog.table_name import TableName


def with_nullable(catalog: Catalog, table: TableName, columns: tuple[str, ...]) -> Catalog:
    """Give the catalog with these columns accepting NULL, in the partitions too."""
    names = [each.name for each in catalog.with_partitions(table)]
    for name in names:
        known = catalog.tables[name].columns_by_name
        catalog = _with_columns(catalog, name, {each: replace(known[each], not_null=False) for each in columns})
    return catalog


def with_defaults(catalog: Catalog, table: TableName, defaults: Mapping[str, str]) -> Catalog:
    """Give the catalog with these defaults, as expressions."""
    known = catalog.tables[table].columns_by_name
    changed = {name: replace(known[name], default=text) for name, text in defaults.items()}
    return _with_columns(catalog, table, changed)


def _with_columns(catalog: Catalog, name: TableName, changed: Mapping[str, Column]) -> Catalog:
    table = catalog.tables[name]
    columns = tuple(changed.get(column.name, column) for column in table.columns)
    return replace(catalog, tables={**catalog.tables, name: replace(table, columns=columns)})
