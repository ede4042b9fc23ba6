"""Runs that finish or undo others: what was left halfway stays known until it is dealt with, and a way back works."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fkdash.apply.events import Outcome, RunEnded
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan, unfinished
from fkdash.fix.plan import Plan
from tests.support.changes import Workbench, good, workbench
from tests.support.gate import Gate, Moment, gate
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

# What fkdash makes of its journals does not depend on the server.
pytestmark = pytest.mark.newest_version


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


async def test_what_is_left_halfway_stays_so_after_an_undo_that_changed_nothing(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, halfway(database, tmp_path, way) as (bench, first):
            way_back = undo_plan(bench.catalog, recorded_run(first.journal).plan)
            back = await cut_at(bench, way, way_back, 1, of=first.journal)
            assert (back.outcome, "Nothing was changed" in back.next_step) == (Outcome.ROLLED_BACK, True), back
            assert [run.path for run in unfinished(tmp_path)] == [first.journal]
            given_up = await bench.undo(first)
            good(given_up)
    assert unfinished(tmp_path) == ()
    # There is nothing to go back to: the change was never made.
    assert (recorded_run(given_up.journal).plan.undo, "plan it anew" in given_up.next_step) == ((), True)
    assert await database.value("select count(*) from pg_constraint where conname like 'fkdash%'") == 0


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
