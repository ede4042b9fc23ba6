"""A repair of orphans, and its way back, killed with SIGKILL at every step: nothing is lost, nothing is half."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan
from tests.apply.test_killed import killed_at
from tests.support.changes import Workbench, workbench
from tests.support.gate import Moment
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.long

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null, note text);
insert into parents select generate_series(1, 10);
insert into children select g, g, 'n' || g from generate_series(1, 40) g;
alter table children add constraint ck foreign key (parent_id) references parents not valid;
"""
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from children c"
_ORPHANS = "select count(*) from children c where not exists (select from parents p where p.id = c.parent_id)"
_YES = ("--yes", "--confirm", "ck")
_REPAIR = [
    Moment(marker, nth, answered)
    for (marker, nth), answered in itertools.product(
        (
            (b"CREATE TABLE IF NOT EXISTS", 1),
            (b"COMMIT\x00", 1),
            (b"WITH broken", 1),
            (b"COMMIT\x00", 2),
            (b"WITH broken", 2),
            (b"COMMIT\x00", 3),
            (b"VALIDATE CONSTRAINT", 1),
            (b"COMMIT\x00", 4),
        ),
        (False, True),
    )
]
_WAY_BACK = [
    Moment(marker, nth, answered)
    for (marker, nth), answered in itertools.product(
        (
            (b"DROP CONSTRAINT", 1),
            (b"WITH back", 1),
            (b"ADD CONSTRAINT", 1),
            (b"COMMIT\x00", 1),
            (b"DROP CONSTRAINT", 2),
            (b"COMMIT\x00", 2),
        ),
        (False, True),
    )
]


async def newest(folder: Path) -> Path:
    return max((folder / "fkdash" / "runs").glob("*.jsonl"))


async def finished(bench: Workbench, journal: Path) -> None:
    """Resume what is left of a run, as `fkdash fix resume` does."""
    catalog = await bench.look()
    async with bench.pool.session() as session:
        rest = await remaining(session, catalog, recorded_run(journal).plan)
    over = await bench.carry_out(rest, continues=journal)
    assert over.outcome is RunOutcome.VERIFIED, (over.message, over.verification)


async def undone(bench: Workbench, journal: Path) -> None:
    over = await bench.carry_out(undo_plan(await bench.look(), recorded_run(journal).plan), continues=journal)
    assert over.outcome is RunOutcome.VERIFIED, (over.message, over.verification)


@pytest.mark.newest_version
async def test_a_repair_killed_at_any_step_is_finished_or_taken_back(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    before = await database.value(_ROWS)
    async with workbench(database, tmp_path / "fkdash" / "runs") as bench:
        for number, moment in enumerate(_REPAIR):
            command = ("fix", "apply", "ck", "--option", "reparent-orphans", "--value", "7", *_YES)
            await killed_at(moment, database, tmp_path, *command)
            journal = await newest(tmp_path)
            kept = await database.value("select count(*) from pg_class where relname like 'fkdash_orphans%'")
            if not recorded_run(journal).changed or (not kept and number % 2 == 0):
                assert await database.value(_ROWS) == before, moment
                continue
            if number % 2:
                await finished(bench, journal)
                assert await database.value(_ORPHANS) == 0, moment
                assert await database.value("select convalidated from pg_constraint where conname = 'ck'")
            await undone(bench, journal)
            assert await database.value(_ROWS) == before, moment
            assert not await database.value("select convalidated from pg_constraint where conname = 'ck'")


@pytest.mark.newest_version
async def test_the_way_back_killed_at_any_step_is_gone_to_its_end(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    before = await database.value(_ROWS)
    async with workbench(database, tmp_path / "fkdash" / "runs") as bench:
        for moment in _WAY_BACK:
            repaired = await bench.apply("ck", "delete-orphans")
            assert repaired.outcome is RunOutcome.VERIFIED, (moment, repaired.message)
            await killed_at(moment, database, tmp_path, "fix", "undo", str(repaired.journal), *_YES)
            assert await database.value("select count(*) from pg_constraint where conname = 'ck'") == 1, moment
            journal = await newest(tmp_path)
            assert journal != repaired.journal
            await finished(bench, journal)
            assert await database.value(_ROWS) == before, moment
