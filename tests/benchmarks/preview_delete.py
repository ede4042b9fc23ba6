"""Delete previews beside the best hand-written SQL for the same numbers.

    python -m tests.benchmarks.preview_delete [--rows 10000000] [--dsn DSN]

Prints the ratio for a million rows two levels down, the ratio for every row of a table with half as many rows
below it, and the milliseconds that a single key costs beyond its query. Without --dsn a throwaway server is made.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from time import perf_counter

import asyncpg

from fkdash.catalog.model import Catalog, TableName
from fkdash.db.statements import OpenTransaction
from fkdash.demo.server import throwaway_server
from fkdash.preview.model import DeleteTarget, Limits
from fkdash.preview.preview import preview

_RUNS = 3
_SCHEMA = (
    "CREATE TABLE top(id int PRIMARY KEY)",
    "INSERT INTO top SELECT generate_series(1, 10)",
    "CREATE TABLE middle(id int PRIMARY KEY, top int REFERENCES top ON DELETE CASCADE)",
    "INSERT INTO middle SELECT i, 1 + i % 10 FROM generate_series(1, 10000) AS i",
    "CREATE INDEX ON middle(top)",
    "CREATE TABLE bottom(id int PRIMARY KEY, middle int)",
    "INSERT INTO bottom SELECT i, 1 + i % 10000 FROM generate_series(1, {rows}) AS i",
    "CREATE INDEX ON bottom(middle)",
    "ALTER TABLE bottom ADD FOREIGN KEY (middle) REFERENCES middle ON DELETE CASCADE",
    "CREATE TABLE parent(id int PRIMARY KEY)",
    "INSERT INTO parent SELECT generate_series(1, 100000)",
    "CREATE TABLE child(id int PRIMARY KEY, parent int)",
    "INSERT INTO child SELECT i, 1 + i % 90000 FROM generate_series(1, {rows} / 2) AS i",
    "CREATE INDEX ON child(parent)",
    "ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent",
    "VACUUM ANALYZE",
)
_TWO_LEVELS = "SELECT count(*) FROM middle JOIN bottom ON bottom.middle = middle.id WHERE middle.top = 1"
_ALL = (
    "SELECT sum(n) FROM (SELECT parent, count(*) AS n FROM child WHERE parent IS NOT NULL GROUP BY parent) AS g"
    " WHERE EXISTS (SELECT FROM parent WHERE parent.id = g.parent)"
)
_ONE = "SELECT count(*) FROM child WHERE parent = 7"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--dsn")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        dsn = arguments.dsn or stack.enter_context(throwaway_server())
        asyncio.run(_measure(dsn, arguments.rows, new=arguments.dsn is None))


async def _measure(dsn: str, rows: int, *, new: bool) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if new:
            for statement in _SCHEMA:
                await connection.execute(statement.format(rows=rows))
        targets = {
            "two levels down": (_TWO_LEVELS, DeleteTarget(TableName("public", "top"), keys=({"id": 1},))),
            "every row": (_ALL, DeleteTarget(TableName("public", "parent"))),
            "a single key": (_ONE, DeleteTarget(TableName("public", "parent"), keys=({"id": 7},))),
        }
        for name, (sql, target) in targets.items():
            plain = min([await _seconds_of_query(connection, sql) for _ in range(_RUNS)])
            whole = min([await _seconds_of_preview(connection, target) for _ in range(_RUNS)])
            beyond = 1000 * (whole - plain)
            sys.stdout.write(
                f"{name:<16} {1000 * whole:9.1f} ms   {whole / plain:7.2f} x the query   {beyond:+9.1f} ms\n"
            )
    finally:
        await connection.close()


async def _seconds_of_query(connection: asyncpg.Connection[asyncpg.Record], sql: str) -> float:
    began = perf_counter()
    await connection.fetch(sql)
    return perf_counter() - began


async def _seconds_of_preview(connection: asyncpg.Connection[asyncpg.Record], target: DeleteTarget) -> float:
    began = perf_counter()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        session = OpenTransaction(connection, where="the benchmark's server", statement_seconds=None)
        await preview(session, Catalog({}, ()), target, Limits())
    return perf_counter() - began


if __name__ == "__main__":
    main()
