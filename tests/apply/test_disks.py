"""Journals on real disks that are too small, read-only or full; skipped where nothing may be mounted."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fkdash.apply.change import Change, carry_out, look, wanted
from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.journal import JournalError
from fkdash.apply.journal.recovery import recorded_run, remaining, unfinished
from fkdash.apply.run.ending import NOT_KEPT
from fkdash.apply.run.patience import Wishes
from fkdash.fix.plan import Plan
from tests.support.changes import Workbench, good, workbench
from tests.support.disks import Disk, disk
from tests.support.gate import Gate, Moment, gate
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

# A disk is alike for every version.
pytestmark = pytest.mark.newest_version

_KEY = "select confdeltype::text || convalidated::text from pg_constraint where conname = 'ck'"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Disk]:
    with disk(tmp_path, "1m") as mounted:
        if mounted is None:
            pytest.skip("nothing may be mounted here")
        yield mounted


@asynccontextmanager
async def gated(database: TestDatabase, folder: Path) -> AsyncIterator[tuple[Gate, Workbench]]:
    await database.execute(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, folder, dsn=way.dsn) as bench:
            yield way, bench


async def carried_out(bench: Workbench, chosen: Plan) -> RunEnded:
    change = Change(bench.pool, bench.catalog, chosen, folder=bench.folder, patience=bench.patience)
    return await carry_out(change, await look(change), wanted(change), bench.events.append, Wishes())


async def test_nothing_is_run_where_the_disk_is_too_small_for_a_journal_or_read_only(
    database: TestDatabase, room: Disk
) -> None:
    small = room.folder / "small"
    small.mkdir(mode=0o700)
    async with gated(database, small) as (_, bench):
        chosen = await bench.plan("ck", "restrict")
        with disk(small, "64k") as mounted:
            assert mounted is not None
            with pytest.raises(JournalError, match="No space left on device"):
                await carried_out(bench, chosen)
            assert list(small.iterdir()) == []
            mounted.turn("ro")
            with pytest.raises(JournalError, match="Read-only file system"):
                await carried_out(bench, chosen)
    assert await database.value(_KEY) == "atrue"


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("number", [1, 2])
async def test_a_disk_that_fills_up_on_the_way_leaves_nothing_unknown(
    database: TestDatabase, room: Disk, number: int, taken: bool
) -> None:
    async with gated(database, room.folder) as (way, bench):
        chosen = await bench.plan("ck", "restrict")

        async def fill() -> bool:
            if taken:
                # Somebody else was quicker to use what the run had set aside for its last words.
                for each in room.folder.glob("*.reserve"):
                    each.unlink()
            room.fill()
            return True

        way.arm(Moment(b"COMMIT\x00", number, answered=True), fill)
        ended = await carried_out(bench, chosen)
        assert way.happened
        is_now = await database.value(_KEY)
        assert (bool(ended.steps_done), 3 in ended.steps_done) == (is_now[0] == "r", is_now == "rtrue"), (
            ended,
            is_now,
        )
        if ended.outcome is RunOutcome.VERIFIED:
            assert recorded_run(ended.journal).outcome == RunOutcome.VERIFIED
            return
        assert "cannot be written" in ended.message, ended
        room.make_room()
        (left,) = unfinished(room.folder)
        await bench.look()
        async with bench.pool.session() as session:
            rest = await remaining(session, bench.catalog, left.plan)
        good(await bench.carry_out(rest, continues=left.path))
    assert await database.value(_KEY) == "rtrue"
    assert unfinished(room.folder) == ()


async def test_an_end_that_the_journal_cannot_keep_is_said(database: TestDatabase, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with gated(database, tmp_path) as (way, bench):
        chosen = await bench.plan("ck", "restrict")

        async def no_growth() -> bool:
            (journal,) = tmp_path.glob("*.jsonl")
            resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, limits[1]))
            return True

        way.arm(Moment(b"fkd_stage", 2), no_growth)
        try:
            ended = await carried_out(bench, chosen)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert way.happened
        assert (ended.outcome, NOT_KEPT in ended.message) == (RunOutcome.VERIFIED, True), ended
        (left,) = unfinished(tmp_path)
        await bench.look()
        async with bench.pool.session() as session:
            rest = await remaining(session, bench.catalog, left.plan)
        assert rest.steps == ()
        good(await bench.carry_out(rest, continues=left.path))
    assert unfinished(tmp_path) == ()
