"""Whether what a snapshot says fits together: it may have been edited, and nobody who reads it asks again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from fkdash.catalog.model import Catalog, ForeignKey, Index, Table
from fkdash.catalog.table_name import TableName


def judged(catalog: Catalog) -> Catalog:
    """Give the catalog; raises ValueError where something in it has another type, leads nowhere or in a circle."""
    described: list[tuple[str, object]] = [(str(each.name), each) for each in catalog.tables.values()]
    described += [(each.qualified, each) for each in catalog.foreign_keys]
    described += [(f"{each.schema}.{each.name}", each) for each in catalog.domains.values()]
    described.append(("the server", catalog.server))
    for name, each in described:
        try:
            _judge_inside(each)
            if isinstance(each, Table):
                _judge_table(each)
            elif isinstance(each, ForeignKey):
                _judge_key(each)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    _judge_ways(catalog, lambda table: () if table.partition_of is None else (table.partition_of,))
    _judge_ways(catalog, lambda table: table.inherits)
    return catalog


def _judge_table(table: Table) -> None:
    known = {0, *table.columns_by_number}
    numbered = {number for index in table.indexes for number in index.columns}
    numbered |= {number for check in table.checks for number in check.columns}
    # 0 stands for an expression.
    if not numbered <= known:
        raise ValueError("a column of an index or a check that it does not have")
    for index in table.indexes:
        _judge_index(index)


def _judge_index(index: Index) -> None:
    if not index.columns or (index.primary and 0 in index.columns):
        raise ValueError(f"no columns of {index.name}")
    if index.opclasses and len(index.opclasses) != len(index.columns):
        raise ValueError(f"other operator classes of {index.name} than it has columns")


def _judge_key(key: ForeignKey) -> None:
    if not len(key.columns) == len(key.referenced_columns) == len(key.operators) > 0:
        raise ValueError("not as many columns as it refers to, or as it has operators")
    if not set(key.delete_columns) <= set(key.columns):
        raise ValueError("a column that is set to NULL and is none of its own")


def _judge_ways(catalog: Catalog, above: Callable[[Table], Iterable[TableName]]) -> None:
    """Raise ValueError where a table is above itself."""
    ending: set[TableName] = set()
    for first in catalog.tables:
        way, left = dict.fromkeys([first]), [iter(above(catalog.tables[first]))]
        while left:
            name = next(left[-1], None)
            if name is None:
                left.pop()
                ending.add(way.popitem()[0])
            elif name in way:
                raise ValueError(f"{name}: above itself")
            elif name in catalog.tables and name not in ending:
                way[name] = None
                left.append(iter(above(catalog.tables[name])))


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)


def _judge_inside(value: object) -> None:
    import msgspec  # only where a snapshot is read

    if isinstance(value, tuple):
        for each in value:
            _judge_inside(each)
    elif is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        for each in fields(value):
            inside = getattr(value, each.name)
            if isinstance(inside, TableName):
                msgspec.convert(tuple(inside), TableName)
            else:
                # What it holds of ours it takes for right: that is gone through next.
                msgspec.convert(inside, hints[each.name])
            _judge_inside(inside)
