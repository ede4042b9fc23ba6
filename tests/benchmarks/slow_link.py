"""What looking costs over a slow link: answers waited for one after the other, and seconds.

    python -m tests.benchmarks.slow_link [--milliseconds 0 20 50 200] [--keys 1000] [--databases 0] [--jobs 8]

Runs `check`, `list`, `preview` of one row and the dashboard until its first finding through a proxy that delays both
ways, on the demo's incident and on `--keys` foreign keys of which one in ten contradicts; then the same with a
PgBouncer in transaction mode behind the proxy, where one is installed. With `--databases` it is `check` of so many
instead, with what each of them takes: answers waited for (one of them to connect), fkdash's own CPU and the server's,
and time. The CPU tells on a busy machine what the time does not: with nothing else to do a database takes the
longest of its CPU, the server's by the cores it has, and its waits by the jobs. Aims: at most 20 answers waited for,
authentication apart, at any number of keys; at most 0.1 s a database at 50 ms and 8 jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import unquote

import asyncpg

from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.demo import incident
from fkdash.demo.server import throwaway_server
from fkdash.tui.app import DashboardApp
from fkdash.tui.settings import DashboardOptions
from tests.support.pgbouncer import PROGRAM, pgbouncer
from tests.support.slow_link import SlowLink, slow_link

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
        folder = unquote(dsn.partition("?host=")[2])
        if arguments.databases:
            await _make_databases(dsn, arguments.databases)
            jobs = ("check", "--all-databases", "--jobs", str(arguments.jobs), "--format", "jsonl")
            for milliseconds in arguments.milliseconds:
                _say_link(milliseconds)
                name, before = f"check, {arguments.databases:,} databases", _children_seconds(dsn)
                used = await _command(folder, milliseconds, name, "postgres", jobs)
                _say_each(used, _children_seconds(dsn) - before, arguments)
            return
        await _make(dsn, arguments.keys)
        row = await _one(dsn.replace("/postgres?", "/demo?"), "select id::text from workspaces limit 1")
        commands: list[tuple[str, str, Sequence[str]]] = [
            ("check, incident", "demo", ("check", "--format", "json")),
            (f"check, {arguments.keys:,} keys", _KEYS, ("check", "--format", "json")),
            ("list", "demo", ("list",)),
            ("preview", "demo", ("preview", "--table", "workspaces", "--key", f"id={row}")),
        ]
        for milliseconds in arguments.milliseconds:
            _say_link(milliseconds)
            await _all(folder, milliseconds, commands)
            if PROGRAM is None:
                sys.stdout.write("  there is no pgbouncer to measure with\n")
                continue
            _say_link(milliseconds, ", through PgBouncer in transaction mode")
            with TemporaryDirectory() as below:
                # As many server connections as a pool has by default.
                async with pgbouncer(folder, Path(below), size=20) as pooled:
                    await _all(str(pooled), milliseconds, commands)


async def _all(folder: str, milliseconds: int, commands: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    await _dashboard(folder, milliseconds)
    for name, database, command in commands:
        await _command(folder, milliseconds, name, database, command)


@dataclass(frozen=True, slots=True)
class _Used:
    """What a command took: turns and connections of its link, seconds, CPU seconds."""

    link: SlowLink
    seconds: float
    cpu: float


async def _command(folder: str, milliseconds: int, name: str, database: str, command: Sequence[str]) -> _Used:
    async with slow_link(folder, milliseconds / 1000) as link:
        began = perf_counter()
        process = subprocess.Popen(  # noqa: ASYNC220 - our own module, whose peak of memory only wait4 tells
            [sys.executable, "-m", "fkdash", command[0], link.dsn(database), *command[1:]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, _, used = await asyncio.to_thread(os.wait4, process.pid, 0)
        process.returncode = 0
        seconds, cpu = perf_counter() - began, used.ru_utime + used.ru_stime
        _say(name, link, seconds, f", {cpu:.1f} s of them its own, {used.ru_maxrss / 1024:,.0f} MB")
        return _Used(link, seconds, cpu)


def _children_seconds(dsn: str) -> float:
    """Give the CPU seconds of the server's processes that have ended, as Linux counts them for its first one."""
    folder = Path(unquote(dsn.partition("?host=")[2]))
    process = (folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    # proc_pid_stat(5): behind the name, which is in parentheses, cutime and cstime are the fourteenth and next.
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[13]) + int(told[14])) / os.sysconf("SC_CLK_TCK")


def _say_each(used: _Used, server: float, arguments: argparse.Namespace) -> None:
    number = arguments.databases
    waits = (used.link.turns + used.link.connections) / number
    sys.stdout.write(
        f"    each: {waits:.1f} waits, {used.cpu / number * 1000:.0f} ms of CPU, {server / number * 1000:.0f} ms of the "
        f"server's, {used.seconds / number * 1000:.0f} ms with {arguments.jobs} jobs\n"
    )
    sys.stdout.flush()


async def _dashboard(folder: str, milliseconds: int) -> None:
    """Measure until the first screen has its first finding; Textual itself is loaded by then."""
    async with slow_link(folder, milliseconds / 1000) as link:
        began = perf_counter()
        app = DashboardApp(resolve(ConnectionArguments(dsn=link.dsn("demo")), {}), options=DashboardOptions())
        async with app.run_test(size=(120, 40)) as pilot:
            while not any(row.findings for row in app.constraints.list.rows):
                await pilot.pause(0.005)
            _say("dashboard, first finding", link, perf_counter() - began)


def _say_link(milliseconds: int, more: str = "") -> None:
    load = os.getloadavg()[0]
    sys.stdout.write(f"{milliseconds} ms{more} (load of the machine {load:.1f} on {os.cpu_count()} cores)\n")


def _say(name: str, link: SlowLink, seconds: float, more: str = "") -> None:
    sys.stdout.write(
        f"  {name:<24} {link.waits:5} waits, {link.turns:6} turns, {link.connections:4} connections "
        f"({link.most_open} at once), {seconds:6.2f} s{more}\n"
    )
    sys.stdout.flush()


async def _make_databases(dsn: str, number: int) -> None:
    """Make databases alike, of a few tables, one in ten of which is the odd one."""
    server = await asyncpg.connect(dsn)
    for name, action in (("alike", "set null"), ("odd", "cascade")):
        await server.execute(f"create database {name}")
        connection = await asyncpg.connect(dsn.replace("/postgres?", f"/{name}?"))
        await connection.execute(
            "create table workspaces (id int primary key); create table users (id int primary key,"
            f" workspace_id int not null references workspaces on delete {action});"
            "insert into workspaces values (1); insert into users values (1, 1)"
        )
        await connection.close()
    for each in range(number - 2):
        template = "odd" if each % 10 == 0 else "alike"
        await server.execute(f"create database d{each} template {template} strategy file_copy")
    await server.close()


async def _make(dsn: str, keys: int) -> None:
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
    await server.close()


async def _one(dsn: str, sql: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(sql))
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
