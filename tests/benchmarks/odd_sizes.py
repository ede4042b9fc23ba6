"""How long a preview of one row and a check take on databases of which one thing is very many.

    python -m tests.benchmarks.odd_sizes [--partitions 2000] [--chain 301] [--cycle 50] [--keys 3000] [--columns 1600]

The last one is asked once more with every connection of the server taken but one, and once with none left. Aim: a
preview answers within ten seconds, or says what is known by then. Each is a process of its own: what the machine takes
to start one is said first, as that of `fkdash --version`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from time import perf_counter

import asyncpg

from fkdash.demo.server import throwaway_server
from tests.support import odd_sizes

_AIM_SECONDS = 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("partitions", 2000), ("chain", 301), ("cycle", 50), ("keys", 3000), ("columns", 1600)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asyncio.run(_measure(parser.parse_args()))


async def _measure(arguments: argparse.Namespace) -> None:
    shapes = {
        f"{arguments.partitions:,} partitions": ("p", odd_sizes.partitions(arguments.partitions)),
        f"a chain of {arguments.chain:,}": ("t0", odd_sizes.chain(arguments.chain)),
        # The longest that is still one statement.
        "a chain of 40": ("t0", odd_sizes.chain(40)),
        f"a cycle of {arguments.cycle:,}": ("t0", odd_sizes.cycle(arguments.cycle)),
        f"{arguments.columns:,} columns": ("p", odd_sizes.columns(arguments.columns)),
        f"{arguments.keys:,} keys to one table": ("p", odd_sizes.keys(arguments.keys)),
    }
    sys.stdout.write(f"a process alone takes {(await _ran('--version'))[0]:.1f} s\n")
    with throwaway_server(settings={"max_locks_per_transaction": "4096", "max_connections": "50"}) as dsn:
        server = await asyncpg.connect(dsn)
        there = dsn
        for number, (name, (table, statements)) in enumerate(shapes.items()):
            await server.execute(f"create database d{number}")
            there = dsn.replace("/postgres?", f"/d{number}?")
            connection = await asyncpg.connect(there)
            for statement in statements:
                await connection.execute(statement)
            await connection.close()
            await _say(name, table, there)
        taken = [server]
        with suppress(asyncpg.TooManyConnectionsError):
            while True:
                taken.append(await asyncpg.connect(there))
        await taken.pop().close()
        await _say("the same, one connection", table, there)
        taken.append(await asyncpg.connect(there))
        await _say("the same, none left", table, there)
        for connection in taken:
            await connection.close()


async def _say(name: str, table: str, dsn: str) -> None:
    seconds, said = await _ran("preview", "--table", table, "--key", "id=1", dsn)
    checked, _ = await _ran("check", dsn)
    missed = "" if seconds < _AIM_SECONDS else "  MISSED"
    sys.stdout.write(f"  {name:<24} preview {seconds:5.1f} s, check {checked:5.1f} s  {said}{missed}\n")


async def _ran(*command: str) -> tuple[float, str]:
    """Give the seconds a command took, and the first word it said."""
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fkdash", *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    return perf_counter() - began, told.decode().partition(":")[0][:40]


if __name__ == "__main__":
    main()
