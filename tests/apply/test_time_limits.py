"""A step that should take milliseconds and meets its time limit: a server that stood still gets another chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome, StepWaits
from fkdash.apply.run.patience import Patience
from fkdash.errors import FkdashError, LockTimedOutError, ServerRefusedError, TimedOutError
from fkdash.fix.plan import BACKSTOP_MS, SHORT_LOCK_MS, Step
from fkdash.sqlstates import CHECK_VIOLATION, DEADLOCK_DETECTED
from fkdash.versions import TRANSACTION_TIMEOUT
from tests.support.changes import Workbench, good, owner_of, workbench
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null,
  constraint ck foreign key (parent_id) references parents on delete set null);
insert into parents values (1), (2);
insert into children values (1, 1);
"""
_STANDING_STILL = """
create sequence tries;
create function stand_still() returns event_trigger language plpgsql as $$
begin
  if nextval('tries') <= {times} then perform pg_sleep(30); end if;
end $$;
create event trigger slow on ddl_command_start when tag in ('ALTER TABLE') execute function stand_still();
"""
_LIMIT = BACKSTOP_MS / 1000
_FOR_THE_APPLICATION = {
    "statement_timeout": "1ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "exit_on_error": "on",
}


async def test_a_step_for_which_the_server_stood_still_is_tried_again_and_said_to_be(bench: Workbench) -> None:
    chosen = await bench.plan("ck", "no-action")
    await bench.database.execute(_STANDING_STILL.format(times=2))
    good(await bench.carry_out(chosen))
    waits = [event for event in bench.events if isinstance(event, StepWaits)]
    assert [event.what for event in waits] == ["not done in its time on try 1", "not done in its time on try 2"]


async def test_one_that_never_gets_done_is_given_up_after_a_few_tries_with_nothing_changed(
    bench: Workbench,
) -> None:
    chosen = await bench.plan("ck", "no-action")
    await bench.database.execute(_STANDING_STILL.format(times=100))
    ended = await bench.carry_out(chosen)
    assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
    assert "time limit" in ended.message
    assert await bench.database.value("select last_value from tries") == 3
    assert await bench.database.value("select confdeltype from pg_constraint where conname = 'ck'") == b"n"


@pytest.mark.parametrize(
    ("error", "attempt", "seconds", "again"),
    [
        (LockTimedOutError("held"), 19, 0.2, True),
        (LockTimedOutError("held"), 20, 0.2, False),
        (TimedOutError("slow"), 2, _LIMIT, True),
        (TimedOutError("slow"), 3, _LIMIT, False),
        (TimedOutError("somebody cancelled it"), 1, _LIMIT / 2, False),
        (ServerRefusedError("deadlock", sqlstate=DEADLOCK_DETECTED), 1, 1.0, True),
        (ServerRefusedError("check", sqlstate=CHECK_VIOLATION), 1, 1.0, False),
    ],
)
def test_only_what_another_try_may_change_is_tried_again(
    error: FkdashError, attempt: int, seconds: float, again: bool
) -> None:
    step = Step(
        number=1,
        title="swap",
        sql="",
        transaction=1,
        locks=(),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when="true",
    )
    assert Patience().tries_after(error, [step], attempt, seconds) is again


@pytest.mark.parametrize("option", ["no-action", "create-index", "drop-not-null"])
async def test_what_a_role_has_set_for_the_application_ends_no_run_and_no_probe(
    database: TestDatabase, tmp_path: Path, option: str
) -> None:
    await database.execute(TABLES)
    settings = dict(_FOR_THE_APPLICATION)
    if database.version >= TRANSACTION_TIMEOUT:
        settings["transaction_timeout"] = "300ms"
    async with owner_of(database, "parents", "children") as dsn:
        await database.execute("grant create on schema public to public")
        role = await database.value("select tableowner from pg_tables where tablename = 'parents'")
        for name, value in settings.items():
            await database.execute(f"alter role {role} set {name} = '{value}'")
        async with workbench(database, tmp_path, dsn=dsn) as bench:
            ended = await bench.apply("ck", option)
            good(ended)
            if option != "drop-not-null":
                assert any(each.ok and "refused with 23503" in each.detail for each in ended.verification)
            good(await bench.undo(ended))
