"""Delete previews beside the best hand-written SQL for the same numbers.

    python -m tests.benchmarks.preview_delete [--rows 10000000] [--runs 5] [--dsn DSN]

Aims: a million rows two levels down in a ten-million-row table at most 1.3 times the hand-written count; every
row of a table with half as many rows below it at most 1.5 times the hand-written GROUP BY; a single key's verdict
and the first pages of blocked rows, of a branch's and of blocking rows at most 30 ms beyond their query; as much client memory at a
hundredth of the rows as at all of them. Raw query and preview alternate, the best of the runs counts. Without
--dsn a throwaway server is made and filled.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import asyncpg

from fkdash.catalog.model import Catalog, ForeignKey
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.db.session import Session
from fkdash.db.statements import OpenTransaction
from fkdash.demo.server import throwaway_server
from fkdash.preview.each.answer import preview_each
from fkdash.preview.model import DeleteTarget, Limits
from fkdash.preview.preview import preview
from fkdash.preview.rows.blocked import RowIdentity, blocked_rows, blocking_rows
from fkdash.preview.rows.branch import branch_rows

_SMALLER = 100
_SCHEMA = (
    "CREATE UNLOGGED TABLE top{n}(id int PRIMARY KEY)",
    "INSERT INTO top{n} SELECT generate_series(1, 10)",
    "CREATE UNLOGGED TABLE middle{n}(id int PRIMARY KEY, top int REFERENCES top{n} ON DELETE CASCADE)",
    "INSERT INTO middle{n} SELECT i, 1 + i % 10 FROM generate_series(1, {rows} / 1000) AS i",
    "CREATE INDEX ON middle{n}(top)",
    "CREATE UNLOGGED TABLE bottom{n}(id int PRIMARY KEY, middle int)",
    "INSERT INTO bottom{n} SELECT i, 1 + i % ({rows} / 1000) FROM generate_series(1, {rows}) AS i",
    "CREATE INDEX ON bottom{n}(middle)",
    "ALTER TABLE bottom{n} ADD FOREIGN KEY (middle) REFERENCES middle{n} ON DELETE CASCADE",
    "CREATE UNLOGGED TABLE parent{n}(id int PRIMARY KEY, name text)",
    "INSERT INTO parent{n} SELECT i, 'parent ' || i FROM generate_series(1, {rows} / 100) AS i",
    "CREATE UNLOGGED TABLE child{n}(id int PRIMARY KEY, parent int)",
    "INSERT INTO child{n} SELECT i, 1 + i % (9 * {rows} / 1000) FROM generate_series(1, {rows} / 2) AS i",
    "CREATE INDEX ON child{n}(parent)",
    "ALTER TABLE child{n} ADD CONSTRAINT child{n}_parent FOREIGN KEY (parent) REFERENCES parent{n}",
)
_TWO_LEVELS = "SELECT count(*) FROM middle JOIN bottom ON bottom.middle = middle.id WHERE middle.top = 1"
_GROUPED = "SELECT parent, count(*) AS n FROM child WHERE parent IS NOT NULL GROUP BY parent"
_ALL = f"SELECT sum(n) FROM ({_GROUPED}) AS g WHERE EXISTS (SELECT FROM parent WHERE parent.id = g.parent)"
_ONE = "SELECT count(*) FROM child WHERE parent = 7"
_BLOCKED_PAGE = (
    f"SELECT p.id, p.name, g.n FROM ({_GROUPED}) AS g JOIN parent p ON p.id = g.parent"
    " ORDER BY g.n DESC, p.id LIMIT 101"
)
_BRANCH_PAGE = (
    "SELECT bottom.id FROM middle JOIN bottom ON bottom.middle = middle.id WHERE middle.top = 1"
    " ORDER BY bottom.id LIMIT 101"
)
_BLOCKING_PAGE = "SELECT id FROM child WHERE parent = 7 ORDER BY id LIMIT 101"

Ask = Callable[[Session], Awaitable[object]]


@dataclass(frozen=True)
class Measured:
    """What is measured, and the aim: at most `ratio` times the query, or `beyond` milliseconds more."""

    name: str
    sql: str
    ask: Ask
    ratio: float | None = None
    beyond: float | None = None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dsn")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        dsn = arguments.dsn or stack.enter_context(throwaway_server())
        asyncio.run(_measure(dsn, arguments.rows, arguments.runs, new=arguments.dsn is None))


async def _measure(dsn: str, rows: int, runs: int, *, new: bool) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if new:
            for number, name in ((rows, ""), (rows // _SMALLER, "_small")):
                for statement in _SCHEMA:
                    await connection.execute(statement.format(rows=number, n=name))
            await connection.execute("VACUUM ANALYZE")
        session = OpenTransaction(connection, where="the benchmark's server", statement_seconds=None)
        catalog = await read_catalog(session)
        for each in _questions(catalog):
            await _compare(connection, each, runs)
        small = {each.name: each for each in _questions(catalog, "_small")}
        for each in _questions(catalog):
            little, much = await _peak(connection, small[each.name].ask), await _peak(connection, each.ask)
            sizes = f"{little:6.0f} KiB at {rows // _SMALLER:,} rows, {much:6.0f} KiB at {rows:,}"
            _say(f"{each.name:<18} client memory {sizes}")
    finally:
        await connection.close()


def _questions(catalog: Catalog, suffix: str = "") -> list[Measured]:
    top, parent = TableName("public", f"top{suffix}"), TableName("public", f"parent{suffix}")
    key = next(key for key in catalog.foreign_keys if key.name == f"child{suffix}_parent")
    deep = next(key for key in catalog.foreign_keys if key.name == f"bottom{suffix}_middle_fkey")
    one, ten = DeleteTarget(parent, keys=({"id": 7},)), DeleteTarget(top, keys=({"id": 1},))
    every = partial(preview_each, table=catalog.tables[parent], limits=Limits(), labels=("name",))
    return [
        Measured("two levels down", _TWO_LEVELS, partial(_preview, target=ten), ratio=1.3),
        Measured("every row (--all)", _ALL, every, ratio=1.5),
        Measured("a single key", _ONE, partial(_preview, target=one), beyond=30),
        Measured("blocked, page 1", _BLOCKED_PAGE, partial(_blocked, catalog=catalog, key=key), beyond=30),
        Measured(
            "a branch, page 1", _BRANCH_PAGE, partial(_branch, catalog=catalog, target=ten, key=deep), beyond=30
        ),
        Measured("blocking, page 1", _BLOCKING_PAGE, partial(_blocking, catalog=catalog, key=key), beyond=30),
    ]


async def _preview(session: Session, *, target: DeleteTarget) -> object:
    return await preview(session, target, Limits())


async def _blocked(session: Session, *, catalog: Catalog, key: ForeignKey) -> object:
    return await blocked_rows(session, catalog, key, ("name",))


async def _blocking(session: Session, *, catalog: Catalog, key: ForeignKey) -> object:
    return await blocking_rows(session, catalog, key, RowIdentity(("7",), ()), ())


async def _branch(session: Session, *, catalog: Catalog, target: DeleteTarget, key: ForeignKey) -> object:
    return await branch_rows(session, catalog, target, key, (), blocking=False)


async def _compare(connection: asyncpg.Connection[asyncpg.Record], each: Measured, runs: int) -> None:
    raw, ours = [], []
    for _ in range(runs):
        raw.append(await _timed(connection.fetch(each.sql)))
        ours.append(await _timed(_asked(connection, each.ask)))
    plain, whole = min(raw), min(ours)
    ratio, beyond = whole / plain, 1000 * (whole - plain)
    aim = f"{each.ratio} x" if each.ratio is not None else f"{each.beyond:+g} ms"
    met = ratio <= each.ratio if each.ratio is not None else beyond <= (each.beyond or 0)
    _say(
        f"{each.name:<18} {1000 * whole:9.1f} ms  {ratio:7.2f} x the query  {beyond:+8.1f} ms"
        f"   aim {aim}: {'met' if met else 'MISSED'}"
    )


async def _timed(work: Awaitable[object]) -> float:
    began = perf_counter()
    await work
    return perf_counter() - began


async def _asked(connection: asyncpg.Connection[asyncpg.Record], ask: Ask) -> None:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await ask(OpenTransaction(connection, where="the benchmark's server", statement_seconds=None))


async def _peak(connection: asyncpg.Connection[asyncpg.Record], ask: Ask) -> float:
    """Give the most memory that a question took at once, in KiB."""
    await _asked(connection, ask)
    tracemalloc.start()
    try:
        await _asked(connection, ask)
        return tracemalloc.get_traced_memory()[1] / 1024
    finally:
        tracemalloc.stop()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
