"""What looking costs over a slow link: answers waited for one after the other, and seconds.

    python -m tests.benchmarks.slow_link [--milliseconds 0 20 50 200] [--keys 1000] [--databases 0] [--jobs 8]

Runs `check`, `list` and `preview` of one row through a proxy that delays both ways, on the demo's incident and on
`--keys` foreign keys of which one in ten contradicts. Aims: at most 20 answers waited for, authentication apart, at
any number of keys; with --databases, at most 0.1 s a database at 50 ms and 8 jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from time import perf_counter
from urllib.parse import unquote

import asyncpg

from fkdash.demo import incident
from fkdash.demo.server import throwaway_server
from tests.support.slow_link import slow_link

_KEYS = "keys"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[0, 20, 50, 200])
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--databases", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=8)
    asyncio.run(_measure(parser.parse_args()))


async def _measure(arguments: argparse.Namespace) -> None:
    with throwaway_server(settings={"max_connections": "200"}) as dsn:
        await _make(dsn, arguments.keys, arguments.databases)
        row = await _one(dsn.replace("/postgres?", "/demo?"), "select id::text from workspaces limit 1")
        folder = unquote(dsn.partition("?host=")[2])
        for milliseconds in arguments.milliseconds:
            sys.stdout.write(f"{milliseconds} ms\n")
            commands: list[tuple[str, str, Sequence[str]]] = [
                ("check, incident", "demo", ("check", "--format", "json")),
                (f"check, {arguments.keys:,} keys", _KEYS, ("check", "--format", "json")),
                ("list", "demo", ("list",)),
                ("preview", "demo", ("preview", "--table", "workspaces", "--key", f"id={row}")),
            ]
            if arguments.databases:
                jobs = ("check", "--all-databases", "--jobs", str(arguments.jobs), "--format", "jsonl")
                commands.append((f"check, {arguments.databases:,} databases", "postgres", jobs))
            for name, database, command in commands:
                async with slow_link(folder, milliseconds / 1000) as link:
                    began = perf_counter()
                    process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "fkdash", command[0], link.dsn(database), *command[1:],
                        stdout=asyncio.subprocess.DEVNULL,
                    )  # fmt: skip
                    await process.wait()
                    seconds = perf_counter() - began
                sys.stdout.write(
                    f"  {name:<24} {link.waits:5} waits, {link.turns:6} turns, {link.connections:4} connections "
                    f"({link.most_open} at once), {seconds:6.2f} s\n"
                )


async def _make(dsn: str, keys: int, databases: int) -> None:
    server = await asyncpg.connect(dsn)
    for name in ("demo", _KEYS):
        await server.execute(f"create database {name}")
    await incident.load(dsn.replace("/postgres?", "/demo?"))
    connection = await asyncpg.connect(dsn.replace("/postgres?", f"/{_KEYS}?"))
    await connection.execute("create table parents (id int primary key); insert into parents values (1), (2), (3)")
    for number in range(keys):
        null, action = ("not null", "on delete set null") if number % 10 == 0 else ("", "")
        await connection.execute(
            f"create table t{number} (id int primary key, parent_id int {null} references parents {action});"
            f"create index on t{number} (parent_id); insert into t{number} values (1, {number % 3 + 1});"
        )
    await connection.close()
    for number in range(databases):
        await server.execute(f"create database d{number} template template0")
    await server.close()


async def _one(dsn: str, sql: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(sql))
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
