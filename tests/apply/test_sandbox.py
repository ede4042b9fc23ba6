"""Rehearsals, probes and checks run what other roles planted with the table owner's rights, never with our own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.proof.delete_rehearsal import DeleteRehearsal, rehearse_delete
from fkdash.apply.proof.probes import probe
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.apply.proof.verified import Verified
from fkdash.apply.sandbox import sandbox
from fkdash.catalog.table_name import TableName
from fkdash.db.writing import open_writer
from fkdash.preview.model import DeleteTarget, Effect, Preview, Verdict
from tests.support.changes import Workbench, good, workbench
from tests.support.program import run
from tests.support.servers import TestDatabase

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int,
  constraint ck foreign key (parent_id) references parents on delete cascade deferrable initially deferred);
create table grandchildren (id int primary key, child_id int references children on delete cascade);
insert into parents select generate_series(1, 20);
insert into children select g, 1 + g % 10 from generate_series(1, 100) g;
insert into grandchildren select g, g from generate_series(1, 50) g;
"""
# That it ran, and whether a way to a superuser's rights was found: sequences outlive every rollback.
_EVIL = """
create schema evil;
grant usage on schema evil to public;
create sequence evil.ran;
create sequence evil.ran_as_superuser;
create function evil.attack(tag text) returns text language plpgsql volatile as $$
begin
  perform pg_catalog.nextval('evil.ran');
  begin perform pg_catalog.set_config('role', 'none', true); exception when others then null; end;
  begin execute 'reset role'; exception when others then null; end;
  begin execute 'set local session authorization default'; exception when others then null; end;
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    perform pg_catalog.nextval('evil.ran_as_superuser');
  end if;
  return tag;
end $$;
create function evil.imm(tag text) returns int language plpgsql immutable as $$ begin perform evil.attack(tag); return 1; end $$;
create function evil.fire() returns trigger language plpgsql as $$ begin
  perform evil.attack(tg_name);
  {more}
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
"""


@dataclass
class Scene:
    """A database of mallory's, who planted something."""

    database: TestDatabase
    bench: Workbench
    mallory: str

    async def ran(self) -> bool:
        """Say whether the planted code ran at all: else nothing was tested."""
        return bool(await self.database.value("select is_called from evil.ran"))

    async def ran_as_superuser(self) -> bool:
        """Say whether it ran with a superuser's rights, or came by them."""
        return bool(await self.database.value("select is_called from evil.ran_as_superuser"))


@asynccontextmanager
async def planted(
    database: TestDatabase, folder: Path, attack: str, *, more: str = "", tables: str = _TABLES
) -> AsyncIterator[Scene]:
    mallory = f"mallory_{database.name}"
    await database.execute(f"create role {mallory} login; alter database {database.name} owner to {mallory}")
    await database.execute(f"alter schema public owner to {mallory}")
    evil = _EVIL.replace("{more}", more)
    for statements in (f"set role {mallory}", tables, evil, attack, "reset role"):
        await database.execute(statements)
    try:
        async with workbench(database, folder) as bench:
            yield Scene(database, bench, mallory)
    finally:
        await database.execute(f"alter database {database.name} owner to postgres")
        await database.execute(
            f"reassign owned by {mallory} to postgres; drop owned by {mallory}; drop role {mallory}"
        )


async def probed(scene: Scene) -> tuple[Verified, ...]:
    async with open_writer(scene.bench.pool.target) as writer:
        return await probe(writer, scene.bench.catalog, scene.bench.key("ck"), nullable=False)


async def deleted(scene: Scene, target: DeleteTarget, *, rows: int = 1) -> tuple[DeleteRehearsal, list[str]]:
    predicted = Preview(
        target, Verdict.ALLOWED, exact=True, effects=(Effect(target.table, deleted=rows),), target_rows=rows
    )
    warned: list[str] = []
    async with open_writer(scene.bench.pool.target) as writer:
        return await rehearse_delete(writer, target, predicted, seconds=5, warn=warned.append), warned


PARENT = DeleteTarget(TableName("public", "parents"), keys=({"id": 1},))
_TRIGGERS = {
    "the table": "create trigger planted before delete on parents for each row execute function evil.fire()",
    "the cascaded table, before": "create trigger planted before delete on children for each row execute function evil.fire()",
    "the cascaded table, after": "create trigger planted after delete on children for each row execute function evil.fire()",
    "two steps down": "create trigger planted after delete on grandchildren for each row execute function evil.fire()",
    "deferred": "create constraint trigger planted after delete on children deferrable initially deferred for each row execute function evil.fire()",
    "an index expression": "create index on children ((id + evil.imm('index')))",
    "an index predicate": "create index on children (id) where id > evil.imm('predicate')",
}
_AFTERWARDS = {
    "another function in its place": """
  declare f record; begin
    for f in select p.oid::regprocedure as name, pg_get_function_result(p.oid) as result from pg_proc p where p.proname like 'fkdash%' loop
      execute format('create or replace function %s returns %s language plpgsql security invoker as $f$ begin perform evil.attack(''replaced''); end $f$', f.name, f.result);
    end loop;
  exception when others then null; end;""",
    "a search_path": "perform set_config('search_path', 'evil, pg_catalog', false);",
    "a prepared statement": "begin execute 'prepare planted as select evil.attack(''prepared'')'; exception when others then null; end;",
    "a cursor": "begin execute 'declare planted cursor with hold for select evil.attack(''cursor'')'; exception when others then null; end;",
}


@pytest.mark.parametrize("where", _TRIGGERS)
async def test_what_is_planted_runs_with_the_owners_rights(
    database: TestDatabase, tmp_path: Path, where: str
) -> None:
    async with planted(database, tmp_path, _TRIGGERS[where]) as scene:
        tried = await probed(scene)
        found = (await deleted(scene, PARENT))[0]
        assert await scene.ran()
        assert not await scene.ran_as_superuser()
        assert [each.ok for each in tried] == [True, True, True], tried
        assert {each.role for each in tried} == {scene.mallory}
        if "index" in where:
            # What the planner would run is not even looked at by a superuser, so there is nothing to compare with.
            assert (found.agrees, found.detail.split(",")[0]) == (None, "Not looked at"), found
        else:
            assert (found.agrees, found.role) == (True, scene.mallory), found


@pytest.mark.parametrize("what", _AFTERWARDS)
async def test_what_is_left_behind_is_never_run(database: TestDatabase, tmp_path: Path, what: str) -> None:
    attack = f"{_TRIGGERS['the table']}; create function evil.current_setting(text) returns text language sql as 'select evil.attack(''path'')'"
    async with planted(database, tmp_path, attack, more=_AFTERWARDS[what]) as scene:
        plan = await scene.bench.plan("ck", "restrict")
        async with open_writer(scene.bench.pool.target) as writer:
            rehearsed = await rehearse(writer, scene.bench.catalog, plan)
        tried = await probed(scene)
        await deleted(scene, PARENT)
        assert await scene.ran()
        assert not await scene.ran_as_superuser()
        assert rehearsed.delete is not None
        assert rehearsed.delete.role == scene.mallory
        assert all(each.ok is not False for each in tried), tried


_CHECKED = {
    "an index of the referencing table": "create index on children ((id + evil.imm('index')))",
    "an index of the referenced table": "create index on parents ((id + evil.imm('index')))",
}
_TABLE_WITH_TRIGGER = """create table evil.later (n int);
create function evil.again() returns trigger language plpgsql as $$ begin
  perform evil.attack('at commit');
  execute 'set constraints all deferred';
  if new.n < 5 then insert into evil.later values (new.n + 1); end if;
  return null;
end $$;
create constraint trigger again after insert on evil.later deferrable initially deferred for each row execute function evil.again();
"""
_AT_COMMIT = {
    "a held cursor": "execute 'declare planted cursor with hold for select evil.attack(''cursor'')';",
    "a deferred trigger": "insert into evil.later values (1);",
    "a deferred trigger that puts itself off": "insert into evil.later values (4);",
    "a temporary table": "execute 'create temp table planted (n int) on commit delete rows'; execute 'create index on pg_temp.planted ((n + evil.imm(''temp'')))'; execute 'insert into pg_temp.planted values (1)';",
    "a temporary table that goes": "execute 'create temp table planted (n int) on commit drop'; execute 'create index on pg_temp.planted ((n + evil.imm(''temp'')))';",
    "a search_path": "perform set_config('search_path', 'evil, pg_catalog', false);",
    "a prepared statement": "execute 'prepare planted as select evil.attack(''prepared'')';",
    "a channel": "execute 'listen planted'; execute 'notify planted';",
}


@pytest.mark.parametrize("where", _CHECKED)
async def test_a_check_of_the_rows_runs_with_the_owners_rights(
    database: TestDatabase, tmp_path: Path, where: str
) -> None:
    async with planted(database, tmp_path, _CHECKED[where]) as scene:
        ended = await scene.bench.apply("ck", "restrict")
        good(ended)
        assert await scene.ran()
        assert not await scene.ran_as_superuser()


@pytest.mark.parametrize("what", _AT_COMMIT)
async def test_nothing_that_a_check_ran_into_waits_for_the_commit(
    database: TestDatabase, tmp_path: Path, what: str
) -> None:
    attack = f"""{_TABLE_WITH_TRIGGER}
create sequence evil.planted;
create function evil.plant_now() returns void language plpgsql as $$ begin
  perform evil.attack('check');
  {_AT_COMMIT[what]}
  perform nextval('evil.planted');
exception when others then null;
end $$;
create function evil.plant(n int) returns int language plpgsql immutable as $$ begin perform evil.plant_now(); return n; end $$;
create index on parents ((id + evil.plant(1)))"""
    async with planted(database, tmp_path, attack) as scene:
        # Building the index has run it too.
        await database.execute("alter sequence evil.planted restart")
        ended = await scene.bench.apply("ck", "restrict")
        assert not await scene.ran_as_superuser()
        assert await database.value("select is_called from evil.planted")
        if "deferred" in what:
            assert (ended.outcome, ended.steps_done) == (RunOutcome.FAILED, (1,))
            assert "wants to run again when it is committed (later)" in ended.message
        else:
            good(ended)


_ORDINARY = """
alter table children add column updated_at timestamptz;
create schema audit;
create table audit.log (what text, at timestamptz default now());
create function set_updated_at() returns trigger language plpgsql as 'begin new.updated_at := now(); return new; end';
create function log_it() returns trigger language plpgsql as 'begin insert into audit.log (what) values (tg_table_name); return old; end';
create trigger stamp before update on children for each row execute function set_updated_at();
create trigger log before delete on parents for each row execute function log_it();
create trigger log before delete on children for each row execute function log_it();
"""


async def test_ordinary_triggers_are_rehearsed_and_leave_nothing(database: TestDatabase, tmp_path: Path) -> None:
    async with planted(database, tmp_path, _ORDINARY) as scene:
        tried = await probed(scene)
        found = (await deleted(scene, PARENT))[0]
        good(await scene.bench.apply("ck", "restrict"))
        assert [each.ok for each in tried] == [True, True, True], tried
        assert found.agrees is True, found
        assert await database.value("select count(*) from audit.log") == 0


async def test_triggers_find_what_the_applications_path_has(database: TestDatabase, tmp_path: Path) -> None:
    unqualified = _ORDINARY.replace("insert into audit.log", "insert into log")
    await database.execute(f"alter database {database.name} set search_path = public, audit")
    async with planted(database, tmp_path, unqualified) as scene:
        tried = await probed(scene)
        assert [each.ok for each in tried] == [True, True, True], tried


async def test_what_the_owner_may_not_do_is_not_held_against_the_key(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _ORDINARY) as scene:
        await database.execute("alter schema audit owner to postgres")
        tried = await probed(scene)
        assert [each.ok for each in tried] == [None, None, True], tried
        assert (
            f"could not be tried as {scene.mallory}: permission denied for schema audit (42501)" in tried[0].detail
        )
        await database.execute(
            f"alter schema audit owner to {scene.mallory}; revoke select on parents from {scene.mallory}"
        )
        tried = await probed(scene)
        assert [each.ok for each in tried] == [None, None, None], tried
        assert "permission denied for table parents" in tried[0].detail


async def test_row_security_that_binds_the_owner_is_said(database: TestDatabase, tmp_path: Path) -> None:
    forced = "alter table parents enable row level security; alter table parents force row level security"
    async with planted(
        database, tmp_path, f"{forced}; create policy all_of_them on parents using (true)"
    ) as scene:
        assert [each.ok for each in await probed(scene)] == [True, True, True]
        await database.execute("drop policy all_of_them on parents")
        tried = await probed(scene)
        assert [each.ok for each in tried] == [None, None, True], tried
        assert tried[0].detail.endswith(f"that row security lets {scene.mallory} see")
        found = (await deleted(scene, PARENT))[0]
        assert (found.agrees, found.detail) == (None, f"row security lets {scene.mallory} delete 0 of them only")


async def test_where_a_superuser_owns_the_table_other_roles_code_is_named_and_not_run(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _TRIGGERS["the table"]) as scene:
        await database.execute("alter table parents owner to postgres")
        tried = await probed(scene)
        found = (await deleted(scene, PARENT))[0]
        assert not await scene.ran()
        named = f"the trigger planted of parents, whose function fire belongs to {scene.mallory}, would run as postgres"
        assert tried[0].detail == f"not tried: {named}"
        assert (found.agrees, found.detail) == (None, f"not tried: {named}, a superuser")


async def test_a_member_of_the_owners_role_hands_it_over_as_well(database: TestDatabase, tmp_path: Path) -> None:
    async with planted(database, tmp_path, _TRIGGERS["the table"]) as scene:
        member = f"member_{database.name}"
        await database.execute(f"create role {member} login in role {scene.mallory}")
        try:
            async with workbench(database, tmp_path, dsn=database.dsn.replace("postgres@", f"{member}@")) as bench:
                as_member = Scene(database, bench, scene.mallory)
                assert {each.role for each in await probed(as_member)} == {scene.mallory}
        finally:
            await database.execute(f"drop role {member}")


@pytest.mark.parametrize("temporary", [True, False])
async def test_who_may_not_hand_it_over_rehearses_as_itself_and_hears_whose_code_runs(
    database: TestDatabase, tmp_path: Path, *, temporary: bool
) -> None:
    async with planted(database, tmp_path, _TRIGGERS["the table"]) as scene:
        helper = f"helper_{database.name}"
        await database.execute(
            f"create role {helper} login; grant all on all tables in schema public to {helper}; grant usage on sequence evil.ran to {helper}"
        )
        if not temporary:
            await database.execute(f"revoke temp on database {database.name} from public")
        try:
            async with workbench(database, tmp_path, dsn=database.dsn.replace("postgres@", f"{helper}@")) as bench:
                as_helper = Scene(database, bench, scene.mallory)
                tried = await probed(as_helper)
                found, warned = await deleted(as_helper, PARENT)
            assert tried[0].ok is None
            assert tried[0].detail.endswith(
                f"whose function fire belongs to {scene.mallory}, would run as {helper}"
            )
            assert warned == [
                f"the trigger planted of parents, whose function fire belongs to {scene.mallory}, runs as {helper}"
            ]
            assert (found.agrees, found.role) == (True, helper), found
        finally:
            await database.execute(f"drop owned by {helper}; drop role {helper}")


async def test_a_function_is_called_once(database: TestDatabase) -> None:
    await database.execute("create table t ()")
    oid = await database.value("select 't'::regclass::oid::int8")
    body = "begin fkd_stage := 'done'; end"
    async with (
        workbench(database, Path()) as bench,
        sandbox(bench.pool.target, [oid], body, lock_ms=100, statement_ms=1000) as ready,
    ):
        assert (await ready.call()).stage == "done"
        with pytest.raises(RuntimeError):
            await ready.call()


async def test_the_command_line_says_as_whom_it_was_rehearsed(database: TestDatabase, tmp_path: Path) -> None:
    async with planted(database, tmp_path, _ORDINARY) as scene:
        said = await run(
            "preview",
            database.dsn,
            "--table",
            "parents",
            "--key",
            "id=1",
            "--rehearse",
            "--format",
            "json",
            state=tmp_path,
        )
        assert f"rehearsed as {scene.mallory}, rolled back: " in said.err, said
        assert json.loads(said.out)["rehearsal"]["role"] == scene.mallory


async def test_an_owner_who_may_make_no_function_has_probes_and_checks_all_the_same(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _ORDINARY) as scene:
        await database.execute(f"alter database {database.name} owner to postgres")
        await database.execute(f"revoke temp on database {database.name} from public")
        async with workbench(
            database, tmp_path, dsn=database.dsn.replace("postgres@", f"{scene.mallory}@")
        ) as bench:
            ended = await bench.apply("ck", "restrict")
        good(ended)
        assert {each.role for each in ended.verification} == {"", scene.mallory}
