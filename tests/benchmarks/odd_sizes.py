"""How long a preview of one row and a check take on databases of which one thing is very many.

    python -m tests.benchmarks.odd_sizes [--partitions 2000] [--chain 301] [--cycle 50] [--keys 3000] [--columns 1600]

Aim: a preview answers within ten seconds, or says what is known by then. Each is a process of its own: what the
machine takes to start one is said first, as that of `fkdash --version`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from time import perf_counter

import asyncpg

from fkdash.demo.server import throwaway_server

_AIM_SECONDS = 10.0
_AT_ONCE = 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("partitions", 2000), ("chain", 301), ("cycle", 50), ("keys", 3000), ("columns", 1600)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asyncio.run(_measure(parser.parse_args()))


async def _measure(arguments: argparse.Namespace) -> None:
    shapes = {
        f"{arguments.partitions:,} partitions": ("p", _partitions(arguments.partitions)),
        f"a chain of {arguments.chain:,}": ("t0", _chain(arguments.chain)),
        f"a cycle of {arguments.cycle:,}": ("t0", _cycle(arguments.cycle)),
        f"{arguments.keys:,} keys to one table": ("p", _keys(arguments.keys)),
        f"{arguments.columns:,} columns": ("p", _columns(arguments.columns)),
    }
    sys.stdout.write(f"a process alone takes {(await _ran('--version'))[0]:.1f} s\n")
    with throwaway_server(settings={"max_locks_per_transaction": "4096"}) as dsn:
        server = await asyncpg.connect(dsn)
        for number, (name, (table, statements)) in enumerate(shapes.items()):
            await server.execute(f"create database d{number}")
            there = dsn.replace("/postgres?", f"/d{number}?")
            connection = await asyncpg.connect(there)
            for statement in statements:
                await connection.execute(statement)
            await connection.close()
            seconds, said = await _ran("preview", "--table", table, "--key", "id=1", there)
            checked, _ = await _ran("check", there)
            missed = "" if seconds < _AIM_SECONDS else "  MISSED"
            sys.stdout.write(f"  {name:<24} preview {seconds:5.1f} s, check {checked:5.1f} s  {said}{missed}\n")
        await server.close()


async def _ran(*command: str) -> tuple[float, str]:
    """Give the seconds a command took, and the first word it said."""
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fkdash", *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    return perf_counter() - began, told.decode().partition(":")[0][:40]


def _partitions(number: int) -> Iterator[str]:
    yield "create table p (id int primary key); insert into p values (1)"
    yield (
        "create table c (id int, p int references p on delete cascade, day int not null) partition by range (day)"
    )
    for first in range(0, number, _AT_ONCE):
        yield ";".join(
            f"create table c{day} partition of c for values from ({day}) to ({day + 1})"
            for day in range(first, min(first + _AT_ONCE, number))
        )
    yield "insert into c values (1, 1, 0)"


def _chain(number: int) -> Iterator[str]:
    yield "create table t0 (id int primary key); insert into t0 values (1)"
    for place in range(1, number):
        yield (
            f"create table t{place} (id int primary key references t{place - 1} on delete cascade);"
            f"insert into t{place} values (1)"
        )


def _cycle(number: int) -> Iterator[str]:
    for place in range(number):
        yield f"create table t{place} (id int primary key, next int); insert into t{place} values (1, 1)"
    for place in range(number):
        yield (
            f"alter table t{place} add foreign key (next) references t{(place + 1) % number} on delete cascade;"
            f"create index on t{place} (next)"
        )


def _keys(number: int) -> Iterator[str]:
    yield "create table p (id int primary key); insert into p values (1)"
    for first in range(0, number, _AT_ONCE):
        yield ";".join(
            f"create table c{place} (id int primary key, p int references p); create index on c{place} (p)"
            for place in range(first, min(first + _AT_ONCE, number))
        )


def _columns(number: int) -> Iterator[str]:
    others = ", ".join(f"c{place} int" for place in range(number - 2))
    yield "create table p (id int primary key); insert into p values (1)"
    yield f"create table c (id int primary key, p int not null references p on delete set null, {others})"
    yield "insert into c (id, p) values (1, 1)"


if __name__ == "__main__":
    main()
