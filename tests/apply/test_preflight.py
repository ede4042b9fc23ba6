"""What is looked at before anything starts: each line passes, warns or stops, and says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.proof.preflight import Standing
from tests.support.changes import good, owner_of, workbench
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int, constraint ck foreign key (parent_id) references parents);
insert into parents select generate_series(1, 20);
insert into children select g, 1 + g % 10 from generate_series(1, 100) g;
analyze;
"""

UTF_8 = {"PYTHONIOENCODING": "utf-8"}
_TAKEN = """select c.relname, upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g')))
  from pg_locks l join pg_class c on c.oid = l.relation where l.pid = pg_backend_pid() and c.relname in ('children', 'parents')"""


@pytest.fixture
async def tables(database: TestDatabase) -> TestDatabase:
    await database.execute(_TABLES)
    return database


@pytest.fixture
async def role(tables: TestDatabase) -> AsyncIterator[str]:
    name = f"somebody_{tables.name}"
    await tables.execute(f"create role {name} login")
    yield name
    await tables.execute(f"drop owned by {name} cascade; drop role {name}")


async def lines(
    database: TestDatabase, folder: Path, option: str = "restrict", *, role: str = "postgres"
) -> dict[Standing, list[str]]:
    async with workbench(database, folder, dsn=database.dsn.replace("postgres@", f"{role}@")) as bench:
        found = await bench.preflight(await bench.plan("ck", option))
    sorted_out: dict[Standing, list[str]] = {standing: [] for standing in Standing}
    for line in found:
        assert line.next_step or line.standing is Standing.OK
        sorted_out[line.standing].append(f"{line.what} - {line.next_step}")
    return sorted_out


@pytest.mark.newest_version
async def test_an_index_that_the_role_may_not_create_in_its_tables_schema_stops_it(
    tables: TestDatabase, role: str, tmp_path: Path
) -> None:
    await tables.execute(f"alter table parents owner to {role}; alter table children owner to {role}")
    found = await lines(tables, tmp_path, "create-index", role=role)
    [stop] = found[Standing.STOP]
    assert stop.startswith(f"{role} may not create an index in schema public - ")
    assert f'GRANT CREATE ON SCHEMA "public" TO "{role}"' in stop
    await tables.execute(f"grant create on schema public to {role}")
    assert (await lines(tables, tmp_path, "create-index", role=role))[Standing.STOP] == []


async def test_a_quiet_database_passes_every_line(tables: TestDatabase, tmp_path: Path) -> None:
    found = await lines(tables, tmp_path)
    assert (found[Standing.STOP], found[Standing.WARNING]) == ([], [])
    assert any("about 100 rows" in line for line in found[Standing.OK])


async def test_what_fkdash_itself_is_reading_is_not_shown_as_a_session_in_the_way(
    tables: TestDatabase, tmp_path: Path
) -> None:
    async with workbench(tables, tmp_path) as bench, bench.pool.session() as session:
        await session.rows("select from public.children, public.parents limit 1")
        found = await bench.preflight(await bench.plan("ck", "restrict"))
    assert [line.what for line in found if line.standing is not Standing.OK] == []


async def test_a_role_that_owns_nothing_is_told_whom_to_ask(
    tables: TestDatabase, tmp_path: Path, role: str
) -> None:
    stops = (await lines(tables, tmp_path, role=role))[Standing.STOP]
    assert "Connect as postgres" in stops[0]
    _, _, grant = stops[1].partition(" - ")
    await tables.execute(grant)
    assert len((await lines(tables, tmp_path, role=role))[Standing.STOP]) == len(stops) - 1


async def test_a_member_that_does_not_inherit_is_told_how_to_become_the_owner(
    tables: TestDatabase, tmp_path: Path, role: str
) -> None:
    await tables.execute(
        f"create role {role}_o; alter table children owner to {role}_o; grant references on parents to {role}, {role}_o;"
        f"alter role {role} noinherit; grant {role}_o to {role}"
    )
    try:
        stops = (await lines(tables, tmp_path, role=role))[Standing.STOP]
        assert f"PGOPTIONS='-c role={role}_o'" in stops[0]
    finally:
        await tables.execute(f"drop owned by {role}_o cascade; drop role {role}_o")


async def test_read_only_means_maintenance_and_stops(tables: TestDatabase, tmp_path: Path) -> None:
    await tables.execute(f"alter database {tables.name} set default_transaction_read_only = on")
    try:
        stops = (await lines(tables, tmp_path))[Standing.STOP]
    finally:
        await tables.execute(
            f"begin read write; alter database {tables.name} reset default_transaction_read_only; commit"
        )
    assert "default_transaction_read_only is on" in stops[0]


async def test_what_could_refuse_or_undo_the_change_is_a_warning(tables: TestDatabase, tmp_path: Path) -> None:
    await tables.execute(
        "create function nothing() returns event_trigger language plpgsql as 'begin end';"
        "create event trigger watches on ddl_command_start execute function nothing();"
        "create publication everything for table children; create table heirs () inherits (children)"
    )
    warnings = "\n".join((await lines(tables, tmp_path))[Standing.WARNING])
    for word in ("watches", "everything", "1 table inherits"):
        assert word in warnings


async def test_another_published_table_that_is_locked_keeps_nobody_from_looking(
    tables: TestDatabase, tmp_path: Path
) -> None:
    await tables.execute("create table others (id int primary key); create publication everything for all tables")
    holder = await asyncpg.connect(tables.dsn)
    try:
        await holder.execute("begin; lock table others")
        warnings = "\n".join((await lines(tables, tmp_path))[Standing.WARNING])
    finally:
        await holder.close()
    assert "published by everything" in warnings


async def test_switched_off_triggers_stop_a_change_of_the_action_but_not_their_own_fix(
    tables: TestDatabase, tmp_path: Path
) -> None:
    await tables.execute("alter table children disable trigger all")
    stops = (await lines(tables, tmp_path))[Standing.STOP]
    assert "the option enable-triggers declares the key anew" in stops[0]
    assert (await lines(tables, tmp_path, "enable-triggers"))[Standing.STOP] == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select count(*) from children", "idle in transaction"),
        ("lock table parents in share mode", "idle in transaction"),
    ],
)
async def test_who_holds_the_tables_now_is_named(
    tables: TestDatabase, tmp_path: Path, statement: str, said: str
) -> None:
    holder = await asyncpg.connect(tables.dsn, server_settings={"application_name": "reporting"})
    try:
        await holder.execute(f"begin; {statement}; select pg_sleep(1.1)")
        warnings = (await lines(tables, tmp_path))[Standing.WARNING]
        assert said in warnings[0]
        assert "reporting" in warnings[0]
    finally:
        await holder.close()


async def test_who_waits_for_whom_stands_below_those_in_the_way(tables: TestDatabase, tmp_path: Path) -> None:
    """On the plan's screen, before a change and beside a plan: the root first, then those behind it."""
    waiting = (
        "select count(*) from pg_stat_activity where application_name in ('second', 'third') "
        "and wait_event_type = 'Lock' and datname = current_database()"
    )
    root, second, third = [
        await asyncpg.connect(tables.dsn, server_settings={"application_name": name})
        for name in ("root", "second", "third")
    ]
    queued = []
    try:
        await root.execute("begin; update children set parent_id = 2 where id = 1; select pg_sleep(1.1)")
        for connection, statement in ((second, "begin; lock table children"), (third, "table children")):
            queued.append(asyncio.create_task(connection.execute(statement)))
            async with asyncio.timeout(60):
                while await tables.value(waiting) != len(queued):
                    pass
        async with workbench(tables, tmp_path) as bench:
            found = await bench.preflight(await bench.plan("ck", "restrict"))
        chain = next(line.chain for line in found if line.chain)
        names = {each.id: each.name.split()[-1] for each in chain}
        behind = {names[each.id]: {names[pid] for pid in each.waits_for} for each in chain}
        assert behind == {"root": set(), "second": {"root"}, "third": {"second"}}
        assert next(each.state for each in chain if not each.waits_for) == "idle in transaction"
        said = await fkdash("fix", "plan", "ck", tables.dsn, "--option", "restrict", environment=UTF_8)
        told = said.stdout[said.stdout.index("In the way now") :]
        assert told.index("who waits for whom") < told.index("root, idle in transaction")
        assert "\u2514\u2500 " in told
    finally:
        for each in (third, second, root):
            each.terminate()
        await asyncio.gather(*queued, return_exceptions=True)


async def test_a_lock_that_a_step_does_not_conflict_with_is_no_obstacle(
    tables: TestDatabase, tmp_path: Path
) -> None:
    await tables.execute("alter table children drop constraint ck")
    await tables.execute(
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    holder = await asyncpg.connect(tables.dsn)
    try:
        await holder.execute("begin; update children set parent_id = 2 where id = 1; select pg_sleep(1.1)")
        assert (await lines(tables, tmp_path, "validate"))[Standing.WARNING] == []
    finally:
        await holder.close()


async def test_the_locks_a_plan_foretells_are_those_it_takes(tables: TestDatabase, tmp_path: Path) -> None:
    async with workbench(tables, tmp_path) as bench:
        for option, beside in (("restrict", False), ("cascade", True), ("set-null", False)):
            plan = await bench.plan("ck", option, keep_validated=beside)
            for _, together in groupby(plan.steps, key=lambda step: step.transaction):
                await tables.execute("begin")
                foretold = set()
                for step in together:
                    await tables.execute(step.sql)
                    foretold |= {(lock.table.name, lock.mode.value) for lock in step.locks}
                taken = {tuple(row) for row in await tables.fetch(_TAKEN)}
                assert foretold <= taken, step.title
                # Nothing stronger than foretold: what comes on top conflicts with ACCESS EXCLUSIVE alone.
                stronger = {
                    lock for lock in taken - foretold if lock[1] in {"ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE"}
                }
                assert {lock for lock in stronger if (lock[0], "ACCESS EXCLUSIVE") not in foretold} == set()
                await tables.execute("commit")


@pytest.mark.newest_version
async def test_a_table_that_is_read_as_another_one_is_spelled_out(tables: TestDatabase, tmp_path: Path) -> None:
    await tables.execute('create table "p\u0430rents" (); create table " children" (); create table "Parents" ()')
    warned = (await lines(tables, tmp_path))[Standing.WARNING]
    assert sorted(warned) == [
        f"{own} looks like {other}, which is another table - Make sure which one you mean."
        for own, other in (("public.children", 'public." children"'), ("public.parents", "public.p\\u0430rents"))
    ]


@pytest.mark.newest_version
async def test_rows_with_columns_called_as_what_is_noted_beside_them_are_not_changed(
    tables: TestDatabase, tmp_path: Path
) -> None:
    await tables.execute(
        "alter table children drop constraint ck; insert into children values (101, 99);"
        "alter table children add fkdash_written int, add fkdash_kept_at int, add constraint ck foreign key (parent_id)"
        " references parents not valid"
    )
    for option in ("null-orphans", "delete-orphans", "quarantine-orphans"):
        (stopped,) = (await lines(tables, tmp_path, option))[Standing.STOP]
        assert stopped.startswith("public.children has fkdash_kept_at, fkdash_written, as fkdash calls"), option
    assert (await lines(tables, tmp_path, "restrict"))[Standing.STOP] == []


async def test_policies_that_hide_rows_from_the_role_that_checks_them_are_told(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table parents (id int primary key); create table children (id int primary key, parent_id int);"
        "insert into parents values (1), (2); insert into children values (1, 1), (2, 2);"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid;"
        "alter table parents enable row level security; create policy few on parents using (id = 1)"
    )
    told = "whom the policies of public.parents bind (FORCE ROW LEVEL SECURITY)"
    async with owner_of(database, "parents", "children"), workbench(database, tmp_path) as bench:
        lines = await bench.preflight(await bench.plan("ck", "validate"))
        assert not any("policies" in each.what for each in lines)
        await database.execute("alter table parents force row level security")
        lines = await bench.preflight(await bench.plan("ck", "validate"))
        assert [each.standing for each in lines if told in each.what] == [Standing.WARNING]
        ended = await bench.apply("ck", "validate")
        assert "23503" in ended.message
        await database.execute("alter table parents no force row level security")
        good(await bench.apply("ck", "validate"))
