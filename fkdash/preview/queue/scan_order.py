"""In which order PostgreSQL reads the partitions of a table: that of their bounds, not of their making."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fkdash.catalog.table_name import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.preview.queue.state import Order
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId


async def scan_order(reader: Reader) -> Order:
    """Give the order of a sequential scan: partitions by their bounds, rows of one by page and line.

    The planner keeps partitions in the order of their bounds (partbounds.c), which
    the catalog has as expressions only; the plan of reading a table shows it.
    """
    oids = {table.name: oid for oid, table in reader.facts.tables.items()}
    ranks: dict[int, int] = {}
    # A parallel plan would put the largest partition first; what a delete reads is never parallel.
    await reader.session.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    for table in reader.facts.tables.values():
        if table.partitioned and table.parent is None and table.readable:
            plan = await reader.ask(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT FROM {table.name.sql}")
            for name in _relations(json.loads(plan[0]["QUERY PLAN"])[0]["Plan"]):
                if name in oids:
                    ranks[oids[name]] = len(ranks)

    def order(rows: Sequence[RowId]) -> list[RowId]:
        return sorted(rows, key=lambda row: ranks.get(row.table, -1))

    return order


def _relations(plan: dict[str, Any]) -> Iterator[TableName]:
    if "Relation Name" in plan:
        yield TableName(plan["Schema"], plan["Relation Name"])
    for part in plan.get("Plans", ()):
        yield from _relations(part)
