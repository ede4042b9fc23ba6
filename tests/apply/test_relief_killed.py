"""What moves, quarantines or makes rows, killed with SIGKILL at a batch while others write: finished or taken back."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.journal.recovery import recorded_run
from tests.apply.test_killed import killed_at
from tests.apply.test_repair_killed import finished, newest, undone
from tests.support.changes import workbench
from tests.support.gate import Moment
from tests.support.servers import TestDatabase

_TABLES = """
create table spaces (id int primary key, name text);
create table users (id int primary key, space_id int not null, note text);
create table members (user_id int, space_id int, joined int, primary key (user_id, space_id));
insert into spaces select g, 's' || g from generate_series(1, 20) g;
insert into users select g, 1 + g % 3, 'n' || g from generate_series(1, 60) g;
insert into members select g, 4 + g % 9, g from generate_series(1, 55) g;
"""
_KEY = "alter table users add constraint uk foreign key (space_id) references spaces"
_BROKEN = f"alter table users drop constraint if exists uk; update users set space_id = 100 + id % 40 where id <= 45; {_KEY} not valid"
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from users c where id <= 60"
_SPACES = "select count(*) from spaces where id > 20"
_ORPHANS = "select count(*) from users u where not exists (select from spaces s where s.id = u.space_id)"
_QUERY = "select space_id from members where user_id = $1 order by joined limit 1"
_PACE = ("--batch-rows", "7", "--pause-ms", "0")


@dataclass(frozen=True)
class Change:
    """An option with what it is told, its statement, and how the tables are before; `done` is true once it is done."""

    option: str
    told: tuple[str, ...]
    statement: bytes
    before: str
    done: str


_CHANGES = (
    Change("move-blockers", ("--of", "1", "--of", "2", "--value", "9"), b"WITH held", _KEY,
           "select count(*) filter (where space_id in (1, 2)) = 0 from users where id <= 60"),
    Change("move-blockers", ("--of", "1", "--value-from", _QUERY), b"WITH held", _KEY,
           "select count(*) filter (where space_id = 1) = 2 from users where id <= 60"),
    Change("delete-blockers", ("--of", "1", "--of", "2"), b"WITH held", _KEY,
           "select count(*) = 20 from users where id <= 60"),
    Change("quarantine-orphans", (), b"WITH broken", _BROKEN, "select count(*) = 15 from users where id <= 60"),
    Change("recreate-parents", ("--value", "name=again"), b"WITH missing", _BROKEN,
           f"select ({_ORPHANS}) = 0 and ({_SPACES}) = 40"),
)  # fmt: skip


@asynccontextmanager
async def writing(database: TestDatabase) -> AsyncIterator[set[int]]:
    """Write rows of others all the while; gives the ids of those that must be there in the end."""
    there: set[int] = set()

    async def write() -> None:
        chance = random.Random(3)
        connection = await asyncpg.connect(database.dsn)
        try:
            for number in range(1000, 1_000_000):
                with suppress(asyncpg.PostgresError):
                    await connection.execute(f"insert into users values ({number}, 5, 'w')")
                    there.add(number)
                if there and chance.random() < 0.4:
                    gone = chance.choice(sorted(there))
                    with suppress(asyncpg.PostgresError):
                        await connection.execute(f"delete from users where id = {gone}")
                        there.discard(gone)
                with suppress(asyncpg.PostgresError):
                    await connection.execute(f"insert into users values ({-number}, -{number}, 'refused')")
                    await connection.execute(f"delete from users where id = {-number}")
                await asyncio.sleep(0.01)
        finally:
            connection.terminate()

    task = asyncio.create_task(write())
    try:
        yield there
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.newest_version
@pytest.mark.parametrize(
    "change", _CHANGES, ids=lambda each: f"{each.option}{'-picked' if '--value-from' in each.told else ''}"
)
async def test_a_change_of_rows_killed_at_a_batch_is_finished_and_taken_back(
    database: TestDatabase, tmp_path: Path, change: Change
) -> None:
    await database.execute(_TABLES + change.before)
    before = await database.value(_ROWS)
    async with workbench(database, tmp_path / "fkdash" / "runs") as bench, writing(database) as there:
        for moment, finish in (
            (Moment(change.statement, 2, answered=True), True),
            (Moment(b"COMMIT\x00", 3, answered=True), False),
        ):
            told = ("uk", "--option", change.option, *change.told, *_PACE, "--yes", "--confirm", "uk")
            result = await killed_at(moment, database, tmp_path, "fix", "apply", *told)
            assert result.code == -signal.SIGKILL, result
            journal = await newest(tmp_path)
            assert recorded_run(journal).changed
            if finish:
                await finished(bench, journal)
                assert await database.value(change.done), moment
            await undone(bench, journal)
            assert await database.value(_ROWS) == before, moment
            assert await database.value(_SPACES) == 0, moment
    assert set(await database.value("select array_agg(id) from users where id > 60") or ()) >= there
