"""Check on many foreign keys, beside one plain query for the same keys and beside pg_dump --schema-only.

    python -m tests.benchmarks.check_large [--schema random|believable] [--dsn DSN]

For each schema, of about 10,000 tables and 50,000 foreign keys: wall time, its ratio to the plain query and
peak memory of whole processes; then how long the dashboard takes to read it, and the longest time that its
event loop did not answer meanwhile. Aims: at most 4 times the plain query on the believable schema, less than
pg_dump, less than 400 MB. The random schema has 40,000 findings, which no database has: it shows that nothing
grows faster than the schema. Without --dsn throwaway servers are made, which takes a minute or two each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.demo.cluster import embedded_binaries
from fkdash.demo.server import throwaway_server
from fkdash.tui.knowledge import read_knowledge
from tests.benchmarks.believable_schema import make_believable_schema
from tests.benchmarks.large_schema import make_large_schema

_RUNS = 3
_TICK = 0.01
_SCHEMAS: Mapping[str, Callable[[str], Coroutine[None, None, None]]] = {
    "believable": make_believable_schema,
    "random": make_large_schema,
}
_PLAIN = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    rows = await connection.fetch(
        "select oid, conname, conrelid::regclass::text, conkey, confrelid::regclass::text, confkey, confdeltype, "
        "confupdtype, confmatchtype, condeferrable, condeferred, convalidated "
        "from pg_constraint where contype = 'f'"
    )
    print(len(rows))
asyncio.run(main())
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schema", choices=tuple(_SCHEMAS), action="append")
    parser.add_argument("--dsn", help="a database that is there already, instead of the schemas")
    arguments = parser.parse_args()
    if arguments.dsn is not None:
        _measure("database", arguments.dsn)
        return
    for name in arguments.schema or _SCHEMAS:
        with throwaway_server(settings={"max_locks_per_transaction": "1024"}) as dsn:
            asyncio.run(_SCHEMAS[name](dsn))
            _measure(name, dsn)


def _measure(schema: str, dsn: str) -> None:
    plain = _measured([sys.executable, "-c", _PLAIN, dsn])
    check = _measured([sys.executable, "-m", "fkdash", "check", "--no-counts", "--format", "json", dsn])
    dump = _measured([str(Path(embedded_binaries()) / "pg_dump"), "--schema-only", "--file", os.devnull, dsn])
    sys.stdout.write(f"{schema}\n")
    for name, (seconds, megabytes) in {"plain query": plain, "fkdash check": check, "pg_dump": dump}.items():
        ratio = seconds / plain[0]
        sys.stdout.write(f"  {name:<14} {seconds:7.2f} s   {ratio:6.2f} x plain   {megabytes:6.0f} MB\n")
    seconds, pause = asyncio.run(_dashboard_reading(dsn))
    sys.stdout.write(f"  {'dashboard':<14} {seconds:7.2f} s   its loop paused for {pause * 1000:.0f} ms at most\n")


async def _dashboard_reading(dsn: str) -> tuple[float, float]:
    """Give the seconds until the dashboard knows the database, and the longest pause of its event loop."""
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=dsn), {}))
    pauses: list[float] = []

    async def watch() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(_TICK)
            pauses.append(perf_counter() - began - _TICK)

    watching = asyncio.create_task(watch())
    try:
        began = perf_counter()
        await read_knowledge(pool)
        return perf_counter() - began, max(pauses)
    finally:
        watching.cancel()
        await pool.close()


def _measured(command: list[str]) -> tuple[float, float]:
    """Give the median wall time in seconds and the greatest peak memory in MB, of whole processes."""
    seconds, peaks = [], []
    for _ in range(_RUNS):
        began = perf_counter()
        pid = os.posix_spawnp(
            command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        )
        _, status, usage = os.wait4(pid, 0)
        seconds.append(perf_counter() - began)
        peaks.append(usage.ru_maxrss / 1024)
        if os.waitstatus_to_exitcode(status) not in {0, 1}:
            sys.exit(f"{command[0]} failed")
    return median(seconds), max(peaks)


if __name__ == "__main__":
    main()
