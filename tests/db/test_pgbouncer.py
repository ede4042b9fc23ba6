"""Behind PgBouncer in transaction mode everything holds without a startup parameter or a plain SET."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.proof.preflight import Standing
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.target import Address, Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.writing import open_writer
from fkdash.errors import ConnectionLostError, NoConnectionLeftError, ServerRefusedError, TimedOutError
from tests.db.conftest import Eventually
from tests.support.changes import Workbench, good
from tests.support.pgbouncer import PROGRAM, pgbouncer
from tests.support.servers import TestDatabase
from tests.support.traffic import ORPHANS, SCHEMA

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")


@pytest.fixture(
    params=["", "ignore_startup_parameters = default_transaction_read_only,statement_timeout,lock_timeout"]
)
async def pooled(
    request: pytest.FixtureRequest, target: Target, database: TestDatabase, tmp_path: Path
) -> AsyncIterator[Target]:
    """The database through a PgBouncer that refuses startup parameters, and one that drops them silently."""
    async with pgbouncer(database.socket_directory, tmp_path, more=request.param) as folder:
        yield replace(target, addresses=(Address(str(folder), 5432),))


async def test_looking_is_read_only_limited_and_leaves_no_setting_behind(
    pooled: Target, database: TestDatabase
) -> None:
    await database.execute("create table t (a int)")
    pool = await ReadPool.open(replace(pooled, settings={"search_path": '"Odd"'}))
    async with pool.session(0.2) as session:
        settings = (
            "select concat_ws(' ', current_setting('transaction_read_only'), current_setting('statement_timeout'),"
        )
        assert await session.value(settings + " current_setting('fkdash.path'))") == 'on 200ms "Odd"'
        with pytest.raises(TimedOutError):
            await session.value("select pg_sleep(30)")
    async with pool.session() as session:
        with pytest.raises(ServerRefusedError) as refused:
            await session.execute("insert into public.t values (1)")
        assert refused.value.sqlstate == "25006"
    await pool.close()
    async with open_writer(pooled) as writer, writer.rolled_back() as session:
        assert await session.value("show statement_timeout") == "1min"
        assert await session.value("show transaction_read_only") == "off"
    [address] = pooled.addresses
    connection = await asyncpg.connect(
        host=address.host, port=address.port, user="postgres", database=database.name, statement_cache_size=0
    )
    assert await connection.fetchval("show statement_timeout") == "0"
    await connection.close()


async def test_the_whole_catalog_is_read_by_as_many_sessions_as_the_pooler_gives(
    pooled: Target, database: TestDatabase
) -> None:
    await database.execute("create table p (id int primary key); create table c (id int references p)")
    pool = await ReadPool.open(pooled)
    async with pool.session() as first, pool.session() as session:
        await first.value("select 1")
        await session.value("select 1")
        async with pool.beside(session) as other:
            assert other is None
    assert len((await read_whole_catalog(pool)).foreign_keys) == 1
    await pool.close()


async def test_a_connection_of_the_server_serves_on_after_a_command_that_only_looked(
    target: Target, database: TestDatabase, tmp_path: Path
) -> None:
    async with pgbouncer(database.socket_directory, tmp_path, size=1) as folder:
        served = []
        for _ in range(3):
            pool = await ReadPool.open(replace(target, addresses=(Address(str(folder), 5432),)))
            async with pool.in_a_row():
                async with pool.session() as session:
                    served.append((await session.asked("select pg_backend_pid() as process"))[0]["process"])
                await pool.close()
    assert len(set(served)) == 1


async def test_many_sessions_at_once_do_not_mix(pooled: Target) -> None:
    pool = await ReadPool.open(pooled)

    async def look(number: int) -> None:
        async with pool.session() as session:
            for _ in range(5):
                assert await session.value("select $1::int", number) == number
                assert [
                    row[0] for row in await session.rows("select $1::int from generate_series(1, 2)", number)
                ] == [
                    number,
                    number,
                ]

    await asyncio.gather(*(look(number) for number in range(12)))
    await pool.close()


async def test_a_cancelled_query_stops_on_the_server(
    pooled: Target, database: TestDatabase, eventually: Eventually
) -> None:
    pool = await ReadPool.open(pooled)

    async def look() -> None:
        async with pool.session() as session:
            await session.value("select pg_sleep(30) /* pooled */")

    async def is_running() -> bool:
        running = "select count(*) from pg_stat_activity where query like '%/* pooled %' and state = 'active'"
        return bool(await database.value(running + " and pid <> pg_backend_pid()"))

    async def is_gone() -> bool:
        return not await is_running()

    looking = asyncio.create_task(look())
    await eventually(is_running)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await eventually(is_gone)
    async with pool.session() as session:
        assert await session.value("select 1") == 1
    await pool.close()


async def test_the_writer_knows_that_it_is_pooled_and_which_process_serves_it(
    pooled: Target, database: TestDatabase
) -> None:
    await database.execute("create table t (a int)")
    async with open_writer(pooled) as writer:
        assert writer.pooled
        async with writer.transaction() as session:
            await session.execute("insert into t values (1)")
            assert await session.value("select pg_backend_pid()") == writer.backend_pid
    assert await database.value("select count(*) from t") == 1


async def test_what_a_change_limits_is_not_left_in_the_poolers_session(
    pooled: Target, database: TestDatabase
) -> None:
    await database.execute(f"alter database {database.name} set statement_timeout = '1s'")
    async with open_writer(pooled) as writer:
        async with writer.transaction() as session:
            assert await session.value("show statement_timeout") == "1min"
        assert (
            await writer.run_alone("do $$ begin assert current_setting('statement_timeout') = '1s'; end $$")
            == "DO"
        )


@pytest.mark.newest_version
async def test_a_fix_goes_through_whole_and_an_index_build_is_stopped_at(
    pooled: Target, database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    pool = await ReadPool.open(pooled)
    try:
        bench = Workbench(database, pool, tmp_path)
        lines = await bench.preflight(await bench.plan("ck", "restrict"))
        assert any(line.standing is Standing.WARNING and "pooler" in line.what for line in lines)
        ended = await bench.apply("ck", "restrict")
        assert (ended.outcome, ended.exit_code) == ("verified", 0), ended.message
        assert (await bench.undo(ended)).outcome == "verified"
        await database.execute("drop index children_parent_id_idx")
        stops = [
            line.what
            for line in await bench.preflight(await bench.plan("ck", "create-index"))
            if line.standing is Standing.STOP
        ]
        assert len(stops) == 1
        assert "an index build needs a session of its own" in stops[0]
    finally:
        await pool.close()


@pytest.mark.newest_version
async def test_what_is_set_for_the_application_ends_no_run_behind_a_pooler(
    pooled: Target, database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    for setting in ("statement_timeout = 50", "idle_in_transaction_session_timeout = 1", "exit_on_error = on"):
        await database.execute(f"alter database {database.name} set {setting}")
    pool = await ReadPool.open(pooled)
    try:
        bench = Workbench(database, pool, tmp_path)
        ended = await bench.apply("ck", "restrict")
        good(ended)
        good(await bench.undo(ended))
    finally:
        await pool.close()


async def test_rows_are_repaired_in_batches_and_put_back_through_a_pooler(
    pooled: Target, database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        f"{SCHEMA} alter table children drop constraint ck; insert into children (parent_id) values (1001), (1002);"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    pool = await ReadPool.open(pooled)
    try:
        bench = Workbench(database, pool, tmp_path)
        ended = await bench.apply("ck", "delete-orphans")
        good(ended)
        assert await database.value(ORPHANS) == 0
        good(await bench.undo(ended))
        assert await database.value(ORPHANS) == 2
    finally:
        await pool.close()


@pytest.mark.newest_version
async def test_why_a_pooler_closes_a_connection_is_said_in_its_words(
    target: Target, database: TestDatabase, tmp_path: Path
) -> None:
    async with pgbouncer(database.socket_directory, tmp_path, mode="statement") as folder:
        pool = await ReadPool.open(replace(target, addresses=(Address(str(folder), 5432),)))
        with pytest.raises(ConnectionLostError, match="not allowed in statement pooling mode"):
            async with pool.session() as session:
                await session.value("select 1")
        await pool.close()


@pytest.mark.newest_version
async def test_a_pooler_that_has_only_one_session_to_give_is_not_waited_for_for_long(
    target: Target, database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fkdash.db.writing._FIRST_SECONDS", 1.0)
    async with pgbouncer(database.socket_directory, tmp_path, size=1, mode="session") as folder:
        pooled = replace(target, addresses=(Address(str(folder), 5432),))
        pool = await ReadPool.open(pooled)
        async with pool.session() as session:
            await session.value("select 1")
        with pytest.raises(NoConnectionLeftError, match="within 1 s"):
            async with open_writer(pooled):
                pass
        await pool.close()


async def test_options_that_the_pooler_refuses_are_noted(pooled: Target, database: TestDatabase) -> None:
    asked = resolve(ConnectionArguments(dsn=database.dsn), {"PGOPTIONS": "-c work_mem=3MB"})
    pool = await ReadPool.open(replace(asked, addresses=pooled.addresses))
    assert any("PGOPTIONS" in note for note in pool.notes)
    await pool.close()
