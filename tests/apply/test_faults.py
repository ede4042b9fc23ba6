"""Whatever happens in the middle: no orphan gets in, nothing is left that cannot be named and finished or undone."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.journal import Journal
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan, unfinished
from fkdash.apply.proof.preflight import Standing
from fkdash.apply.run.run import Patience, Run
from fkdash.db.writing import open_writer
from fkdash.fix.plan import Plan
from tests.support.changes import IMPATIENT, Workbench, workbench
from tests.support.gate import Gate, Moment, gate
from tests.support.servers import TestDatabase
from tests.support.traffic import ORPHANS, SCHEMA, traffic_on

# What PostgreSQL does at each step is tested on every version elsewhere; being cut off is alike on all.
pytestmark = pytest.mark.newest_version

_MARKERS = (
    (b"share update exclusive mode", 1),
    (b"DROP CONSTRAINT", 1),
    (b"pg_current_xact_id", 1),
    (b"COMMIT\x00", 1),
    (b"VALIDATE CONSTRAINT", 1),
    (b"pg_current_xact_id", 2),
    (b"COMMIT\x00", 2),
    (b"set constraints", 1),
)
MOMENTS = [Moment(marker, nth, answered) for (marker, nth), answered in itertools.product(_MARKERS, (False, True))]
_KEY = "select confdeltype::text, convalidated, obj_description(oid) from pg_constraint where conname = 'ck'"


@pytest.fixture
async def busy(database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """A database under load; at its end no orphan is there."""
    await database.execute(SCHEMA)
    async with traffic_on(database):
        yield database
        assert await database.value(ORPHANS) == 0


@asynccontextmanager
async def gated(
    database: TestDatabase, folder: Path, *, role: str = "postgres"
) -> AsyncIterator[tuple[Gate, Workbench]]:
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with (
            gate(database, Path(short)) as way,
            workbench(database, folder, dsn=way.dsn.replace("postgres@", f"{role}@")) as bench,
        ):
            yield way, bench


async def carry_out(bench: Workbench, chosen: Plan, *, settling: float = 5.0) -> RunEnded:
    with Journal.create(chosen.key.qualified, folder=bench.folder) as journal:
        async with open_writer(bench.pool.target) as writer:
            run = Run(
                writer, bench.pool, bench.catalog, chosen, journal, bench.events.append,
                patience=IMPATIENT, settling_seconds=settling,
            )  # fmt: skip
            return await run.carry_out()


async def is_consistent(database: TestDatabase, ended: RunEnded, wanted: str, before: str) -> None:
    """What the end says is what the catalog says."""
    letter, validated, comment = (await database.fetch(_KEY))[0]
    assert comment == "kept"
    names = await database.fetch("select conname from pg_constraint where contype = 'f'")
    assert [row[0] for row in names] == ["ck"]
    if ended.outcome is RunOutcome.VERIFIED:
        assert (letter, validated, ended.exit_code) == (wanted, True, 0)
    elif not ended.steps_done:
        assert (letter, validated) == (before, True)
        assert ended.exit_code in {3, 4}
        assert "Nothing was changed" in ended.next_step
    else:
        assert (letter, validated) == (wanted, len(ended.steps_done) == 3)
        assert ended.exit_code == (1 if validated else 5)


async def finish_or_undo(bench: Workbench, ended: RunEnded, *, finish: bool) -> None:
    """Lead a run that stopped halfway to an end, from what its journal holds."""
    recorded = recorded_run(ended.journal)
    await bench.look()
    if recorded.outcome == RunOutcome.VERIFIED or not recorded.changed:
        return
    if finish:
        async with bench.pool.session() as session:
            way = await remaining(session, bench.catalog, recorded.plan)
    elif not ended.steps_done:
        return
    else:
        way = undo_plan(bench.catalog, recorded.plan)
    over = await bench.carry_out(way, continues=ended.journal)
    assert over.outcome is RunOutcome.VERIFIED, over.message


async def through_all_moments(
    bench: Workbench, way: Gate, database: TestDatabase, fault: Callable[[], Awaitable[bool]]
) -> None:
    for number, moment in enumerate(MOMENTS):
        await bench.look()
        before = bench.key("ck").on_delete
        option = "restrict" if before == "NO ACTION" else "no-action"
        chosen = await bench.plan("ck", option)
        way.arm(moment, fault)
        ended = await carry_out(bench, chosen)
        assert way.happened, moment
        try:
            await is_consistent(database, ended, option[0].replace("n", "a"), before[0].lower().replace("n", "a"))
            await finish_or_undo(bench, ended, finish=number % 3 != 0)
            assert await database.value("select convalidated from pg_constraint where conname = 'ck'")
            assert await database.value(ORPHANS) == 0
        except AssertionError as error:
            error.add_note(f"{moment}: {ended.outcome} {ended.message} {ended.next_step} {ended.steps_done}")
            raise
    assert unfinished(bench.folder) == ()


async def test_a_network_that_is_cut_anywhere_leaves_nothing_unknown(busy: TestDatabase, tmp_path: Path) -> None:
    async with gated(busy, tmp_path) as (way, bench):
        await through_all_moments(bench, way, busy, way.cut)


async def test_a_backend_that_is_terminated_anywhere_leaves_nothing_unknown(
    busy: TestDatabase, tmp_path: Path
) -> None:
    async def terminate() -> bool:
        connection = await asyncpg.connect(busy.dsn)
        try:
            await connection.execute(
                "select pg_terminate_backend(pid, 2000) from pg_stat_activity where application_name = 'fkdash' "
                "and datname = current_database() and query !~* 'read only' and state <> 'idle'"
            )
        finally:
            await connection.close()
        return True

    async with gated(busy, tmp_path) as (way, bench):
        await through_all_moments(bench, way, busy, terminate)


async def test_a_server_that_cannot_be_asked_after_commit_is_said_to_be_unknown(
    busy: TestDatabase, tmp_path: Path
) -> None:
    async with gated(busy, tmp_path) as (way, bench):
        chosen = await bench.plan("ck", "restrict")
        way.arm(Moment(b"COMMIT\x00", 1, answered=True), way.cut_for_good)
        ended = await carry_out(bench, chosen, settling=0.3)
        assert (ended.outcome, ended.exit_code) == (RunOutcome.FAILED, 5)
        assert "could not be found out" in ended.message
        assert "fix resume" in ended.next_step
    assert [run.path for run in unfinished(tmp_path)] == [ended.journal]
    async with workbench(busy, tmp_path) as bench:
        await finish_or_undo(bench, ended, finish=True)
    assert unfinished(tmp_path) == ()


async def test_a_deadlock_never_costs_the_application_a_transaction(busy: TestDatabase, tmp_path: Path) -> None:
    async with workbench(busy, tmp_path) as bench:
        bench.patience = Patience(50, 0.02, 0.1)
        chosen = await bench.plan("ck", "restrict")
        one = await asyncpg.connect(busy.dsn)
        try:
            await one.execute("begin; update parents set n = n + 1 where id = 90")
            running = asyncio.create_task(bench.carry_out(chosen))
            waiting = "select exists (select from pg_locks where not granted and mode = 'AccessExclusiveLock')"
            while not await busy.value(waiting):
                assert not running.done()
            # The very order that makes a deadlock: the change holds the children, this session the parents.
            await one.execute("insert into children (parent_id) values (90); commit")
            ended = await running
        finally:
            await one.close()
    assert ended.outcome is RunOutcome.VERIFIED, ended.message


async def test_a_statement_that_takes_too_long_under_its_lock_is_stopped(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    await database.execute(
        "create function slow() returns event_trigger language plpgsql as 'begin perform pg_sleep(5); end';"
        "create event trigger slow on ddl_command_end when tag in ('ALTER TABLE') execute function slow()"
    )
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ck", "restrict")
    assert (ended.outcome, ended.exit_code, ended.steps_done) == (RunOutcome.ROLLED_BACK, 4, ())
    assert "Nothing was changed" in ended.next_step


async def test_two_at_once_do_not_get_in_each_others_way(busy: TestDatabase, tmp_path: Path) -> None:
    async with workbench(busy, tmp_path) as one, workbench(busy, tmp_path / "other") as other:
        first, second = await one.plan("ck", "restrict"), await other.plan("ck", "restrict")
        ends = await asyncio.gather(
            one.carry_out(first, look_first=False), other.carry_out(second, look_first=False)
        )
    outcomes = sorted(ended.outcome for ended in ends)
    assert outcomes in (["rolled-back", "verified"], ["failed", "verified"]), [ended.message for ended in ends]
    assert await busy.value("select count(*) from pg_constraint where contype = 'f' and convalidated") == 1


async def test_another_one_at_work_is_seen_before_anything_starts(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA)
    await database.execute(
        "begin; select pg_advisory_xact_lock(hashtextextended('fkdash', 'children'::regclass::oid::int8))"
    )
    async with workbench(database, tmp_path) as bench:
        lines = await bench.preflight(await bench.plan("ck", "restrict"))
    assert ["another fkdash" in line.what for line in lines if line.standing is Standing.STOP] == [True]


_BETWEEN = {
    "altered": ("alter table children alter constraint ck deferrable", 1),
    "dropped": ("alter table children drop constraint ck", 5),
    "table dropped": ("drop table children", 5),
    "not owner any more": ("alter table children owner to postgres", 5),
}


@pytest.mark.parametrize("what", _BETWEEN)
async def test_what_somebody_does_between_two_steps_is_noticed(
    database: TestDatabase, tmp_path: Path, what: str
) -> None:
    await database.execute(SCHEMA)
    role = f"owner_{database.name}"
    await database.execute(
        f"create role {role} login; alter table children owner to {role}; grant references, select on parents to {role}"
    )
    statement, code = _BETWEEN[what]
    try:
        async with gated(database, tmp_path, role=role) as (way, bench):
            chosen = await bench.plan("ck", "restrict")

            async def meddle() -> bool:
                await database.execute(statement)
                return True

            way.arm(Moment(b"ISOLATION LEVEL READ COMMITTED", 3), meddle)
            ended = await carry_out(bench, chosen)
        assert way.happened
        assert ended.outcome is RunOutcome.FAILED, ended.message
        assert ended.exit_code == code, (ended.message, ended.verification)
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")
