"""The rows of the table that is asked about, some at a time, by their places."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import quoted
from fkdash.preview.each.verdicts import row_at
from fkdash.preview.model import Selection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from fkdash.db.session import Session
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId

BATCH: Final = 400
_PAGES: Final = "SELECT pg_catalog.pg_relation_size($1::oid) / pg_catalog.current_setting('block_size')::bigint"


async def of_table(session: Session, facts: Facts, inheriting: Sequence[int]) -> AsyncIterator[Sequence[RowId]]:
    """Give the places of all rows, a range of pages at a time; raises the session's errors."""
    leaves = [leaf for oid in (facts.target, *inheriting) for leaf in facts.leaves(oid)]
    for leaf in leaves:
        table = facts.tables[leaf]
        pages = int(await session.value(_PAGES, leaf))
        step = max(1, BATCH * pages // max((table.size and table.size.rows) or 0, pages, 1))
        for first in range(0, pages, step):
            rows = await session.rows(
                f"SELECT ctid::text AS tid FROM ONLY {table.name.sql}"
                " WHERE ctid >= $1::text::tid AND ctid < $2::text::tid",
                f"({first},0)",
                f"({first + step},0)",
            )
            for part in _parts(row_at(str(leaf), row["tid"]) for row in rows):
                yield part


async def of_list(rows: Iterable[RowId]) -> AsyncIterator[Sequence[RowId]]:
    """Give the places of rows that are known, some at a time."""
    for part in _parts(rows):
        yield part


async def loaded(reader: Reader, wanted: Sequence[RowId]) -> list[RowId]:
    """Load rows, as the queue wants them."""
    found: list[RowId] = []
    for oid in dict.fromkeys(row.table for row in wanted):
        table = reader.facts.tables[oid]
        places = [f"({row.page},{row.line})" for row in wanted if row.table == oid]
        condition = f"{quoted(table.name.name)}.ctid = ANY($1::text[]::tid[])"
        found += await reader.targets(table, table.name.name, Selection(condition, arguments=(places,)))
    return found


def _parts(rows: Iterable[RowId]) -> Iterator[list[RowId]]:
    left = iter(rows)
    while part := list(islice(left, BATCH)):
        yield part
