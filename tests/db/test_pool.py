"""What looking promises: it cannot write, it has limits, it stops when told, it comes back after a loss."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from fkdash.db.pool import Limits, ReadPool
from fkdash.db.statements import OpenTransaction
from fkdash.db.target import Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.writing import open_writer
from fkdash.errors import (
    LockTimedOutError,
    NotPermittedError,
    ServerRefusedError,
    StoppedError,
    TimedOutError,
    UnreachableError,
)
from tests.db.conftest import Eventually, running
from tests.db.listeners import wire_to
from tests.support.looking import reading
from tests.support.servers import TestDatabase


async def test_a_session_gives_rows_a_row_and_a_value(pool: ReadPool) -> None:
    async with pool.session() as session:
        rows = await session.rows("select n, n * 2 as twice from generate_series(1, $1::int) n", 3)
        assert [(row["n"], row[1]) for row in rows] == [(1, 2), (2, 4), (3, 6)]
        one = await session.row("select 'a' as letter")
        assert one is not None
        assert one["letter"] == "a"
        assert await session.row("select 1 where false") is None
        assert await session.value("select $1::text", "x") == "x"
        assert await session.execute("show server_version") == "SHOW"


async def test_every_session_is_named_read_only_repeatable_and_limited(pool: ReadPool) -> None:
    names = [
        "application_name",
        "transaction_read_only",
        "default_transaction_read_only",
        "transaction_isolation",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
    ]
    async with pool.session() as session:
        values = [await session.value("select current_setting($1)", name) for name in names]
    assert values == ["fkdash", "on", "on", "repeatable read", "30s", "500ms", "1min"]


@pytest.mark.parametrize(
    "statement",
    [
        "create table t ()",
        "insert into public.kept values (1)",
        "select setval('public.counter', 9)",
        "set transaction read write",
    ],
)
async def test_a_write_is_refused_by_the_server(pool: ReadPool, database: TestDatabase, statement: str) -> None:
    await database.execute("create table kept (a int); create sequence counter")
    async with pool.session() as session:
        await session.value("select 1")
        with pytest.raises(ServerRefusedError) as refused:
            await session.execute(statement)
    assert refused.value.sqlstate in {"25006", "25001"}
    assert await database.value("select count(*) from kept") == 0


async def test_what_an_owner_set_for_everybody_changes_nothing(database: TestDatabase) -> None:
    theirs = {
        "search_path": "evil, pg_catalog",
        "standard_conforming_strings": "off",
        "array_nulls": "off",
        "transform_null_equals": "on",
        "quote_all_identifiers": "on",
        "constraint_exclusion": "on",
        "row_security": "on",
        "DateStyle": "SQL, DMY",
        "IntervalStyle": "sql_standard",
        "TimeZone": "Asia/Tokyo",
        "bytea_output": "escape",
        "extra_float_digits": "-15",
        "lc_monetary": "C",
        "xmloption": "document",
        "fkdash.trusted_owners": "{everybody}",
    }
    for name, value in theirs.items():
        spelled = value if name == "search_path" else f"'{value}'"
        await database.execute(f"alter database {database.name} set {name} = {spelled}")
    target = resolve(ConnectionArguments(dsn=database.dsn), {})
    pool = await ReadPool.open(replace(target, trusted_owners=frozenset({'a "b" \\'})))
    try:
        async with pool.session() as session:
            rows = await session.rows(
                "select name, current_setting(name) as value from unnest($1::text[]) as n (name)", list(theirs)
            )
            assert {row["name"]: row["value"] for row in rows} == {
                "search_path": '"pg_catalog", "pg_temp"',
                "standard_conforming_strings": "on",
                "array_nulls": "on",
                "transform_null_equals": "off",
                "quote_all_identifiers": "off",
                "constraint_exclusion": "off",
                "row_security": "off",
                "DateStyle": "ISO, MDY",
                "IntervalStyle": "postgres",
                "TimeZone": "UTC",
                "bytea_output": "hex",
                "extra_float_digits": "1",
                "lc_monetary": "C",
                "xmloption": "content",
                "fkdash.trusted_owners": '{"a \\"b\\" \\\\"}',
            }
            assert await session.value("select current_setting('fkdash.path')") == "evil, pg_catalog"
            assert await session.value("select current_setting('fkdash.trusted_owners')::text[]") == ['a "b" \\']
    finally:
        await pool.close()


@pytest.mark.minimum_version(17)
async def test_a_time_limit_that_an_owner_set_for_transactions_does_not_end_looking(
    database: TestDatabase,
) -> None:
    await database.execute(f"alter database {database.name} set transaction_timeout = '1s'")
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        async with pool.session() as session:
            assert await session.value("show transaction_timeout") == "0"
    finally:
        await pool.close()


async def test_a_setting_changed_in_a_session_does_not_reach_the_next(pool: ReadPool) -> None:
    async with pool.session() as session:
        await session.execute("set work_mem = '1MB'")
        pid = await session.value("select pg_backend_pid()")
    async with pool.session() as session:
        assert await session.value("select pg_backend_pid()") == pid
        assert await session.value("show work_mem") != "1MB"


async def test_a_statement_that_reaches_its_limit_is_stopped(pool: ReadPool) -> None:
    async with pool.session(0.1) as session:
        with pytest.raises(TimedOutError, match=r"limit of 0\.1 s"):
            await session.value("select pg_sleep(30)")
    async with pool.session() as session:
        assert await session.value("select 1") == 1


async def test_looking_does_not_wait_for_a_lock(pool: ReadPool, database: TestDatabase) -> None:
    await database.execute("create table locked (a int)")
    await database.execute("begin; lock table locked in access exclusive mode")
    async with pool.session() as session:
        with pytest.raises(LockTimedOutError):
            await session.rows("select * from public.locked")
    await database.execute("rollback")


async def test_a_missing_privilege_is_said_so(pool: ReadPool, database: TestDatabase) -> None:
    await database.execute("create table secret (a int); create role db_looker; grant db_looker to current_user")
    async with pool.session() as session:
        await session.execute("set local role db_looker")
        with pytest.raises(NotPermittedError, match="secret"):
            await session.rows("select * from public.secret")
    await database.execute("drop role db_looker")


async def test_a_value_that_does_not_fit_is_refused_with_a_sqlstate(pool: ReadPool) -> None:
    async with pool.session() as session:
        with pytest.raises(ServerRefusedError) as refused:
            await session.value("select $1::uuid", "not a uuid")
    assert refused.value.sqlstate.startswith("22")


async def test_a_refusal_names_the_objects_it_is_about(pool: ReadPool, database: TestDatabase) -> None:
    await database.execute("create domain positive as int constraint above_zero check (value > 0)")
    async with pool.session() as session:
        with pytest.raises(ServerRefusedError) as refused:
            await session.value("select cast(-1 as public.positive)")
    assert (refused.value.sqlstate, refused.value.constraint) == ("23514", "above_zero")


async def test_a_cancelled_query_stops_on_the_server_and_frees_its_connection(
    target: Target, database: TestDatabase, eventually: Eventually
) -> None:
    pool = await ReadPool.open(target, limits=Limits(connections=1))

    async def look() -> None:
        async with pool.session() as session:
            await session.value("select pg_sleep(30) /* to cancel */")

    async def is_running() -> bool:
        return bool(await running(database, "%to cancel *%"))

    async def is_gone() -> bool:
        return not await is_running()

    looking = asyncio.create_task(look())
    await eventually(is_running)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await eventually(is_gone)
    async with asyncio.timeout(2), pool.session() as session:
        assert await session.value("select 1") == 1
    await pool.close()


async def test_sessions_beyond_the_number_of_connections_wait(target: Target) -> None:
    pool = await ReadPool.open(target, limits=Limits(connections=2))
    async with pool.session(), pool.session():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), pool.session():
                pytest.fail("a third connection was opened")
    async with pool.session() as session:
        count = (
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        assert await session.value(count) <= 1
    await pool.close()


async def test_a_session_cannot_be_used_after_its_end(pool: ReadPool) -> None:
    async with pool.session() as session:
        pass
    with pytest.raises(RuntimeError, match="has ended"):
        await session.value("select 1")


async def test_an_error_of_the_caller_passes_and_the_connection_is_free_again(target: Target) -> None:
    pool = await ReadPool.open(target, limits=Limits(connections=1))
    with pytest.raises(ZeroDivisionError):
        async with pool.session():
            _ = 1 // 0
    async with asyncio.timeout(2), pool.session() as session:
        assert await session.value("select 1") == 1
    await pool.close()


async def test_a_server_that_does_not_keep_the_transaction_read_only_is_not_looked_at(
    target: Target, database: TestDatabase
) -> None:
    async with wire_to(database.socket_directory) as wire:
        wire.replace("READ ONLY", "/* no */ ")
        wire.replace("default_transaction_read_only\0on", "default_transaction_read_only\0no")
        address = replace(target.addresses[0], host="127.0.0.1", port=wire.port)
        pool = await ReadPool.open(replace(target, addresses=(address,)))
        for asked in (OpenTransaction.asked, OpenTransaction.value, OpenTransaction.execute):
            with pytest.raises(UnreachableError, match="does not keep a READ ONLY transaction read-only"):
                async with pool.session() as session:
                    await asked(session, "select 1 as one")
        await pool.close()


async def test_what_begins_with_its_first_question_says_what_that_one_met(target: Target) -> None:
    pool = await ReadPool.open(target)
    try:
        async with pool.in_a_row():
            for question, state in (
                ("select 1/0 as none", "22012"),
                ("select from nowhere", "42P01"),
                ("select )", "42601"),
                ("select '\\' as backslash from nowhere", "42P01"),
                ("select 1/0 as none", "22012"),
            ):
                with pytest.raises(ServerRefusedError) as refused:
                    async with pool.session() as session:
                        await session.asked(question)
                assert refused.value.sqlstate == state
                async with pool.session() as session:
                    assert (await session.asked("select '\\' as it"))[0]["it"] == "\\"
                    with pytest.raises(ServerRefusedError):
                        await session.execute("create table t ()")
            async with pool.session(0.1) as session:
                with pytest.raises(TimedOutError):
                    await session.asked("select pg_sleep(30)::text as slept")
    finally:
        await pool.close()


async def test_sessions_in_a_row_see_what_came_between_them_and_leave_nothing_open(
    target: Target, database: TestDatabase, eventually: Eventually
) -> None:
    await database.execute("create table t (a int)")
    count, open_now = "select count(*) as rows from public.t", "select count(*) from pg_stat_activity"
    pool = await ReadPool.open(target)
    try:
        async with pool.in_a_row():
            for expected in range(3):
                async with pool.session() as session:
                    assert (await session.asked(count))[0]["rows"] == expected
                await database.execute("insert into t values (1)")

            async def rolled_back() -> bool:
                idle = f"{open_now} where state like 'idle in%' and datname = current_database()"
                return not await database.value(idle)

            # Nobody goes on with it.
            await eventually(rolled_back)
            async with pool.session() as session:
                assert (await session.asked(count))[0]["rows"] == 3
        assert await rolled_back()
        assert len(pool.backend_pids) == 1
        await database.execute("drop table t")
    finally:
        await pool.close()


async def test_another_sessions_cancel_is_not_called_a_limit(
    pool: ReadPool, database: TestDatabase, eventually: Eventually
) -> None:
    async with pool.session() as session:
        sleeping = asyncio.create_task(session.value("select pg_sleep(30) /* to be cancelled */"))

        async def cancelled() -> bool:
            # One that comes while the statement is only being parsed is lost: there is nothing to cancel yet.
            await database.value(
                "select count(pg_cancel_backend(pid)) from pg_stat_activity"
                " where query like '%to be cancelled%' and state = 'active' and pid <> pg_backend_pid()"
            )
            return sleeping.done()

        await eventually(cancelled)
        with pytest.raises(StoppedError) as stopped:
            await sleeping
    assert not isinstance(stopped.value, TimedOutError)


async def test_a_large_result_comes_in_batches(pool: ReadPool) -> None:
    async with pool.session() as session:
        batches = session.batches("select n from generate_series(1, $1::int) n", 25, size=10)
        assert [len(batch) async for batch in batches] == [10, 10, 5]


async def test_nothing_of_the_driver_reaches_stderr(
    pool: ReadPool, database: TestDatabase, capfd: pytest.CaptureFixture[str]
) -> None:
    assert logging.getLogger("asyncpg").handlers
    async with pool.session() as session:
        pid = await session.value("select pg_backend_pid()")
        await session.execute("do $$ begin raise warning 'for nobody'; end $$")
    await database.execute(f"select pg_terminate_backend({pid}, 2000)")
    async with pool.session() as session:
        await session.value("select 1")
    assert capfd.readouterr().err == ""


async def test_a_float_keeps_all_its_digits_whatever_the_role_has_set(
    target: Target, database: TestDatabase
) -> None:
    await database.execute(f"alter database {database.name} set extra_float_digits = 0")
    sum_as_text = "select (0.1::float8 + 0.2)::text"
    pool = await ReadPool.open(target)
    async with pool.session() as session:
        assert await session.value(sum_as_text) == "0.30000000000000004"
    async with open_writer(target) as writer, writer.rolled_back() as session:
        assert await session.value(sum_as_text) == "0.30000000000000004"
    await pool.close()


async def test_a_session_beside_another_sees_what_that_one_sees(pool: ReadPool, database: TestDatabase) -> None:
    await database.execute("create table t (a int)")
    async with pool.session() as session:
        assert await session.value("select count(*) from public.t") == 0
        await database.execute("insert into t values (1)")
        async with pool.beside(session) as other:
            assert other is not None
            assert await other.value("select count(*) from public.t") == 0
            assert await other.value("select pg_backend_pid()") != await session.value("select pg_backend_pid()")
    async with pool.session() as session:
        assert await session.value("select count(*) from public.t") == 1


async def test_nobody_waits_for_a_second_connection_while_holding_one(database: TestDatabase) -> None:
    async with reading(database, limits=Limits(connections=1)) as pool, pool.session() as session:
        async with pool.beside(session) as other:
            assert other is None
        assert await session.value("select 1") == 1


async def test_a_message_of_a_million_letters_is_cut(pool: ReadPool) -> None:
    async with pool.session() as session:
        with pytest.raises(ServerRefusedError) as refused:
            await session.execute("do $$ begin raise exception using message = repeat('a', 1000000); end $$")
    assert len(refused.value.said) < 20_000
    assert refused.value.said.endswith("a…")
