"""Whether an index can serve a foreign key's own queries on the referencing table.

Those are `WHERE column = $1 [AND ...]` over all of the key's columns: any index
serves whose leading columns are they, in any order, provided that it is valid,
covers every row that can match, and its operator class belongs to the equality
the key uses (Multicolumn Indexes, Operator Classes).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.catalog.model import TableKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey, Index, Table

_FAMILIES: Final = {
    "int2_ops": "integer",
    "int4_ops": "integer",
    "int8_ops": "integer",
    "float4_ops": "float",
    "float8_ops": "float",
    "text_ops": "text",
    "varchar_ops": "text",
    "text_pattern_ops": "text",
    "varchar_pattern_ops": "text",
    "name_ops": "text",
    "bpchar_ops": "bpchar",
    "bpchar_pattern_ops": "bpchar",
    "date_ops": "datetime",
    "timestamp_ops": "datetime",
    "timestamptz_ops": "datetime",
    "inet_ops": "network",
    "cidr_ops": "network",
}


def unserved(catalog: Catalog) -> Iterator[ForeignKey]:
    """Give the foreign keys that are enforced, not temporal, and that no index serves."""
    for name, keys in catalog.declared_on.items():
        table = catalog.tables[name]
        columns, beginning = table.columns_by_name, table.indexes_by_first_column
        for key in keys:
            # Told at a glance, as very many keys have one column and a plain index on it.
            if len(key.columns) == 1:
                first = beginning.get(columns[key.columns[0]].number)
                if first is not None and _plainly_serves(catalog, first[0], key):
                    continue
            if key.enforced and not key.period and serving_index(catalog, key) is None:
                yield key


def serving_index(catalog: Catalog, key: ForeignKey) -> Index | None:
    """Give an index of the referencing table that serves the key; of a partitioned one, one on all partitions."""
    table = catalog.tables[key.table]
    found = _serving(catalog, table, key)
    if found is not None or table.kind is not TableKind.PARTITIONED:
        return found
    leaves = [each for each in catalog.with_partitions(key.table) if each.kind is not TableKind.PARTITIONED]
    each_own = [_serving(catalog, leaf, key) for leaf in leaves]
    return each_own[0] if leaves and all(each_own) else None


class Selective(NamedTuple):
    """An index that begins with one column of a wider key; `values` is how many that has, None where not known."""

    used: Index
    values: float | None


def selective_index(catalog: Catalog, key: ForeignKey, rows: int | None) -> Selective | None:
    """Give the index that narrows a look-up by several columns down most, though it begins with one of them only.

    PostgreSQL uses it where few rows share a value of that column. `rows` is the table's estimate.
    """
    if len(key.columns) == 1:
        return None
    table = catalog.tables[key.table]
    numbers = _numbers(table, key)
    known = dict(table.distinct)
    found = [
        Selective(index, _values(known.get(number), rows))
        for number in numbers
        for index in table.indexes_by_first_column.get(number, ())
        if index.valid and index.method in {"btree", "hash"} and _covers(index, key)
        if index.method == "btree" or len(index.columns) == 1
        if not _operator_class_obstacle(catalog, table, index, key)
    ]
    return max(found, key=lambda each: math.inf if each.values is None else each.values, default=None)


def _values(distinct: float | None, rows: int | None) -> float | None:
    """Give the number of values that n_distinct stands for: below zero it is a fraction of the rows."""
    if distinct is None or distinct >= 0:
        return distinct or None
    return -distinct * rows if rows is not None else None


def _covers(index: Index, key: ForeignKey) -> bool:
    """Tell whether a look-up by the key's columns may use an index, if it is partial."""
    if index.predicate is None:
        return True
    from fkdash.rules.actions.predicate import implied  # the SQL parser takes a while to load

    return implied(index.predicate, key.columns)


def near_misses(catalog: Catalog, key: ForeignKey) -> tuple[str, ...]:
    """Give the indexes that look as if they served, with what keeps each from it."""
    table = catalog.tables[key.table]
    numbers = _numbers(table, key)
    return tuple(
        f"index {index.shown} does not serve: {why}"
        for index in table.indexes
        if not numbers.isdisjoint(index.columns) and (why := _obstacle(catalog, table, index, key, numbers))
    )


def _serving(catalog: Catalog, table: Table, key: ForeignKey) -> Index | None:
    beginning = table.indexes_by_first_column
    numbers = _numbers(table, key)
    promising = [index for number in numbers for index in beginning.get(number, ())]
    if len(numbers) > 1:
        # As they stand on the table, whichever column each begins with.
        promising.sort(key=table.indexes.index)
    for index in promising:
        if not _obstacle(catalog, table, index, key, numbers):
            return index
    return None


def _plainly_serves(catalog: Catalog, index: Index, key: ForeignKey) -> bool:
    """Tell of an index that begins with a key's only column whether it surely serves; False is no verdict."""
    if not index.valid or index.predicate is not None or index.method != "btree" or len(index.columns) > 1:
        return False
    theirs = _index_with(catalog.tables[key.referenced], key.index)
    return theirs is None or theirs.opclasses == index.opclasses


def _numbers(table: Table, key: ForeignKey) -> frozenset[int]:
    columns = table.columns_by_name
    return frozenset([columns[name].number for name in key.columns])


def _obstacle(catalog: Catalog, table: Table, index: Index, key: ForeignKey, numbers: frozenset[int]) -> str:
    if index.columns[0] not in numbers:
        return "its leading columns are others"
    whole = len(numbers) == 1 or numbers == set(index.columns[: len(numbers)])
    # A unique index over some of the columns finds the row as well.
    if not whole and not (index.unique and index.predicate is None and numbers.issuperset(index.columns)):
        return "its leading columns are others"
    if not index.valid:
        return "it is not valid"
    if index.predicate is not None:
        from fkdash.rules.actions.predicate import implied  # the SQL parser takes a while to load

        if not implied(index.predicate, key.columns):
            return f"it is partial, WHERE {index.predicate}"
    if index.method not in {"btree", "hash"} or (index.method == "hash" and not whole):
        return f"its method is {index.method}"
    return _operator_class_obstacle(catalog, table, index, key)


def _operator_class_obstacle(catalog: Catalog, table: Table, index: Index, key: ForeignKey) -> str:
    """Compare with the operator classes of the referenced key's index, whose equality the key uses."""
    referenced = catalog.tables[key.referenced]
    theirs = _index_with(referenced, key.index)
    if theirs is None or not theirs.opclasses or not index.opclasses:
        return ""
    if len(index.opclasses) == 1 and index.opclasses == theirs.opclasses:
        return ""
    of_column = dict(zip(theirs.columns, theirs.opclasses, strict=True))
    partner = dict(zip(key.columns, key.referenced_columns, strict=True))
    for number, opclass in zip(index.columns, index.opclasses, strict=True):
        name = table.columns_by_number[number].name if number in table.columns_by_number else ""
        if name not in partner:
            continue
        wanted = of_column.get(referenced.columns_by_name[partner[name]].number, opclass)
        if _family(opclass) != _family(wanted):
            return f"its operator class {opclass} has no part in the comparison"
    return ""


def _index_with(table: Table, oid: int | None) -> Index | None:
    for index in table.indexes:
        if index.oid == oid and oid is not None:
            return index
    return None


def _family(opclass: str) -> str:
    schema, _, name = opclass.rpartition(".")
    return _FAMILIES.get(name, opclass) if schema == "pg_catalog" else opclass
