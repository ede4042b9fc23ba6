"""Deleting orphans while others write: rows a second and the writers' waits, beside a batched DELETE written by hand.

    python -m tests.benchmarks.clean_up [--rows 1000000] [--writers 4] [--versions 18]

Both take batches of 1,000 with no pause, in the same minute and under the same load: `delete-orphans`, which keeps
every row it deletes and proves the key in the end, and the loop that an operator would write, which keeps nothing.
Prints rows a second, and the median, p99 and longest of what a write of the application took.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from time import monotonic

import asyncpg

from fkdash.apply.run.run import Patience
from fkdash.fix.plan import Pace
from tests.support.changes import good, workbench
from tests.support.servers import TestDatabase, TestServer, fresh_database, running_server

_BATCH = 1000
_SCHEMA = """
create table parents (id int primary key);
create table children (id int primary key generated always as identity, parent_id int not null, note text);
insert into parents select generate_series(1, 100000);
insert into children (parent_id, note) select case when g % 2 = 0 then 1000000 + g else 1 + g % 100000 end, md5(g::text)
  from generate_series(1, 2 * {orphans}) g;
create index on children (parent_id);
alter table children add constraint ck foreign key (parent_id) references parents not valid;
vacuum analyze parents; vacuum analyze children
"""
_BY_HAND = f"""
with broken as (select id from children c
                 where id > $1 and not exists (select from parents p where p.id = c.parent_id)
                 order by id limit {_BATCH}),
     gone as (delete from children using broken where children.id = broken.id)
select count(*), max(id) from broken
"""

CleanUp = Callable[[TestDatabase], Awaitable[None]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--versions", default="18")
    arguments = parser.parse_args()
    for version in map(int, arguments.versions.split(",")):
        with running_server(version, {"max_wal_size": "4GB"}) as server:
            for name, clean_up in (("by hand", _by_hand), ("fkdash", _by_fkdash)):
                asyncio.run(_measure(server, name, clean_up, arguments.rows, arguments.writers))


async def _measure(server: TestServer, name: str, clean_up: CleanUp, rows: int, writers: int) -> None:
    async with fresh_database(server) as database:
        for statement in _SCHEMA.format(orphans=rows).split(";"):
            await database.execute(statement)
        waits: list[float] = []
        tasks = [asyncio.create_task(_write(database.dsn, waits)) for _ in range(writers)]
        began = monotonic()
        await clean_up(database)
        took = monotonic() - began
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = await database.value("select count(*) from children where parent_id > 1000000")
    milliseconds = sorted(1000 * each for each in waits)
    sys.stdout.write(
        f"{server.major} {name:<8} {rows:,} orphans: {rows / took:7,.0f} rows/s; {len(waits):,} writes took "
        f"{median(milliseconds):.1f} ms, p99 {quantiles(milliseconds, n=100)[-1]:.1f} ms, at most {milliseconds[-1]:.0f} ms; "
        f"{left} orphans left\n"
    )


async def _write(dsn: str, waits: list[float]) -> None:
    """Write as an application does, until this is cancelled."""
    connection = await asyncpg.connect(dsn)
    try:
        number = 0
        while True:
            number += 1
            began = monotonic()
            await connection.execute(
                "insert into children (parent_id, note) values ($1, 'new')", 1 + number % 100_000
            )
            await connection.execute("update children set note = 'seen' where id = $1", 1 + 2 * number)
            waits.append(monotonic() - began)
            await asyncio.sleep(0.002)
    finally:
        connection.terminate()


async def _by_hand(database: TestDatabase) -> None:
    at = 0
    while True:
        [row] = await database.fetch(_BY_HAND, at)
        if not row[0]:
            return
        at = row[1]


async def _by_fkdash(database: TestDatabase) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with workbench(database, Path(folder)) as bench:
            bench.patience = Patience()
            made = await bench.plan("ck", "delete-orphans", pace=Pace(batch_rows=_BATCH, pause_ms=0))
            good(await bench.carry_out(made))


if __name__ == "__main__":
    main()
