"""Runs generated cases one after the other on a server of their own: what the comparing commands share."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from tests.support.servers import fresh_database, running_server

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_MOST_SHOWN = 25


@dataclass(frozen=True)
class Comparison:
    """How one case is compared; `compare` takes a connection, a seed and the server's version.

    What does not agree is added to `disagreements`. `told` gives the lines about a whole run.
    """

    compare: Callable[[Connection, int, int], Awaitable[None]]
    disagreements: list[str]
    told: Callable[[], Iterable[str]]


def command(description: str | None, comparison: Comparison, *, cases: int) -> int:
    """Read the arguments, compare that many cases and tell; 1 when something disagrees."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cases", type=int, default=cases)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", type=int, default=18)
    arguments = parser.parse_args()
    began = time.monotonic()
    seeds = range(arguments.seed, arguments.seed + arguments.cases)
    asyncio.run(_compare_all(comparison, seeds, arguments.version))
    disagreements = comparison.disagreements
    lines = [
        f"{arguments.cases} cases on {arguments.version} in {time.monotonic() - began:.0f} s",
        *comparison.told(),
        f"{len(disagreements)} disagreements",
        *disagreements[:_MOST_SHOWN],
    ]
    sys.stdout.write("\n  ".join(lines) + "\n")
    return 1 if disagreements else 0


async def clean_up(connection: Connection) -> None:
    """Remove what a case created."""
    await connection.execute('DROP SCHEMA IF EXISTS s1 CASCADE; DROP SCHEMA IF EXISTS "S 2" CASCADE')


async def _compare_all(comparison: Comparison, seeds: Iterable[int], major: int) -> None:
    with running_server(major) as server:
        async with fresh_database(server) as database:
            connection = await database.connection()
            for seed in seeds:
                try:
                    await comparison.compare(connection, seed, major)
                except Exception as error:  # noqa: BLE001 - a crash is a disagreement, and the next case still counts
                    comparison.disagreements.append(f"seed {seed}: {type(error).__name__}: {error}")
                    await connection.reset()
                    await clean_up(connection)


def seeds_of(major: int, cases: int) -> range:
    """Give the seeds of a version: each meets cases of its own, so that all of them together meet more."""
    return range(1000 * major, 1000 * major + cases)
