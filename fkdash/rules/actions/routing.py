"""Where a row goes whose partition key becomes NULL: a key of the root is routed from the root down.

Range partitions never take NULL, list partitions where they name it, of hash partitions one (the hash of NULL
alone is 0; of several columns the others decide), and a DEFAULT partition what no other takes (manual, "Table
Partitioning").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fkdash.catalog.model import TableKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.model import Catalog, Table


class Homeless(NamedTuple):
    """The partitioned table that has no place for the row; `certain` False says that it depends on the row.

    `own` says that it is a partition that an action names itself: the row may not leave it.
    """

    table: Table
    certain: bool
    own: bool = False


def leaving(catalog: Catalog, table: Table, column: str) -> Homeless | None:
    """Give a partition from which NULL in `column` takes the row away, or may, where an action names it itself."""
    below = table
    while below.partition_of is not None and below.partition_of in catalog.tables:
        above = catalog.tables[below.partition_of]
        number = above.columns_by_name[column].number
        if number in above.partition_key and above.nulls_into != below.name:
            by_others = number not in above.nulls_without_partition and above.nulls_into is None
            return Homeless(table, certain=not by_others, own=True)
        below = above
    return None


def without_default(catalog: Catalog, table: Table, column: str) -> Table | None:
    """Give the table, this one or a partitioned one below it, that has no DEFAULT partition."""
    if table.kind is not TableKind.PARTITIONED or column not in table.columns_by_name:
        return None
    if table.values_without_partition and table.columns_by_name[column].number in table.partition_key:
        return table
    below = (
        without_default(catalog, catalog.tables[name], column) for name in catalog.partitions.get(table.name, ())
    )
    return next((each for each in below if each is not None), None)


def is_left(catalog: Catalog, table: Table, column: str) -> bool:
    """Tell whether a table is a partition, at any level, by a key that `column` is part of."""
    above = table
    while above.partition_of is not None and above.partition_of in catalog.tables:
        above = catalog.tables[above.partition_of]
        if above.columns_by_name[column].number in above.partition_key:
            return True
    return False


def refusing_null(catalog: Catalog, table: Table, column: str) -> Homeless | None:
    """Give the table, this one or a partitioned one below it, that takes no row with NULL in `column`."""
    if table.kind is not TableKind.PARTITIONED or column not in table.columns_by_name:
        return None
    number = table.columns_by_name[column].number
    if number in table.nulls_without_partition:
        return Homeless(table, certain=True)
    if number in table.partition_key and table.nulls_into is not None and table.nulls_into in catalog.tables:
        return refusing_null(catalog, catalog.tables[table.nulls_into], column)
    below = [catalog.tables[name] for name in catalog.partitions.get(table.name, ())]
    found = [refusing_null(catalog, each, column) for each in below]
    homeless = [each for each in found if each is not None]
    if not homeless:
        return None
    certain = len(homeless) == len(below) and all(each.certain for each in homeless)
    return Homeless(homeless[0].table, certain)


def entered(catalog: Catalog, table: Table, nulls: Collection[str], others: Collection[str]) -> tuple[Table, ...]:
    """Give the partitions at the bottom that a row of another one may come to when these columns are written.

    `nulls` are those that become NULL, `others` those of which the value is not known.
    """
    return tuple(_below(catalog, table, nulls, others, comes=False))


def _below(
    catalog: Catalog, table: Table, nulls: Collection[str], others: Collection[str], *, comes: bool
) -> Iterator[Table]:
    if table.kind is not TableKind.PARTITIONED:
        if comes:
            yield table
        return
    key = {
        table.columns_by_number[number].name: number
        for number in table.partition_key
        if number in table.columns_by_number
    }
    emptied = [number for name, number in key.items() if name in nulls]
    if any(number in table.nulls_without_partition for number in emptied):
        return
    below = catalog.partitions.get(table.name, ())
    if emptied and table.nulls_into is not None and table.nulls_into in catalog.tables:
        below = (table.nulls_into,)
    comes = comes or bool(emptied) or not key.keys().isdisjoint(others)
    for name in below:
        yield from _below(catalog, catalog.tables[name], nulls, others, comes=comes)
