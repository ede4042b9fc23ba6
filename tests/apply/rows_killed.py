"""Changes of rows, ended by any hand at any batch while others write: finished or taken back, with no row lost.

    python -m tests.apply.rows_killed [--examples 100] [--seed 1] [--versions 14,18]

Each example draws an option, a moment, what happens there (SIGKILL or ctrl+c of the program, its sessions terminated,
cancelled or killed with the server), and what follows: the way back at once, after the run was finished, or itself
ended in the same manner and then finished. The rows must be what they were, and those of others must all be there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan
from fkdash.errors import StoppedError
from tests.support.changes import workbench
from tests.support.gate import Moment, gate
from tests.support.program import Ended, ended, kill, start
from tests.support.servers import TestDatabase, fresh_database, running_server

_TABLES = """
create table spaces (id int primary key, name text);
create table users (id int primary key, space_id int, note text);
create table members (user_id int, space_id int, joined int, primary key (user_id, space_id));
insert into spaces select g, 's' || g from generate_series(1, 20) g;
insert into users select g, 1 + g % 3, 'n' || g from generate_series(1, 60) g;
insert into members select g, 4 + g % 9, g from generate_series(1, 55) g;
"""
_KEY = "alter table users add constraint uk foreign key (space_id) references spaces"
_BROKEN = f"update users set space_id = 100 + id % 40 where id <= 45; {_KEY} not valid"
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from users c where id <= 60"
_SPACES = "select count(*) from spaces where id > 20"
_ORPHANS = "select count(*) from users u where not exists (select from spaces s where s.id = u.space_id)"
_QUERY = "select space_id from members where user_id = $1 order by joined limit 1"
_PACE = ("--batch-rows", "7", "--pause-ms", "0")
_CONFIRMED = ("--yes", "--confirm", "uk")
_MOST_BATCHES = 8


@dataclass(frozen=True)
class Change:
    """An option with what it is told, its statement, and how the tables are before; `done` is true once it is done."""

    option: str
    told: tuple[str, ...]
    statement: bytes
    before: str
    done: str

    def __str__(self) -> str:
        return f"{self.option}{'-picked' if '--value-from' in self.told else ''}"


CHANGES = (
    Change("move-blockers", ("--of", "1", "--of", "2", "--value", "9"), b"WITH held", _KEY,
           "select count(*) filter (where space_id in (1, 2)) = 0 from users where id <= 60"),
    Change("move-blockers", ("--of", "1", "--value-from", _QUERY), b"WITH held", _KEY,
           "select count(*) filter (where space_id = 1) = 2 from users where id <= 60"),
    Change("null-blockers", ("--of", "1", "--of", "2"), b"WITH held", _KEY,
           "select count(space_id) = 20 from users where id <= 60"),
    Change("delete-blockers", ("--of", "1", "--of", "2"), b"WITH held", _KEY,
           "select count(*) = 20 from users where id <= 60"),
    Change("reparent-orphans", ("--value", "7"), b"WITH broken", _BROKEN,
           "select count(*) filter (where space_id = 7) = 45 from users where id <= 60"),
    Change("null-orphans", (), b"WITH broken", _BROKEN, "select count(space_id) = 15 from users where id <= 60"),
    Change("delete-orphans", (), b"WITH broken", _BROKEN, "select count(*) = 15 from users where id <= 60"),
    Change("quarantine-orphans", (), b"WITH broken", _BROKEN, "select count(*) = 15 from users where id <= 60"),
    Change("recreate-parents", ("--value", "name=again"), b"WITH missing", _BROKEN,
           f"select ({_ORPHANS}) = 0 and ({_SPACES}) = 40"),
)  # fmt: skip
HANDS = ("kill", "interrupt", "terminate", "cancel", "crash")
ENDS = ("undone", "finished, undone", "undone at the second try")


@dataclass(frozen=True)
class Example:
    """A change, what happens to it and when, and what follows."""

    change: Change
    moment: Moment
    hand: str
    end: str

    def __str__(self) -> str:
        return f"{self.change}: {self.hand} {self.moment}, then {self.end}"


@asynccontextmanager
async def writing(database: TestDatabase) -> AsyncIterator[set[int]]:
    """Write rows of others all the while; gives the ids of those that must be there in the end."""
    there: set[int] = set()
    numbers = iter(range(1000, 1_000_000))

    async def write(connection: asyncpg.Connection[asyncpg.Record], chance: random.Random) -> None:
        for number in numbers:
            with suppress(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(f"insert into users values ({number}, 5, 'w')")
                there.add(number)
            if there and chance.random() < 0.4:
                gone = chance.choice(sorted(there))
                there.discard(gone)
                await connection.execute(f"delete from users where id = {gone}")
            with suppress(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(f"insert into users values ({-number}, -{number}, 'refused')")
                await connection.execute(f"delete from users where id = {-number}")
            await asyncio.sleep(0.01)

    async def always() -> None:
        chance = random.Random(3)
        while True:
            # What is under way when the server falls may be there or not: it is not counted.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection = await asyncpg.connect(database.dsn)
                try:
                    await write(connection, chance)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(always())
    try:
        yield there
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def tried(database: TestDatabase, folder: Path, example: Example) -> bool:
    """Go through an example on an empty database; False where its moment did not come. Raises AssertionError."""
    change = example.change
    await database.execute(_TABLES + change.before)
    before = await _value(database, _ROWS)
    async with writing(database) as there:
        command = ("fix", "apply", "uk", "--option", change.option, *change.told, *_PACE)
        happened, result = await _ended_at(example.moment, example.hand, database, folder, command)
        assert list(folder.glob("fkdash/runs/*.jsonl")), result
        journal = _newest(folder)
        recorded = recorded_run(journal)
        if recorded.standing == "CUT OFF":
            assert result.code != 0, result
        if result.code == 0:
            assert await _value(database, change.done), result
        if recorded.changed:
            await _brought_to_its_end(database, folder, example, journal)
        assert await _value(database, _ROWS) == before, result
        assert await _value(database, _SPACES) == 0, result
    left = await _value(database, "select array_agg(id) from users where id > 60") or ()
    assert there <= set(left), there - set(left)
    return happened


async def _brought_to_its_end(database: TestDatabase, folder: Path, example: Example, journal: Path) -> None:
    if example.end == "finished, undone":
        await _finished(database, journal)
        assert await _value(database, example.change.done)
    if example.end == "undone at the second try":
        moment = Moment(b"WITH back", 1, answered=example.moment.answered)
        await _ended_at(moment, example.hand, database, folder, ("fix", "undo", str(journal)))
        tried_back = _newest(folder)
        if tried_back != journal and recorded_run(tried_back).changed:
            await _finished(database, tried_back)
            return
    await _undone(database, journal)


async def _finished(database: TestDatabase, journal: Path) -> None:
    """Resume what is left of a run, as `fkdash fix resume` does."""
    async with workbench(database, journal.parent) as bench:
        async with bench.pool.session() as session:
            rest = await remaining(session, bench.catalog, recorded_run(journal).plan)
        over = await bench.carry_out(rest, continues=journal)
        assert over.outcome is RunOutcome.VERIFIED, (over.message, over.verification)


async def _undone(database: TestDatabase, journal: Path) -> None:
    async with workbench(database, journal.parent) as bench:
        try:
            back = undo_plan(bench.catalog, recorded_run(journal).plan)
        except StoppedError as nothing:
            # It was ended before its first COMMIT took effect; that the rows are as before is asked in any case.
            if "nothing to undo" not in nothing.next_step:
                raise
            return
        over = await bench.carry_out(back, continues=journal)
        assert over.outcome is RunOutcome.VERIFIED, (over.message, over.verification)


async def _ended_at(
    moment: Moment, hand: str, database: TestDatabase, folder: Path, command: tuple[str, ...]
) -> tuple[bool, Ended]:
    """Run a command whose program or sessions meet `hand` at the moment; say whether that came, and how it ended."""
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way:
            process = await start(*command, *_CONFIRMED, way.dsn, state=folder)
            cancelling: list[asyncio.Task[None]] = []

            async def fault() -> bool:
                if hand == "kill":
                    await kill(process)
                    return False
                if hand == "interrupt":
                    process.send_signal(signal.SIGINT)
                elif hand == "terminate":
                    await _value(database, f"select bool_or(pg_terminate_backend(pid)) {_OURS}")
                elif hand == "cancel":
                    cancelling.append(asyncio.create_task(_cancelled(database)))
                else:
                    for pid in await _value(database, f"select array_agg(pid) {_OURS}") or ():
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                return True

            way.arm(moment, fault)
            result = await ended(process)
            for task in cancelling:
                task.cancel()
            await asyncio.gather(*cancelling, return_exceptions=True)
    await _up_again(database)
    return way.happened, result


_OURS = "from pg_stat_activity where application_name = 'fkdash' and datname = current_database()"


async def _cancelled(database: TestDatabase) -> None:
    """Cancel the next statement of fkdash that is under way."""
    under_way = f"select count(pg_cancel_backend(pid)) {_OURS} and state = 'active'"
    while True:
        if await _value(database, under_way):
            return


async def _up_again(database: TestDatabase) -> None:
    """Wait until the server takes sessions and none of fkdash's is left."""
    while True:
        if not await _value(database, f"select count(*) {_OURS}"):
            return


async def _value(database: TestDatabase, sql: str) -> Any:  # noqa: ANN401 - whatever the query gives
    """Ask in a session of its own, as often as the server takes to come back."""
    while True:
        try:
            connection = await asyncpg.connect(database.dsn)
            try:
                return await connection.fetchval(sql)
            finally:
                connection.terminate()
        except (asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError, OSError):
            await asyncio.sleep(0.05)


def _newest(folder: Path) -> Path:
    return max((folder / "fkdash" / "runs").glob("*.jsonl"))


def drawn(chance: random.Random) -> Example:
    """Draw an example; every option, hand and end is as likely as the next."""
    change = chance.choice(CHANGES)
    marker = chance.choice((change.statement, b"COMMIT\x00"))
    moment = Moment(marker, chance.randint(1, _MOST_BATCHES), answered=chance.random() < 0.5)
    return Example(change, moment, chance.choice(HANDS), chance.choice(ENDS))


async def _all(arguments: argparse.Namespace, version: int) -> int:
    """Give how many examples failed."""
    failed = came = 0
    with running_server(version, {"synchronous_commit": "on"}) as server:
        for number in range(arguments.examples):
            seed = arguments.seed + number
            example = drawn(random.Random(seed))
            async with fresh_database(server) as database:
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        came += await tried(database, Path(folder), example)
                    except Exception as error:  # noqa: BLE001 - each is told, and the next is tried
                        failed += 1
                        sys.stdout.write(f"{version} seed {seed}: {example}: {type(error).__name__} {error}\n")
    sys.stdout.write(f"{version}: {arguments.examples} examples, {came} met their moment, {failed} failed\n")
    return failed


def main() -> None:
    """Try the examples and print those that failed; exit 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--versions", default="18")
    arguments = parser.parse_args()
    sys.exit(sum(asyncio.run(_all(arguments, version)) for version in map(int, arguments.versions.split(","))) > 0)


if __name__ == "__main__":
    main()
