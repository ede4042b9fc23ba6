"""The longest stall of a writer while a fix is applied under load, beside the naive DROP and validated ADD.

    python -m tests.benchmarks.change_under_load [--rows 500000] [--writers 6] [--versions 16,18]

Prints for each fix the longest blocked write in milliseconds, its ratio to the naive statement in the same run and to
the same load with no change at all, application transactions lost to a deadlock, and orphans admitted. The load
alone is watched for as long as the longest fix took: a busy machine and checkpoints stall writers too, and the
longer one looks the longer the worst of it. The aim, at any number of rows: no writer waits longer than with the
load alone and, on top, for two tries of a lock: one that writers queue behind until it is given up, one for the step
that then holds it, which reads no row. Where the naive statement stalls writers for more than twenty times as long,
as at 5,000,000 rows, 1/20 of it. And no deadlock, no orphan.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import asyncpg

from fkdash.apply.run.run import Patience
from tests.support.changes import workbench
from tests.support.servers import TestDatabase, TestServer, fresh_database, running_server
from tests.support.traffic import ORPHANS, Traffic, write

_PARENTS = 100_000
_SETTLE_SECONDS = 0.5
_AIM = 1 / 20
_LOCK_MILLISECONDS = 100
_NAIVE = (
    "alter table children drop constraint ck, "
    "add constraint ck foreign key (parent_id) references parents (id) on delete restrict"
)
_UNCHECKED = "alter table children drop constraint ck, add constraint ck foreign key (parent_id) references parents not valid"

Change = Callable[[TestDatabase], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fix:
    """An option to measure, the way it goes, and the statement that makes it necessary."""

    option: str
    keep_validated: bool = False
    before: str = ""

    @property
    def name(self) -> str:
        """The option, with the way where it is not the usual one."""
        return f"{self.option}, built beside" if self.keep_validated else self.option


_FIXES = (
    Fix("no-action"),
    Fix("restrict", keep_validated=True),
    Fix("validate", before=_UNCHECKED),
    Fix("create-index", before="drop index concurrently by_parent"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A change under load: how long it took and the longest write meanwhile, in seconds."""

    what: str
    took: float
    longest: float
    deadlocks: int
    admitted: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--writers", type=int, default=6)
    parser.add_argument("--versions", default="16,18")
    arguments = parser.parse_args()
    for version in map(int, arguments.versions.split(",")):
        with running_server(version) as server:
            _say(f"PostgreSQL {version}, {arguments.rows:,} rows, {arguments.writers} writers")
            asyncio.run(_measure(server, arguments.rows, arguments.writers))


async def _measure(server: TestServer, rows: int, writers: int) -> None:
    async with fresh_database(server) as database:
        await _load(database, rows)
        naive = await _under_load(database, "naive DROP and validated ADD", _naive, writers)
        measured = []
        for fix in _FIXES:
            if fix.before:
                await database.execute(fix.before)
            measured.append(await _under_load(database, fix.name, _carried_out(fix), writers))
        seconds = max(each.took for each in measured)
        alone = await _under_load(database, "load alone", lambda _: asyncio.sleep(seconds), writers)
        for each in (alone, naive, *measured):
            _print(each, naive, alone)
        _say(f"  orphans at the end: {await database.value(ORPHANS)}")


async def _load(database: TestDatabase, rows: int) -> None:
    await database.execute(
        f"""create table parents (id int primary key, n int not null default 0);
        create table children (id int primary key generated always as identity, parent_id int not null,
          n int not null default 0);
        insert into parents select generate_series(1, {_PARENTS});
        insert into children (parent_id) select 1 + g % {_PARENTS - 1000} from generate_series(1, {rows}) g;
        alter table children add constraint ck foreign key (parent_id) references parents (id);"""
    )
    await database.execute("create index by_parent on children (parent_id)")
    await database.execute("vacuum analyze")


async def _under_load(database: TestDatabase, what: str, change: Change, writers: int) -> Measured:
    # What came before is not to stall this one.
    await database.execute("checkpoint")
    traffic = Traffic()
    tasks = [asyncio.create_task(write(database, traffic, seed, 0.0)) for seed in range(writers)]
    try:
        await asyncio.sleep(_SETTLE_SECONDS)
        traffic.longest = 0.0
        began = monotonic()
        await change(database)
        took = monotonic() - began
        await asyncio.sleep(_SETTLE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for unexpected in traffic.unexpected:
        sys.stderr.write(f"  unexpected: {unexpected}\n")
    return Measured(what, took, traffic.longest, traffic.deadlocks, traffic.admitted)


async def _naive(database: TestDatabase) -> None:
    while True:
        try:
            await database.execute(_NAIVE)
        except asyncpg.DeadlockDetectedError:
            continue
        return


def _carried_out(fix: Fix) -> Change:
    async def change(database: TestDatabase) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with workbench(database, Path(folder)) as bench:
                bench.patience = Patience(_LOCK_MILLISECONDS, 0.05, 0.5)
                ended = await bench.apply("ck", fix.option, keep_validated=fix.keep_validated)
        if ended.exit_code:
            sys.stderr.write(f"  {fix.name}: {ended.message}\n")

    return change


def _print(measured: Measured, naive: Measured, alone: Measured) -> None:
    ratio = measured.longest / naive.longest
    aim = max(_AIM * naive.longest, alone.longest + 2 * _LOCK_MILLISECONDS / 1000)
    met = measured.longest < aim and not measured.deadlocks and not measured.admitted
    _say(
        f"  {measured.what:<30} took {measured.took:7.2f} s  longest write {measured.longest * 1000:8.1f} ms "
        f"= {ratio:6.3f} of naive, {measured.longest / alone.longest:6.2f} of load alone  "
        f"deadlocks {measured.deadlocks}  orphans admitted {measured.admitted}"
        + ("" if measured in {naive, alone} else f"  aim {aim * 1000:.0f} ms {'met' if met else 'MISSED'}")
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
