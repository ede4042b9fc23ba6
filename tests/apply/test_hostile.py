"""What a server, a role, a session or a file can be like at its worst: said before, or survived."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run
from fkdash.apply.proof.preflight import Standing
from fkdash.apply.run.run import Patience
from fkdash.errors import UsageError
from tests.support.changes import Workbench, good, workbench
from tests.support.program import run, start_afresh
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

_KEY = "select confdeltype::text || convalidated::text from pg_constraint where conname = 'ck'"
_YES = ("--yes", "--confirm", "ck")

TABLES = SCHEMA


async def stops(bench: Workbench, option: str, *words: str) -> list[str]:
    lines = await bench.preflight(await bench.plan("ck", option, words=words))
    return [f"{line.what} - {line.next_step}" for line in lines if line.standing is Standing.STOP]


@asynccontextmanager
async def with_setting(bench: Workbench, setting: str) -> AsyncIterator[Workbench]:
    """Give a bench whose sessions start with a setting of the database."""
    name = bench.database.name
    await bench.database.execute(f"alter database {name} set {setting}")
    try:
        async with workbench(bench.database, bench.folder) as other:
            yield other
    finally:
        await bench.database.execute(f"alter database {name} reset {setting.split('=', maxsplit=1)[0]}")


async def test_an_event_trigger_that_refuses_leaves_everything_as_it_was(bench: Workbench) -> None:
    await bench.database.execute(
        "create function no() returns event_trigger language plpgsql as $$ begin raise 'change freeze until Monday'; end $$;"
        "create event trigger frozen on sql_drop execute function no()"
    )
    ended = await bench.apply("ck", "restrict")
    assert (ended.outcome, ended.exit_code) == (RunOutcome.ROLLED_BACK, 4)
    assert "change freeze until Monday" in ended.message
    assert await bench.database.value(_KEY) == "atrue"


@pytest.mark.minimum_version(17)
async def test_a_limit_on_transactions_does_not_end_a_check_in_the_middle(bench: Workbench) -> None:
    async with with_setting(bench, "transaction_timeout = '3s'") as limited:
        holder = await asyncpg.connect(bench.database.dsn)
        try:
            await holder.execute("set transaction_timeout = 0")
            await holder.execute("begin; lock table children in share update exclusive mode")
            running = asyncio.create_task(limited.apply("ck", "restrict"))
            await holder.execute("select pg_sleep(3.5)")
            await holder.execute("commit")
            ended = await running
        finally:
            await holder.close()
    assert ended.outcome is RunOutcome.VERIFIED, ended.message


async def test_a_commit_is_on_disk_before_it_is_believed_also_where_nobody_else_waits_for_that(
    bench: Workbench,
) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck; drop index if exists children_parent_id_idx;"
        "alter table children add constraint ck foreign key (parent_id) references parents;"
        "create table seen (what text, setting text);"
        "create function watch() returns event_trigger language plpgsql as $$begin"
        " insert into seen values (tg_tag, current_setting('synchronous_commit')); end$$;"
        "create event trigger watch on ddl_command_start when tag in ('ALTER TABLE', 'CREATE INDEX')"
        " execute function watch()"
    )
    async with with_setting(bench, "synchronous_commit = off") as unsafe:
        good(await unsafe.apply("ck", "restrict"))
        good(await unsafe.apply("ck", "create-index"))
    rows = await (await bench.database.connection()).fetch("select what, setting from seen")
    assert {row["what"] for row in rows} == {"ALTER TABLE", "CREATE INDEX"}
    assert {row["setting"] for row in rows} == {"local"}


async def test_a_session_that_checks_no_foreign_key_is_stopped_at(bench: Workbench) -> None:
    async with with_setting(bench, "session_replication_role = 'replica'") as unchecked:
        assert "session_replication_role is replica" in (await stops(unchecked, "restrict"))[0]


async def test_rules_that_would_rewrite_a_repair_stop_it(bench: Workbench) -> None:
    await bench.database.execute("create rule away as on delete to children do instead nothing")
    assert "rules rewrite what is written" in (await stops(bench, "delete-orphans"))[0]
    assert await stops(bench, "restrict") == []


async def test_a_trigger_that_swallows_a_repair_leaves_the_key_unproven_and_says_so(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children disable trigger all; insert into children (parent_id) values (7777);"
        "alter table children enable trigger all; alter table children drop constraint ck;"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid;"
        # What seems to reach out of the database is not tried before it is run.
        "create function keep() returns trigger language plpgsql as 'begin /* dblink */ return null; end';"
        "create trigger stays before delete on children for each row execute function keep()"
    )
    ended = await bench.apply("ck", "delete-orphans")
    assert (ended.outcome, ended.exit_code) == (RunOutcome.FAILED, 5)
    assert "rolled back" in ended.message
    assert "trigger stays of public.children" in ended.message
    assert await bench.database.value("select count(*) from children where parent_id = 7777") == 1
    assert await bench.database.value(_KEY) == "afalse"


async def test_a_twin_that_checks_the_same_rows_takes_the_way_back_away_and_it_is_said(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck;"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid;"
        "alter table children add constraint twin foreign key (parent_id) references parents not valid"
    )
    chosen = await bench.plan("ck", "delete-orphans")
    assert "another key checks the same columns" in chosen.undo_condition
    assert chosen.undo == ()


async def test_a_repair_of_a_table_that_refers_to_itself_comes_back_too(bench: Workbench) -> None:
    await bench.database.execute(
        "create table tree (id int primary key, up int); insert into tree values (1, null), (2, 1), (3, 99), (4, 3);"
        "alter table tree add constraint uk foreign key (up) references tree not valid"
    )
    rows = "select array_agg(id || '<' || coalesce(up::text, '') order by id) from tree"
    before = await bench.database.value(rows)
    ended = await bench.apply("uk", "reparent-orphans", words=["1"])
    assert ended.outcome is RunOutcome.VERIFIED, (ended.message, ended.verification)
    assert await bench.database.value(rows) == ["1<", "2<1", "3<1", "4<3"]
    assert (await bench.undo(ended)).outcome is RunOutcome.VERIFIED
    assert await bench.database.value(rows) == before


async def test_a_journal_that_others_could_have_written_is_not_carried_out(bench: Workbench) -> None:
    ended = await bench.apply("ck", "restrict")
    ended.journal.chmod(0o666)
    with pytest.raises(UsageError, match="others may write it"):
        recorded_run(ended.journal)
    ended.journal.chmod(0o600)
    recorded_run(ended.journal)
    if os.geteuid() == 0:
        os.chown(ended.journal, 65534, 65534)
        with pytest.raises(UsageError, match="belongs to somebody else"):
            recorded_run(ended.journal)


@pytest.mark.newest_version
@pytest.mark.parametrize("environment", ["Production", "prod", "PRD"])
async def test_a_production_profile_wants_the_databases_name_also_from_a_script(
    database: TestDatabase, tmp_path: Path, environment: str
) -> None:
    await database.execute(SCHEMA)
    (tmp_path / "fkdash").mkdir()
    (tmp_path / "fkdash" / "config.toml").write_text(
        f'[profiles.prod]\ndsn = "{database.dsn}"\nenvironment = "{environment}"\n', encoding="utf-8"
    )
    command = ("fix", "apply", "ck", "--profile", "prod", "--option", "restrict", *_YES)
    for extra in ((), ("--confirm-database", "ck"), ("--confirm-database", database.name.upper())):
        refused = await run(*command, *extra, state=tmp_path)
        assert (refused.code, "--confirm-database" in refused.err) == (2, True), refused
        assert await database.value(_KEY) == "atrue"
    applied = await run(*command, "--confirm-database", database.name, state=tmp_path)
    assert applied.code == 0, applied.err


@pytest.mark.newest_version
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
async def test_a_run_goes_on_and_says_how_it_ended_by_its_exit_code_when_nobody_reads(
    database: TestDatabase, tmp_path: Path, closed: str
) -> None:
    await database.execute(SCHEMA)
    process = await start_afresh("fix", "apply", "ck", database.dsn, "--option", "restrict", *_YES, state=tmp_path)
    stream = process.stdout if closed == "stdout" else process.stderr
    assert stream is not None
    stream._transport.close()  # type: ignore[attr-defined]
    out, err = await process.communicate()
    assert process.returncode == 0, (out, err)
    assert await database.value(_KEY) == "rtrue"


@asynccontextmanager
async def asked(database: TestDatabase, state: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Give an apply that waits for the typed name, and the terminal's end at which to type."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fkdash", "fix", "apply", "ck", database.dsn, "--option", "restrict",
        stdin=theirs, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        await process.stderr.readuntil(b"to go on")
        yield process, ours
    finally:
        os.close(ours)
        os.close(theirs)
        with suppress(ProcessLookupError):
            process.kill()


@pytest.mark.newest_version
async def test_an_interrupt_at_the_confirmation_ends_it_at_once(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA)
    async with asked(database, tmp_path) as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert (process.returncode, b"nothing was changed" in err, b"Traceback" in err) == (4, True, False), err
    assert await database.value(_KEY) == "atrue"


@pytest.mark.newest_version
async def test_a_server_that_ends_idle_sessions_does_not_mind_an_operator_who_thinks_it_over(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with asked(database, tmp_path) as (process, terminal):
        # What idle_session_timeout does to every session of the program.
        await database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        os.write(terminal, b"ck\n")
        out, err = await process.communicate()
        assert process.returncode == 0, (out, err)
    assert await database.value(_KEY) == "rtrue"


@pytest.mark.newest_version
async def test_autovacuum_that_prevents_wraparound_is_named_and_not_disturbed(bench: Workbench) -> None:
    database = bench.database
    await database.execute(
        "alter table children set (autovacuum_enabled = false, autovacuum_freeze_max_age = 100000, autovacuum_vacuum_cost_delay = 100, "
        "autovacuum_vacuum_cost_limit = 1)"
    )
    await database.execute("alter system set autovacuum_naptime = '1s'")
    await database.execute("select pg_reload_conf()")
    try:
        await database.execute(
            "insert into children (parent_id) select 1 + g % 50 from generate_series(1, 200000) g"
        )
        await database.execute("set synchronous_commit = off")
        await database.execute(
            "do $$ begin for i in 1..110000 loop perform pg_current_xact_id(); commit; end loop; end $$"
        )
        at_work = (
            "select pid from pg_stat_activity where query like 'autovacuum: %.children (to prevent wraparound)'"
        )
        async with asyncio.timeout(60):
            while (worker := await database.value(at_work)) is None:
                await database.execute("select pg_sleep(0.2)")
        lines = await bench.preflight(await bench.plan("ck", "restrict"))
        assert any("children to prevent wraparound, and does not give way" in line.what for line in lines)
        bench.patience = Patience(1, 0.01, 0.01)
        ended = await bench.apply("ck", "restrict")
        assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
        assert await database.value(at_work) == worker
    finally:
        await database.execute("alter system reset autovacuum_naptime")
        await database.execute("select pg_reload_conf()")
        # It would go on for minutes.
        await database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%to prevent wraparound)'"
        )


@pytest.mark.newest_version
async def test_yes_alone_confirms_nothing(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA)
    for arguments in (
        ("--yes",),
        ("--yes", "--confirm", "CK"),
        ("--yes", "--confirm", "public.children.ck"),
        ("--confirm", "ck"),
    ):
        refused = await run("fix", "apply", "ck", database.dsn, "--option", "restrict", *arguments, state=tmp_path)
        assert refused.code == 2, (arguments, refused)
    assert await database.value(_KEY) == "atrue"
    assert list((tmp_path / "fkdash" / "runs").glob("*.jsonl")) == []


@pytest.mark.newest_version
async def test_a_carried_plan_brings_no_sql_of_its_own(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA + "create table witness (n int);")
    made = await run("fix", "plan", "ck", database.dsn, "--option", "restrict", "--format", "json", state=tmp_path)
    plan = json.loads(made.out)
    evil = "insert into witness values (1)"
    for step in (*plan["steps"], *plan["undo_steps"]):
        step["done_when"], step["undo"], step["cleanup"], step["leftover"] = evil, evil, evil, evil
        step["lock_timeout_ms"] = 60_000
    plan["undo_steps"][0]["sql"], plan["checks"] = evil, [["x", evil]]
    plan["kept"] = {"table": ["public", "witness"], "count": evil}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    applied = await run(
        "fix", "apply", database.dsn, "--plan", str(file), *_YES, "--format", "json", state=tmp_path
    )
    assert applied.code == 0, applied.err
    undone = await run("fix", "undo", json.loads(applied.out)["journal"], database.dsn, *_YES, state=tmp_path)
    assert undone.code == 0, undone.err
    assert await database.value("select count(*) from witness") == 0
    plan["steps"][0]["sql"] = "drop table children"
    file.write_text(json.dumps(plan))
    refused = await run("fix", "apply", database.dsn, "--plan", str(file), *_YES, state=tmp_path)
    assert (refused.code, "edited into something else" in refused.err) == (2, True), refused
