"""A rehearsal measures, promises nothing it did not try, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.proof.rehearsal import Rehearsal, rehearse
from fkdash.db.writing import open_writer
from fkdash.errors import NoConnectionLeftError
from fkdash.fix.plan import Plan
from fkdash.report.fix.rehearsal import rehearsal_text
from tests.support.changes import Workbench, owner_of, workbench
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int, constraint ck foreign key (parent_id) references parents);
insert into parents select generate_series(1, 20);
insert into children select g, 1 + g % 10 from generate_series(1, 100) g;
"""


async def rehearsed(bench: Workbench, plan: Plan) -> Rehearsal:
    async with open_writer(bench.pool.target) as writer:
        return await rehearse(writer, bench.catalog, plan)


async def test_the_short_steps_and_a_delete_are_tried_measured_and_rolled_back(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        before = bench.key("ck")
        found = await rehearsed(bench, await bench.plan("ck", "cascade"))
        assert (found.ok, found.steps, found.left_out) == (True, (1,), (2,))
        held = {(lock.table.name, lock.mode) for lock in found.locks}
        assert held >= {("children", "ACCESS EXCLUSIVE"), ("parents", "ACCESS EXCLUSIVE")}
        assert all(0 < lock.seconds < 5 for lock in found.locks)
        assert "works" in rehearsal_text(found)
        await bench.look()
        assert bench.key("ck") == before
    assert await database.value("select count(*) from parents") == 20


async def test_settings_of_the_database_change_nothing_of_what_a_rehearsal_says(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    for setting in ("standard_conforming_strings = off", "quote_all_identifiers = on", "array_nulls = off"):
        await database.execute(f"alter database {database.name} set {setting}")
    async with workbench(database, tmp_path) as bench:
        found = await rehearsed(bench, await bench.plan("ck", "cascade"))
    assert (found.ok, found.steps) == (True, (1,))
    held = {(lock.table.name, lock.mode) for lock in found.locks}
    assert held >= {("children", "ACCESS EXCLUSIVE"), ("parents", "ACCESS EXCLUSIVE")}


async def test_a_rehearsal_gives_up_before_anybody_has_to_wait_for_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    await database.execute("begin; select count(*) from children")
    async with workbench(database, tmp_path) as bench:
        found = await rehearsed(bench, await bench.plan("ck", "cascade"))
    assert found.ok is None
    assert "no lock within 50 ms" in found.detail


@pytest.mark.newest_version
async def test_a_rehearsal_that_gets_no_session_is_not_said_to_have_gone_wrong(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with owner_of(database, "parents", "children") as dsn, workbench(database, tmp_path, dsn=dsn) as bench:
        chosen = await bench.plan("ck", "cascade")
        # One looks, one writes, and the one in which the delete would be tried is one too many.
        await database.execute(f"alter role {bench.pool.target.user} connection limit 2")
        with pytest.raises(NoConnectionLeftError):
            await rehearsed(bench, chosen)
        ended = await fkdash("fix", "rehearse", "ck", "--option", "cascade", dsn)
    assert (ended.returncode, "too many connections" in ended.stderr) == (3, True), ended.stderr


async def test_a_rehearsal_that_comes_to_its_time_limit_says_nothing_against_the_change(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.execute(_TABLES)
    monkeypatch.setattr("fkdash.apply.proof.rehearsal._STATEMENT_MS", 20)
    # Whoever waits for its lock is as slow as a server that stands still.
    await database.execute("begin; select count(*) from children")
    async with workbench(database, tmp_path) as bench:
        found = await rehearsed(bench, await bench.plan("ck", "cascade"))
    assert found.ok is None
    assert "a statement was not done within 20 ms" in found.detail


async def test_what_a_trigger_refuses_is_told_from_what_the_key_refuses(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    await database.execute(
        "create function shout() returns trigger language plpgsql as 'begin raise exception ''ran''; end';"
        "create trigger shout before delete on parents for each row execute function shout()"
    )
    async with workbench(database, tmp_path) as bench:
        found = await rehearsed(bench, await bench.plan("ck", "cascade"))
    assert found.delete is not None
    assert (found.delete.ok, found.delete.detail) == (None, "not by this key, but stopped by ran (P0001)")


async def test_rows_are_tried_once_however_often_the_short_steps_get_no_lock(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    await database.execute(
        "set session_replication_role = replica; insert into children values (101, 99);"
        "reset session_replication_role;"
        "create sequence tries; create function counting() returns trigger language plpgsql as"
        " 'begin perform nextval(''tries''); return new; end';"
        "create trigger counting before update on children for each row execute function counting()"
    )
    await database.execute("begin; select count(*) from children")
    async with workbench(database, tmp_path) as bench:
        found = await rehearsed(bench, await bench.plan("ck", "null-orphans"))
    assert found.ok is None
    assert "no lock within 50 ms" in found.detail
    assert await database.value("select last_value from tries where is_called") == 1


async def test_what_needs_an_index_that_is_not_built_in_a_rehearsal_is_left_out_of_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(f"""
        {_TABLES}
        create table parted (id int, parent_id int, constraint pk foreign key (parent_id) references parents)
          partition by list (id);
        create table parted_1 partition of parted for values in (1);
    """)
    async with workbench(database, tmp_path) as bench:
        plan = await bench.plan("pk", "create-index")
        found = await rehearsed(bench, plan)
    assert found.ok is not False
    assert set(found.left_out) | set(found.steps) == {step.number for step in plan.steps}
    assert not [step for step in plan.steps if step.number in found.steps and "ATTACH" in step.sql]


@pytest.mark.parametrize("option", ["null-orphans", "delete-orphans"])
async def test_a_repair_of_a_partitioned_table_is_rehearsed_up_to_where_its_rows_would_be_changed(
    database: TestDatabase, tmp_path: Path, option: str
) -> None:
    await database.execute("""
        create table parents (id int primary key); insert into parents values (1);
        create table parted (id int, parent_id int, constraint pk foreign key (parent_id) references parents)
          partition by list (id);
        create table parted_1 partition of parted for values in (1);
        set session_replication_role = replica; insert into parted values (1, 1), (1, 9); reset session_replication_role;
    """)
    async with workbench(database, tmp_path) as bench:
        plan = await bench.plan("pk", option)
        found = await rehearsed(bench, plan)
        assert found.ok is not False, found.detail
        assert (await bench.carry_out(plan)).exit_code == 0
