"""Check on many foreign keys, beside one plain query for the same keys and beside pg_dump --schema-only.

    python -m tests.benchmarks.check_large [--tables 10000] [--keys 5] [--dsn DSN]

Prints wall time as a ratio to the plain query and peak memory. Without --dsn a throwaway server is made,
which takes about a minute for the full size.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from fkdash.demo.cluster import embedded_binaries
from fkdash.demo.server import throwaway_server
from tests.benchmarks.large_schema import KEYS_PER_TABLE, TABLES, make_large_schema

_RUNS = 3
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
    parser.add_argument("--tables", type=int, default=TABLES)
    parser.add_argument("--keys", type=int, default=KEYS_PER_TABLE)
    parser.add_argument("--dsn")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        dsn = arguments.dsn
        if dsn is None:
            dsn = stack.enter_context(throwaway_server(settings={"max_locks_per_transaction": "1024"}))
            asyncio.run(make_large_schema(dsn, tables=arguments.tables, keys_per_table=arguments.keys))
        plain = _measured([sys.executable, "-c", _PLAIN, dsn])
        check = _measured([sys.executable, "-m", "fkdash", "check", "--no-counts", "--format", "json", dsn])
        dump = _measured([str(Path(embedded_binaries()) / "pg_dump"), "--schema-only", "--file", os.devnull, dsn])
    for name, (seconds, megabytes) in {"plain query": plain, "fkdash check": check, "pg_dump": dump}.items():
        ratio = seconds / plain[0]
        sys.stdout.write(f"{name:<14} {seconds:7.2f} s   {ratio:6.2f} x plain   {megabytes:6.0f} MB\n")


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
