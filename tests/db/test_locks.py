"""Looking and locks: who waits for a look gets the way, and what is locked is named."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from fkdash.db.pool import ReadPool
from fkdash.db.target import Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import GaveWayError, LockTimedOutError, UnreachableError
from tests.db.conftest import Eventually
from tests.support.servers import TestDatabase

_HOLDS = "select count(*) from pg_locks where relation = 'users'::regclass and pid <> pg_backend_pid() and granted"


async def _alter(database: TestDatabase) -> None:
    session = await asyncpg.connect(database.dsn)
    try:
        await session.execute("set lock_timeout = '8s'; alter table users add column more int")
    finally:
        await session.close()


async def _reads(database: TestDatabase) -> bool:
    return bool(await database.value(_HOLDS))


async def test_a_statement_gives_way_to_who_waits_for_it(
    pool: ReadPool, database: TestDatabase, eventually: Eventually
) -> None:
    await database.execute("create table users (id int)")
    asking = asyncio.create_task(_ask(pool, "select count(*), pg_sleep(20) from public.users"))
    await eventually(lambda: _reads(database))
    await _alter(database)
    with pytest.raises(GaveWayError, match=r"Stopped counting: pid \d+, .*alter table users.*, waited for us"):
        await asking
    assert await _ask(pool, "select 1") == 1, "the connection serves on"


async def _ask(pool: ReadPool, statement: str) -> object:
    async with pool.session() as session:
        return await session.value(statement)


async def test_an_idle_look_gives_way_and_says_so_at_the_next_question(
    pool: ReadPool, database: TestDatabase
) -> None:
    await database.execute("create table users (id int)")
    async with pool.session() as session:
        assert await session.value("select count(*) from public.users") == 0
        await _alter(database)
        with pytest.raises(GaveWayError, match="waited for us"):
            await session.value("select 1")
    assert await _ask(pool, "select 1") == 1


async def test_what_holds_a_lock_is_named_with_its_table(pool: ReadPool, database: TestDatabase) -> None:
    await database.execute('create schema "s\n"; create table "s\n".users (id int)')
    holder = await asyncpg.connect(database.dsn)
    try:
        await holder.execute('begin; lock table "s\n".users in access exclusive mode')
        with pytest.raises(LockTimedOutError) as locked:
            await _ask(pool, 'select count(*) from "s\n".users')
        pid = holder.get_server_pid()
        assert f'ACCESS EXCLUSIVE on "s\\n".users is held by pid {pid}, begin; lock table' in locked.value.what
        assert "\n" not in locked.value.what
    finally:
        await holder.close()
    assert await _ask(pool, 'select count(*) from "s\n".users') == 0


async def test_without_a_second_connection_looking_goes_on_and_says_that_nobody_watches(
    database: TestDatabase, eventually: Eventually
) -> None:
    role = await database.value("select 'narrow_' || current_database()")
    await database.execute(f'create role "{role}" login connection limit 1')
    try:
        pool = await ReadPool.open(_as(database, role))
        try:
            async with pool.session() as session:
                assert await session.value("select 1") == 1
                await eventually(lambda: _noted(pool))
                assert await session.value("select 1") == 1
            assert await _ask(pool, "select 2") == 2
        finally:
            await pool.close()
        [note] = pool.notes
        assert note.startswith("Nobody watches whether others wait")
    finally:
        await database.execute(f'drop role "{role}"')


async def _noted(pool: ReadPool) -> bool:
    return bool(pool.notes)


def _as(database: TestDatabase, role: str) -> Target:
    return replace(resolve(ConnectionArguments(dsn=database.dsn), {}), user=role)


async def test_a_look_of_less_than_a_second_has_no_second_connection(pool: ReadPool) -> None:
    assert await _ask(pool, "select 1") == 1
    assert len(pool.backend_pids) == 1


async def test_what_is_locked_is_named_to_who_asks_while_the_session_is_still_open(
    pool: ReadPool, database: TestDatabase
) -> None:
    await database.execute("create table users (id int)")
    holder = await asyncpg.connect(database.dsn)
    try:
        await holder.execute("begin; lock table users in access exclusive mode")
        async with pool.session() as session:
            with pytest.raises(LockTimedOutError, match=r"ACCESS EXCLUSIVE on public\.users is held by pid"):
                await session.value("select count(*) from public.users")
    finally:
        await holder.close()


@pytest.mark.newest_version
async def test_a_locked_system_catalog_is_not_taken_for_a_server_that_refuses(database: TestDatabase) -> None:
    await database.execute("begin; lock table pg_class")
    try:
        with pytest.raises(UnreachableError, match="a system catalog is locked there") as refused:
            await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
        # What is advised works where a session is open already.
        advised = refused.value.next_step.partition("SELECT ")[2].removesuffix(" names it.")
        assert await database.value(f"SELECT {advised}") == await database.value("select pg_backend_pid()")
    finally:
        await database.execute("rollback")
