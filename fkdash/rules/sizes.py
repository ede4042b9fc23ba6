"""Sizes in words and the bounds from which a table counts as large; statistics, never counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.counted import counted

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName

SMALL_ROWS: Final = 1_000
LARGE_ROWS: Final = 10_000_000
LARGE_BYTES: Final = 10 * 1024**3


def rows_of(catalog: Catalog, name: TableName) -> int | None:
    """Estimate the rows of a table, its partitions together; None where one of them was never analysed."""
    tables = [table for table in catalog.with_partitions(name) if table.kind is not TableKind.PARTITIONED]
    counts = [table.size.rows if table.size else None for table in tables]
    return None if None in counts else sum(count or 0 for count in counts)


def bytes_of(catalog: Catalog, name: TableName) -> int | None:
    """Give a table's size by the statistics, its partitions' together; None where the source does not say."""
    sizes = [table.size.bytes if table.size is not None else None for table in catalog.with_partitions(name)]
    known = [size for size in sizes if size is not None]
    return sum(known) if known else None


def in_words(rows: int | None) -> str:
    """Give `about 5,100,000 rows`, or that it is not known."""
    return "an unknown number of rows" if rows is None else f"about {counted(rows, 'rows')}"
