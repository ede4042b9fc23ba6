"""Which queries may compare a column that no foreign key declares; the parser needs to read no others.

Parsing a query is a thousand times slower than looking at what stands beside its equals signs, and most
joins follow foreign keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, Column, Query
    from fkdash.catalog.table_name import TableName

_LONGEST_QUERY: Final = 20_000
# Two names with an equals sign between them; constants make no join.
_EQUALS: Final = re.compile(r"""(?<=[\w")])\s*=\s*\(*(?=["a-zA-Z_])""")
_NAME: Final = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_TYPE: Final = r'::[\w ."]+(?:\(\d+(?:,\d+)?\))?(?:\[\])?'
_NAME_BEFORE: Final = re.compile(rf'(?<![\w$":])({_NAME})\)*(?:{_TYPE})?\)*$')
_NAME_AFTER: Final = re.compile(rf"(?:{_NAME}\.)*({_NAME})(?![\w$.(])")
_LONGEST_SIDE: Final = 200


@once_per_catalog
def single_keys(catalog: Catalog) -> Mapping[TableName, tuple[str, ...]]:
    """Give for each table the columns that alone identify a row, the primary key first; partitions have none."""
    found = {}
    for name, table in catalog.tables.items():
        if table.partition_of is not None:
            continue
        alone = [
            index
            for index in table.indexes
            if index.unique and len(index.columns) == 1 and index.valid and index.predicate is None
            if index.columns[0] in table.columns_by_number
        ]
        if len(alone) > 1:
            alone.sort(key=lambda index: not index.primary)
        if alone:
            found[name] = tuple(dict.fromkeys([table.columns_by_number[index.columns[0]].name for index in alone]))
    return found


@once_per_catalog
def in_no_key(catalog: Catalog) -> Mapping[TableName, tuple[Column, ...]]:
    """Give for each table, but partitions and those of extensions, the columns that are in no foreign key."""
    found = {}
    for name, table in catalog.tables.items():
        if table.partition_of is None and table.extension is None:
            declared = {column for key in catalog.declared_on.get(name, ()) for column in key.columns}
            found[name] = tuple([column for column in table.columns if column.name not in declared])
    return found


def worth_reading(catalog: Catalog) -> list[Query]:
    """Give the kept queries that may compare a column which is neither a key nor in a foreign key."""
    queries = [(each, [*_compared(each.sql)]) for each in catalog.queries or () if len(each.sql) <= _LONGEST_QUERY]
    named = {name for _, compared in queries for sides in compared for name in sides or ()}
    loose = _loose(catalog, named) if named else set()
    return [each for each, compared in queries if any(sides is None or sides & loose for sides in compared)]


def _loose(catalog: Catalog, names: set[str]) -> set[str]:
    """Give those of these names that some column has which is neither a key nor in a foreign key."""
    keys = single_keys(catalog)
    # Many tables have the very same columns left.
    left = {(*map(id, columns), keys.get(name)): name for name, columns in in_no_key(catalog).items()}
    loose: set[str] = set()
    for name in left.values():
        loose |= {column.name for column in in_no_key(catalog)[name]} & names - set(keys.get(name, ()))
    return loose


def _compared(sql: str) -> Iterator[set[str] | None]:
    """Give for each equality the columns' names at its sides; None where they are not that simple."""
    for equals in _EQUALS.finditer(sql):
        before = _NAME_BEFORE.search(sql[max(0, equals.start() - _LONGEST_SIDE) : equals.start()])
        after = _NAME_AFTER.match(sql, equals.end())
        yield {_stored(before[1]), _stored(after[1])} if before and after else None


def _stored(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
