"""Runs that finish or undo others: what was left halfway stays known until it is dealt with, and a way back works."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan, unfinished
from fkdash.errors import StoppedError
from fkdash.fix.plan import Plan
from tests.support.changes import Workbench, good, workbench
from tests.support.gate import Gate, Moment, gate
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA


@asynccontextmanager
async def halfway(database: TestDatabase, folder: Path, way: Gate) -> AsyncIterator[tuple[Workbench, RunEnded]]:
    """Give a change to ON DELETE CASCADE beside the old key that is cut off after its first step."""
    async with workbench(database, folder, dsn=way.dsn) as bench:
        chosen = await bench.plan("ck", "cascade", keep_validated=True)
        ended = await cut_at(bench, way, chosen, 2)
        assert (ended.exit_code, ended.steps_done) == (5, (1,)), ended
        yield bench, ended


async def cut_at(bench: Workbench, way: Gate, chosen: Plan, commit: int, *, of: Path | None = None) -> RunEnded:
    way.arm(Moment(b"COMMIT\x00", commit), way.cut)
    ended = await bench.carry_out(chosen, continues=of)
    assert way.happened
    await bench.look()
    return ended


@pytest.mark.newest_version
async def test_what_is_left_halfway_stays_so_after_an_undo_that_changed_nothing(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, halfway(database, tmp_path, way) as (bench, first):
            way_back = undo_plan(bench.catalog, recorded_run(first.journal).plan)
            back = await cut_at(bench, way, way_back, 1, of=first.journal)
            assert (back.outcome, "Nothing was changed" in back.next_step) == (RunOutcome.ROLLED_BACK, True), back
            assert [run.path for run in unfinished(tmp_path)] == [first.journal]
            given_up = await bench.undo(first)
            good(given_up)
    assert unfinished(tmp_path) == ()
    # There is nothing to go back to: the change was never made.
    assert (recorded_run(given_up.journal).plan.undo, "plan it anew" in given_up.next_step) == ((), True)
    assert await database.value("select count(*) from pg_constraint where conname like 'fkdash%'") == 0


@pytest.mark.newest_version
async def test_what_was_left_halfway_and_done_afresh_since_is_not_asked_about_any_more(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, tmp_path, dsn=way.dsn) as bench:
            first = await cut_at(bench, way, await bench.plan("ck", "restrict"), 2)
            assert (first.exit_code, first.steps_done) == (5, (1, 2)), first
            await database.execute(
                "alter table children drop constraint ck, add constraint ck foreign key (parent_id) references parents"
            )
            assert [run.path for run in unfinished(tmp_path)] == [first.journal]
            good(await bench.apply("ck", "cascade"))
            assert [run.path for run in unfinished(tmp_path)] == [first.journal]
            good(await bench.apply("ck", "restrict"))
    assert unfinished(tmp_path) == ()


@pytest.mark.newest_version
async def test_the_way_back_from_an_undo_that_was_finished_later_is_not_said_to_be_there(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, halfway(database, tmp_path, way) as (bench, first):
            async with bench.pool.session() as session:
                rest = await remaining(session, bench.catalog, recorded_run(first.journal).plan)
            through = await bench.carry_out(rest, continues=first.journal)
            good(through)
            back = await bench.undo(through)
    good(back)
    assert (recorded_run(back.journal).plan.undo, "plan it anew" in back.next_step) == ((), True), back.next_step


async def test_going_back_from_an_undo_that_was_cut_off_leaves_nothing_that_it_made(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table p (id int primary key); insert into p values (1);"
        "create table c (p_id int not null, constraint ck foreign key (p_id) references p on delete set null);"
        "insert into c values (1)"
    )
    checks = "select count(*) from pg_constraint where conrelid = 'c'::regclass and conname like 'fkdash%'"
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, tmp_path, dsn=way.dsn) as bench:
            done = await bench.apply("ck", "drop-not-null")
            await bench.look()
            back = undo_plan(bench.catalog, recorded_run(done.journal).plan)
            for commit in range(2, 2 + len({step.transaction for step in back.steps}) - 1):
                cut_off = await cut_at(bench, way, back, commit, of=done.journal)
                assert (cut_off.exit_code, cut_off.steps_done != ()) == (5, True), cut_off
                forward = await bench.undo(cut_off)
                good(forward)
                assert await database.value(checks) == 0
                assert not await database.value("select attnotnull from pg_attribute where attname = 'p_id'")
            good(await bench.undo(done))
    assert await database.value("select attnotnull from pg_attribute where attname = 'p_id'")
    assert unfinished(tmp_path) == ()


@pytest.mark.newest_version
async def test_going_back_from_the_undo_of_a_repair_that_was_cut_off_before_it_did_anything_is_not_that_undo(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table p (id int primary key); create table c (id int primary key, p_id int);"
        "insert into c values (1, 7); alter table c add constraint ck foreign key (p_id) references p not valid"
    )
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, tmp_path, dsn=way.dsn) as bench:
            repaired = await bench.apply("ck", "delete-orphans")
            good(repaired)
            await bench.look()
            back = undo_plan(bench.catalog, recorded_run(repaired.journal).plan)
            cut_off = await cut_at(bench, way, back, 1, of=repaired.journal)
            assert cut_off.steps_done == (), cut_off
            with pytest.raises(StoppedError, match="is what it was before the run"):
                undo_plan(bench.catalog, recorded_run(cut_off.journal).plan)
            good(await bench.undo(repaired))
    assert await database.value("select count(*) from c") == 1
    assert not await database.value("select convalidated from pg_constraint where conname = 'ck'")
