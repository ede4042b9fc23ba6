"""What others do while a run goes on is never overwritten, and what is gone afterwards is never claimed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fkdash.apply.change import Change, carry_out, look, wanted
from fkdash.apply.events import Event, RunOutcome, StepDone, StepProgress, StepWaits
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan, what_is_true
from fkdash.apply.run.patience import Wishes
from fkdash.apply.run.run import Patience
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.fix.plan import Pace
from tests.support.changes import Workbench, workbench
from tests.support.failover import FailingServer, failing_server
from tests.support.gate import gate
from tests.support.patience import LONG_ENOUGH
from tests.support.program import run
from tests.support.servers import TestDatabase, TestServer, versions_under_test
from tests.support.traffic import SCHEMA

pytestmark = pytest.mark.newest_version

_BY_A_COLLEAGUE = {
    "another action": "alter table children drop constraint ck, add constraint ck foreign key (parent_id) "
    "references parents on delete cascade",
    "another table": "create table others as table parents; alter table others add primary key (id); alter table "
    "children drop constraint ck, add constraint ck foreign key (parent_id) references others (id)",
    "another column": "alter table children drop constraint ck, add column other int references parents, "
    "add constraint ck foreign key (other) references parents (id)",
    "gone": "alter table children drop constraint ck",
}
_DECLARED = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'ck'"


class _When(list[Event]):
    """Events that call `then` once, at the first of a kind."""

    def __init__(self, kind: type[Event], then: object) -> None:
        super().__init__()
        self._kind, self._then, self.happened = kind, then, asyncio.Event()

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, self._kind) and not self.happened.is_set():
            self.happened.set()
            assert callable(self._then)
            self._then(event)


@pytest.mark.parametrize("change", _BY_A_COLLEAGUE)
async def test_a_change_that_a_colleague_makes_between_two_tries_is_kept_and_shown(
    database: TestDatabase, tmp_path: Path, change: str
) -> None:
    await database.execute(SCHEMA)
    await database.execute("begin; lock table children in access share mode")
    async with workbench(database, tmp_path) as bench:
        bench.patience = Patience(20, 0.3, 0.3)
        waiting = _When(StepWaits, lambda _: None)
        bench.events = waiting
        running = asyncio.create_task(bench.apply("ck", "restrict"))
        await waiting.happened.wait()
        # He had the lock, and changes it in the pause.
        await database.execute(_BY_A_COLLEAGUE[change] + "; commit")
        declared = await database.value(_DECLARED)
        ended = await running
    assert (ended.outcome, ended.exit_code, ended.steps_done) == (RunOutcome.STOPPED, 1, ())
    assert "Nothing was changed" in ended.next_step
    assert await database.value(_DECLARED) == declared
    assert "planned for" in ended.message, ended.message


_AWAY = {
    "renamed": "alter table children rename to kids",
    "in another schema": "create schema elsewhere; alter table children set schema elsewhere",
    "dropped": "drop table children",
}


@pytest.mark.parametrize("change", [*_AWAY, "triggers off", "triggers off at the other table"])
async def test_a_table_that_went_away_or_had_the_keys_triggers_switched_off_since_the_plan_is_said_to(
    database: TestDatabase, tmp_path: Path, change: str
) -> None:
    await database.execute(SCHEMA)
    table = "parents" if change.endswith("other table") else "children"
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ck", "restrict")
        await database.execute(_AWAY.get(change, f"alter table {table} disable trigger all"))
        ended = await bench.carry_out(chosen, look_first=False)
    assert (ended.steps_done, ended.exit_code in {1, 4}) == ((), True)
    assert "Nothing was changed" in ended.next_step
    if change in _AWAY:
        assert "children is not there any more" in ended.message
        return
    assert "switched off triggers" in ended.message
    off = "select count(*) from pg_trigger where tgenabled = 'D' and tgconstraint <> 0"
    assert await database.value(off) == 2


async def test_a_key_that_changed_while_its_successor_was_built_is_not_replaced_and_going_back_removes_that_only(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ck", "restrict", keep_validated=True)
        holding: list[asyncio.Task[str]] = []

        def meddle(_: Event) -> None:
            holding.append(
                asyncio.ensure_future(database.execute("alter table children alter constraint ck deferrable"))
            )

        bench.events = _When(StepDone, meddle)
        ended = await bench.carry_out(chosen)
        await asyncio.gather(*holding)
        assert (ended.outcome, ended.exit_code) == (RunOutcome.FAILED, 5), ended.message
        assert "changed while its successor was built" in ended.message
        back = await bench.undo(ended)
        assert back.outcome is RunOutcome.VERIFIED, back.message
    assert "DEFERRABLE" in await database.value(_DECLARED)
    assert await database.value("select count(*) from pg_constraint where contype = 'f'") == 1


async def test_what_a_setting_changes_of_texts_changes_nothing_of_a_plan_or_its_undo(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA.replace("parent_id int not null", "parent_id int not null default 7"))
    plain = await run("fix", "plan", "ck", "--option", "cascade", "--format", "json", database.dsn, state=tmp_path)
    for setting in ("quote_all_identifiers = on", "search_path = 'elsewhere'", "datestyle = 'SQL, DMY'"):
        await database.execute(f"alter database {database.name} set {setting}")
    there = await run("fix", "plan", "ck", "--option", "cascade", "--format", "json", database.dsn, state=tmp_path)
    assert json.loads(there.out)["fingerprint"] == json.loads(plain.out)["fingerprint"]
    carried = tmp_path / "plan.json"
    carried.write_text(plain.out)
    applied = await run(
        "fix",
        "apply",
        "--plan",
        str(carried),
        "--yes",
        "--confirm",
        "ck",
        "--format",
        "json",
        database.dsn,
        state=tmp_path,
    )
    assert applied.code == 0, applied.err
    journal = json.loads(applied.out)["journal"]
    await database.execute(f"alter database {database.name} reset quote_all_identifiers")
    undone = await run("fix", "undo", journal, "--yes", "--confirm", "ck", database.dsn, state=tmp_path)
    assert undone.code == 0, undone.err


async def _failed_over_after(server: FailingServer, folder: Path, step: int) -> tuple[Workbench, object]:
    """Apply a change over a server that a backup replaces, taken after a step, once every step is committed."""
    database = TestDatabase(TestServer(server.major, server.dsn("postgres")), "postgres")
    await database.execute("drop table if exists children, parents cascade;" + SCHEMA)
    await database.close()
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=server.dsn("postgres")), {}))
    bench = Workbench(database, pool, folder)
    chosen = await bench.plan("ck", "restrict")

    def heard(event: Event) -> None:
        if isinstance(event, StepDone) and event.step.number == step:
            server.stand_by()
        if isinstance(event, StepDone) and event.step.number == len(chosen.steps):
            server.fail_over()
            server.promote()

    change = Change(pool, bench.catalog, chosen, folder=folder, settling_seconds=0.3)
    looked = await look(change)
    return bench, await carry_out(change, looked, wanted(change), heard, Wishes())


async def test_after_a_failover_resume_and_undo_believe_the_catalog_and_say_which_step_is_missing(
    tmp_path: Path,
) -> None:
    with failing_server(max(versions_under_test())) as server:
        # The step that lets no row be unchecked is lost, and then all of it: each once.
        _, lost = await _failed_over_after(server, tmp_path, 2)
        recorded = recorded_run(lost.journal)  # type: ignore[attr-defined]
        assert recorded.outcome != RunOutcome.VERIFIED
        database = TestDatabase(TestServer(server.major, server.dsn("postgres")), "postgres")
        async with workbench(database, tmp_path) as bench:
            async with bench.pool.session() as session:
                said = await what_is_true(session, bench.catalog, recorded.plan, journaled=(1, 2, 3))
                rest = await remaining(session, bench.catalog, recorded.plan)
            assert "Step 3 was committed, but not in effect" in said
            assert [step.number for step in rest.steps] == [3]
            assert (await bench.carry_out(rest, continues=recorded.path)).outcome is RunOutcome.VERIFIED
            back = undo_plan(await bench.look(), recorded.plan)
            assert (await bench.carry_out(back, continues=recorded.path)).outcome is RunOutcome.VERIFIED
            assert await database.value("select confdeltype::text from pg_constraint where conname = 'ck'") == "a"
        await database.close()


_SLOWLY = """
create function take_time() returns event_trigger language plpgsql as 'begin perform pg_sleep(0.7); end';
create event trigger slow on ddl_command_start when tag in ('ALTER TABLE') execute function take_time();
"""
_OTHERS = "select pg_advisory_lock(hashtextextended('fkdash', 'children'::regclass::oid::int8))"
_TAKEN = "select exists (select from pg_locks where locktype = 'advisory' and granted)"


async def test_another_run_on_the_table_between_two_steps_is_waited_for(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA + _SLOWLY)
    async with workbench(database, tmp_path) as bench:
        bench.patience = Patience(1000, 0.02, 0.05)
        chosen = await bench.plan("ck", "cascade")
        running = asyncio.create_task(bench.carry_out(chosen))
        async with asyncio.timeout(LONG_ENOUGH):
            while not (await database.value(_TAKEN) and bench.events):
                assert not running.done(), running.result()
            # It gets the lock the moment that the first step is committed.
            await database.execute(_OTHERS)
            while not any(isinstance(each, StepWaits) for each in bench.events):
                assert not running.done(), running.result()
                await asyncio.sleep(0)
        done = [each.step.number for each in bench.events if isinstance(each, StepDone)]
        assert done == [each.number for each in chosen.steps][:-1]
        await database.execute(_OTHERS.replace("lock(", "unlock("))
        ended = await running
        assert ended.outcome is RunOutcome.VERIFIED, ended.message


async def test_rows_changed_on_a_server_that_another_took_over_from_are_not_claimed(tmp_path: Path) -> None:
    with failing_server(max(versions_under_test())) as server, TemporaryDirectory(prefix="fk-") as short:
        first = TestDatabase(TestServer(server.major, server.dsn("postgres")), "postgres")
        await first.execute(
            SCHEMA + "alter table children drop constraint ck; update children set parent_id = -parent_id;"
            "alter table children add constraint ck foreign key (parent_id) references parents not valid"
        )
        batches = 0
        async with gate(first, Path(short)) as way, workbench(first, tmp_path, dsn=way.dsn) as bench:
            await first.close()
            chosen = await bench.plan("ck", "delete-orphans", pace=Pace(batch_rows=100, pause_ms=0))

            def heard(event: Event) -> None:
                nonlocal batches
                batches += isinstance(event, StepProgress)
                if isinstance(event, StepProgress) and batches == 1:
                    server.stand_by()
                elif isinstance(event, StepProgress) and batches == 3:
                    server.fail_over()
                    server.promote()
                    way.server_socket = server.socket

            change = Change(bench.pool, bench.catalog, chosen, folder=tmp_path)
            ended = await carry_out(change, await look(change), wanted(change), heard, Wishes())
        assert ended.outcome is RunOutcome.FAILED
        assert "What of it took effect could not be found out." in ended.message
        assert "rows are changed" not in ended.message
        second = TestDatabase(TestServer(server.major, server.dsn("postgres")), "postgres")
        async with workbench(second, tmp_path) as again:
            # Two of the three batches are not there, and the rest of the run does them again.
            assert await second.value("select count(*) from children") == 900
            plan = recorded_run(ended.journal).plan
            async with again.pool.session() as session:
                rest = await remaining(session, again.catalog, plan)
            over = await again.carry_out(rest, continues=ended.journal)
            assert over.outcome is RunOutcome.VERIFIED, (over.message, over.verification)
            back = undo_plan(await again.look(), plan)
            assert (await again.carry_out(back, continues=ended.journal)).outcome is RunOutcome.VERIFIED
            assert await second.value("select count(*) from children where parent_id < 0") == 1000
        await second.close()
