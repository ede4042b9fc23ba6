"""Steps that are no short transaction, cut off in the middle: index builds and repairs in batches."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.change import Change, look, wanted
from fkdash.apply.change import carry_out as carried_out
from fkdash.apply.events import RunEnded, RunOutcome, StepProgress
from fkdash.apply.journal.recovery import recorded_run, remaining, unfinished, what_is_true
from fkdash.apply.run import steps
from fkdash.apply.run.run import Wishes
from tests.apply.test_faults import carry_out
from tests.support.changes import Workbench, workbench
from tests.support.gate import Moment, gate
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int, constraint ck foreign key (parent_id) references parents);
insert into parents select generate_series(1, 20);
alter table children disable trigger all;
insert into children select g, 1 + g % 40 from generate_series(1, 10000) g;
"""
_BUILDING = (
    "select exists (select from pg_stat_activity where query like 'CREATE INDEX CONC%' and wait_event_type = 'Lock' "
    "and datname = current_database())"
)


async def resumed(bench: Workbench, ended: RunEnded) -> RunEnded:
    plan = recorded_run(ended.journal).plan
    await bench.look()
    async with bench.pool.session() as session:
        rest = await remaining(session, bench.catalog, plan)
        assert "steps have taken effect" in await what_is_true(session, bench.catalog, plan)
    return await bench.carry_out(rest, continues=ended.journal)


async def test_a_repair_stops_new_orphans_first_and_goes_on_where_it_was_cut_off(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, tmp_path, dsn=way.dsn) as bench:
            chosen = await bench.plan("ck", "delete-orphans")
            assert [step.title for step in chosen.steps] == ["swap", "keep", "delete", "check"]
            way.arm(Moment(b"COMMIT\x00", 4), way.cut)
            ended = await carry_out(bench, chosen)
    assert way.happened
    assert (ended.outcome, ended.exit_code, ended.steps_done) == (RunOutcome.FAILED, 5, (1, 2)), ended.message
    assert "2,000 rows are changed so far" in ended.message
    refused = None
    try:
        await database.execute("insert into children values (0, 999)")
    except asyncpg.ForeignKeyViolationError as error:
        refused = error
    assert refused is not None
    async with workbench(database, tmp_path) as bench:
        over = await resumed(bench, ended)
    assert over.outcome is RunOutcome.VERIFIED, over.message
    kept = await database.value("select relname from pg_class where relname like 'fkdash_orphans_%'")
    counts = await database.fetch(f"select (select count(*) from children), (select count(*) from {kept})")
    assert tuple(counts[0]) == (5000, 5000)
    assert unfinished(tmp_path) == ()


async def test_a_repair_can_be_stopped_between_two_batches(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ck", "null-orphans")
        ended = await bench.carry_out(chosen, wishes=_AfterTwoLooks())
        assert (ended.exit_code, "Stopped as asked" in ended.message) == (5, True), ended
        over = await resumed(bench, ended)
    assert over.outcome is RunOutcome.VERIFIED, over.message
    assert await database.value("select count(*) from children where parent_id is null") == 5000


class _AfterTwoLooks(Wishes):
    """Wishes for the end of the run once it has been asked three times."""

    def __init__(self) -> None:
        self.asked = 0

    @property
    def stop_after_step(self) -> bool:
        self.asked += 1
        return self.asked > 3

    @stop_after_step.setter
    def stop_after_step(self, wish: bool) -> None: ...


async def test_orphans_in_partitions_are_repaired_leaf_by_leaf(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(
        "create table parents (id int primary key); insert into parents values (1);"
        "create table events (id int, parent_id int) partition by hash (id);"
        "create table events_0 partition of events for values with (modulus 2, remainder 0);"
        "create table events_1 partition of events for values with (modulus 2, remainder 1);"
        "alter table events add constraint ek foreign key (parent_id) references parents;"
        "alter table events disable trigger all; alter table events_0 disable trigger all;"
        "alter table events_1 disable trigger all; insert into events select g, g % 3 from generate_series(1, 300) g"
    )
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ek", "delete-orphans")
        assert ended.outcome is RunOutcome.VERIFIED, ended.message
    assert await database.value("select count(*) from events") == 100
    assert await database.value("select count(*) from pg_trigger where tgenabled <> 'O'") == 0


@pytest.mark.newest_version
async def test_a_cancelled_index_build_ends_where_the_network_says_nothing_any_more(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_CLEANING_SECONDS", 0.3)
    await database.execute(_TABLES + "alter table children enable trigger all;")
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way, workbench(database, tmp_path, dsn=way.dsn) as bench:
            chosen = await bench.plan("ck", "create-index")
            change = Change(bench.pool, bench.catalog, chosen, folder=tmp_path, settling_seconds=0.3)
            looked = await look(change)
            task = asyncio.ensure_future(
                carried_out(change, looked, wanted(change), bench.events.append, Wishes())
            )

            async def fault() -> bool:
                task.cancel()
                return await way.silent_for_good()

            way.arm(Moment(b"CREATE INDEX CONC"), fault)
            async with asyncio.timeout(in_time(30)):
                ended = await task
    assert (ended.exit_code, "could not be found out" in ended.message) == (5, True), ended
    assert recorded_run(ended.journal).message == ended.message


async def test_an_index_build_whose_session_ended_is_named_and_built_anew(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES + "alter table children enable trigger all;")
    blocker = await asyncpg.connect(database.dsn)
    try:
        async with workbench(database, tmp_path) as bench:
            chosen = await bench.plan("ck", "create-index")
            await blocker.execute("begin; update children set parent_id = 1 where id = 1")
            running = asyncio.create_task(carry_out(bench, chosen))
            while not await database.value(_BUILDING):
                assert not running.done()
            while not any(isinstance(event, StepProgress) and event.holders for event in bench.events):
                await database.execute("select pg_sleep(0.1)")
                assert not running.done()
            await database.execute(
                "select pg_terminate_backend(pid, 2000) from pg_stat_activity where query like 'CREATE INDEX CONC%' "
                "and datname = current_database() and pid <> pg_backend_pid()"
            )
            ended = await running
            assert (ended.outcome, ended.exit_code) == (RunOutcome.FAILED, 5)
            assert "invalid index" in ended.message
            assert await database.value("select count(*) from pg_index where not indisvalid") == 1
            assert [run.path for run in unfinished(tmp_path)] == [ended.journal]
            await blocker.execute("rollback")
            over = await resumed(bench, ended)
            assert over.outcome is RunOutcome.VERIFIED, over.message
        assert await database.value("select count(*) from pg_index where not indisvalid") == 0
    finally:
        await blocker.close()
