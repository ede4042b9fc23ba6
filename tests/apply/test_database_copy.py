"""A copy of the journal in the database: only where asked for, as true as the steps, and enough on another machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.changes import owner_of
from tests.support.program import Ended, run
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

_YES = ("--yes", "--confirm", "ck")
_DECLARED = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'ck'"
_COPY = ("--journal-in-database", "ops")


async def apply(database: TestDatabase, state: Path, *more: str, dsn: str = "") -> Ended:
    return await run(
        "fix",
        "apply",
        "ck",
        dsn or database.dsn,
        "--option",
        "restrict",
        *_YES,
        "--format",
        "json",
        *more,
        state=state,
    )


@pytest.mark.newest_version
async def test_nothing_of_the_journal_is_in_the_database_unless_it_is_asked_for(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA + "create schema ops;")
    assert (await apply(database, tmp_path)).code == 0
    assert await database.value("select count(*) from pg_class where relname like 'fkdash%'") == 0


async def test_a_run_is_listed_and_undone_from_another_machine(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA + "create schema ops;")
    before = await database.value(_DECLARED)
    applied = await apply(database, tmp_path / "here", *_COPY, "--reason", "INC-42")
    assert applied.code == 0, applied.err
    name = Path(json.loads(applied.out)["journal"]).stem
    events = "select array_agg(event order by line) from ops.fkdash_journal"
    assert await database.value(events) == ["plan", "step-done", "step-done", "step-done", "ended"]
    elsewhere = tmp_path / "elsewhere"
    listed = await run("fix", "history", database.dsn, *_COPY, state=elsewhere)
    assert "verified" in listed.out
    assert name in listed.out
    undone = await run("fix", "undo", name, database.dsn, *_COPY, *_YES, state=elsewhere)
    assert undone.code == 0, undone.err
    assert await database.value(_DECLARED) == before
    assert await database.value("select count(distinct run) from ops.fkdash_journal") == 2
    assert await database.value("select count(*) from ops.fkdash_journal where facts->>'reason' = 'INC-42'") == 1


@pytest.mark.newest_version
async def test_the_copy_says_what_it_lacks_and_nothing_is_changed_without_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    role = f"plain_{database.name}"
    async with owner_of(database, "children", "parents") as dsn:
        before = await database.value(_DECLARED)
        for prepare, reason, code in (
            ("select 1", "There is no schema ops", 2),
            ("create schema ops", "no USAGE on the schema ops", 3),
            (f"grant usage on schema ops to {role}", "no CREATE on the schema ops", 3),
            (
                "create table ops.fkdash_journal (line bigint generated always as identity primary key, run text, event text, at timestamptz default now(), role name default session_user, facts jsonb)",
                "belongs to postgres",
                3,
            ),
        ):
            await database.execute(prepare)
            refused = await apply(database, tmp_path, *_COPY, dsn=dsn)
            assert reason in refused.err + refused.out
            assert "Traceback" not in refused.err
            assert await database.value(_DECLARED) == before
            assert refused.code in {code, 4}, (reason, refused)
        await database.execute(f"drop table ops.fkdash_journal; grant create on schema ops to {role}")
        applied = await apply(database, tmp_path, *_COPY, dsn=dsn)
        assert applied.code == 0, applied.err


@pytest.mark.newest_version
async def test_what_others_could_have_written_is_not_carried_out(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA + "create schema ops;")
    applied = await apply(database, tmp_path / "here", *_COPY)
    name = Path(json.loads(applied.out)["journal"]).stem
    async with owner_of(database) as dsn:
        role = dsn.partition("//")[2].partition("@")[0]
        for rights, who in (("insert", "public"), ("update (facts)", "public"), ("insert", role)):
            await database.execute(f"grant {rights} on ops.fkdash_journal to {who}")
            undone = await run("fix", "undo", name, database.dsn, *_COPY, *_YES, state=tmp_path / "elsewhere")
            said = f'{"Everybody" if who == "public" else role} may write "ops"."fkdash_journal"'
            assert (undone.code, said in undone.err) == (3, True), undone
            await database.execute(f"revoke {rights} on ops.fkdash_journal from {who}")


@pytest.mark.newest_version
async def test_default_privileges_let_nobody_else_into_the_journal(database: TestDatabase, tmp_path: Path) -> None:
    async with owner_of(database) as dsn:
        role = dsn.partition("//")[2].partition("@")[0]
        await database.execute(f"alter default privileges grant all on tables to {role}, public")
        await database.execute(SCHEMA + "create schema ops;")
        applied = await apply(database, tmp_path / "here", *_COPY)
        assert (
            await database.value("select relacl::text from pg_class where relname = 'fkdash_journal'")
            == "{postgres=arwdDxtm/postgres}"
        )
        name = Path(json.loads(applied.out)["journal"]).stem
        undone = await run("fix", "undo", name, database.dsn, *_COPY, *_YES, state=tmp_path / "elsewhere")
        assert undone.code == 0, undone


_TABLE = (
    "create table ops.fkdash_journal (line bigint generated always as identity primary key, run text not null, "
    "event text not null, at timestamptz not null default clock_timestamp(), role name not null default session_user, "
    "facts jsonb not null);"
)
_BOOM = (
    "create function ops.boom() returns trigger language plpgsql as 'begin create table public.owned (); return new; end';"
    "create function ops.boom(jsonb) returns bool language plpgsql as "
    "'begin execute ''create table if not exists public.owned ()''; return true; end';"
)
_PLANTED = {
    "a trigger": "create trigger up before insert on ops.fkdash_journal for each row execute function ops.boom()",
    "a rule": "create rule up as on insert to ops.fkdash_journal do also select 1",
    "row security": "create policy up on ops.fkdash_journal with check (ops.boom(facts))",
    "a constraint": "alter table ops.fkdash_journal add check (ops.boom(facts))",
    "other columns": "alter table ops.fkdash_journal add x bool default ops.boom('{{}}')",
    "somebody else's": "alter table ops.fkdash_journal owner to {role}",
}


@pytest.mark.newest_version
@pytest.mark.parametrize("what", _PLANTED)
async def test_a_table_that_somebody_prepared_is_not_written_into(
    database: TestDatabase, tmp_path: Path, what: str
) -> None:
    await database.execute(SCHEMA + "create schema ops;" + _TABLE + _BOOM)
    before = await database.value(_DECLARED)
    async with owner_of(database) as dsn:
        role = dsn.partition("//")[2].partition("@")[0]
        await database.execute(_PLANTED[what].format(role=role))
        refused = await apply(database, tmp_path, *_COPY)
    assert "not written into" in refused.err + refused.out, refused
    assert (refused.code, await database.value(_DECLARED)) == (3, before)
    assert await database.value("select to_regclass('public.owned')") is None


@pytest.mark.newest_version
async def test_nothing_is_written_into_a_schema_whose_owner_could_put_another_table_there(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA + "create schema ops;")
    before = await database.value(_DECLARED)
    async with owner_of(database) as dsn:
        role = dsn.partition("//")[2].partition("@")[0]
        for prepared in ("", _TABLE):
            await database.execute(f"{prepared} alter schema ops owner to {role}")
            refused = await apply(database, tmp_path, *_COPY)
            assert f"it belongs to {role}" in refused.err + refused.out, refused
            assert (refused.code, await database.value(_DECLARED)) == (3, before)
        await database.execute("alter schema ops owner to postgres")


@pytest.mark.newest_version
async def test_a_default_of_the_table_is_not_evaluated(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA + "create schema ops;" + _TABLE + _BOOM)
    await database.execute("alter table ops.fkdash_journal alter role set default (ops.boom('{}')::text::name)")
    assert (await apply(database, tmp_path, *_COPY)).code == 0
    assert await database.value("select to_regclass('public.owned')") is None
