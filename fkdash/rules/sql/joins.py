"""Which columns queries compare with which: joins, read with sqlglot.

`a.user_id = u.id` in a view or in a statement that was run is evidence that one
refers to the other, stronger than a likeness of names.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from fkdash.catalog.table_name import TableName
from fkdash.rules.sql.expression import column_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, Query

# A statement it cannot read is simply not evidence.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

ColumnOf = tuple[TableName, str]


def joined_columns(catalog: Catalog, queries: Iterable[Query]) -> Mapping[frozenset[ColumnOf], str]:
    """Give the pairs of columns that queries compare for equality, each with where the first was seen."""
    found: dict[frozenset[ColumnOf], str] = {}
    by_name: dict[str, list[TableName]] = {}
    for name in catalog.tables:
        by_name.setdefault(name.name, []).append(name)
    for each in queries:
        for pair in _comparisons(catalog, by_name, each.sql):
            found.setdefault(pair, each.origin)
    return found


def _comparisons(
    catalog: Catalog, by_name: Mapping[str, list[TableName]], sql: str
) -> Iterator[frozenset[ColumnOf]]:
    try:
        trees = sqlglot.parse(sql, read="postgres")
    except (SqlglotError, RecursionError):
        return
    for tree in trees:
        for select in tree.find_all(exp.Select) if tree is not None else ():
            sources = dict(_sources(select, by_name))
            for comparison in select.find_all(exp.EQ):
                if comparison.parent_select is not select:
                    continue
                sides = [
                    _column(catalog, sources, side.unnest()) for side in (comparison.this, comparison.expression)
                ]
                if sides[0] is not None and sides[1] is not None and sides[0] != sides[1]:
                    yield frozenset({sides[0], sides[1]})


def _sources(select: exp.Select, by_name: Mapping[str, list[TableName]]) -> Iterator[tuple[str, TableName]]:
    """Give what each alias of a query stands for; a name in several schemas counts only when qualified."""
    for table in select.find_all(exp.Table):
        if table.parent_select is not select:
            continue
        candidates = [name for name in by_name.get(table.name, ()) if not table.db or name.schema == table.db]
        if len(candidates) == 1:
            yield table.alias_or_name, candidates[0]


def _column(catalog: Catalog, sources: Mapping[str, TableName], node: exp.Expr) -> ColumnOf | None:
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    if not isinstance(node, exp.Column):
        return None
    name = column_name(node)
    if node.table:
        table = sources.get(node.table)
    else:
        having = {each for each in sources.values() if name in catalog.tables[each].columns_by_name}
        table = having.pop() if len(having) == 1 else None
    if table is None or name not in catalog.tables[table].columns_by_name:
        return None
    return table, name
