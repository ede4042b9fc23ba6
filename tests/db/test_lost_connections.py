"""What is said of a connection that ends, and how looking goes on after it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from fkdash.db.pool import ReadPool
from fkdash.db.session import Session
from fkdash.db.target import Target
from fkdash.errors import (
    ConnectionLostError,
    StoppedError,
    UnreachableError,
)
from tests.db.conftest import Eventually, running
from tests.db.listeners import wire_to
from tests.support.patience import in_time
from tests.support.servers import TestDatabase


async def test_a_terminated_session_says_why_and_the_next_one_reconnects(
    pool: ReadPool, database: TestDatabase, eventually: Eventually
) -> None:
    async def look() -> None:
        async with pool.session() as session:
            await session.value("select pg_sleep(30) /* to terminate */")

    async def is_running() -> bool:
        return bool(await running(database, "%to terminate *%"))

    looking = asyncio.create_task(look())
    await eventually(is_running)
    await database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where query like '%to terminate *%' and state = 'active' and pid <> pg_backend_pid()"
    )
    with pytest.raises(ConnectionLostError, match="an administrator or a shutdown ended it"):
        await looking
    async with pool.session() as session:
        assert await session.value("select 1") == 1


async def test_a_session_terminated_while_idle_in_it_is_reported_lost(
    pool: ReadPool, database: TestDatabase
) -> None:
    async with pool.session() as session:
        pid = await session.value("select pg_backend_pid()")
        await database.execute(f"select pg_terminate_backend({pid}, 2000)")
        with pytest.raises(ConnectionLostError):
            await session.value("select 1")
    async with pool.session() as session:
        assert await session.value("select 1") == 1


async def test_a_connection_terminated_between_sessions_is_replaced_unnoticed(
    pool: ReadPool, database: TestDatabase
) -> None:
    async with pool.session() as session:
        pid = await session.value("select pg_backend_pid()")
    await database.execute(f"select pg_terminate_backend({pid}, 2000)")
    async with pool.session() as session:
        assert await session.value("select pg_backend_pid()") != pid


async def test_a_cut_wire_is_a_lost_connection_and_the_next_session_reconnects(
    target: Target, database: TestDatabase
) -> None:
    async with wire_to(database.socket_directory) as wire:
        address = replace(target.addresses[0], host="127.0.0.1", port=wire.port)
        pool = await ReadPool.open(replace(target, addresses=(address,)))
        async with pool.session() as session:
            sleeping = asyncio.create_task(session.value("select pg_sleep(30)"))
            await asyncio.wait({sleeping}, timeout=0.05)
            wire.cut()
            with pytest.raises(ConnectionLostError):
                await sleeping
        async with pool.session() as session:
            assert await session.value("select 1") == 1
        await pool.close()


async def test_a_goodbye_before_the_end_of_the_connection_is_a_lost_connection(
    target: Target, database: TestDatabase
) -> None:
    """The driver has heard the last words while idle, and not yet the end: it refuses with an internal error."""
    async with wire_to(database.socket_directory) as wire:
        wire.stays_open = True
        address = replace(target.addresses[0], host="127.0.0.1", port=wire.port)
        pool = await ReadPool.open(replace(target, addresses=(address,)))
        async with pool.session() as session:
            pid = await session.value("select pg_backend_pid()")
            await database.execute(f"select pg_terminate_backend({pid}, 2000)")
            await wire.server_left.wait()
            for _ in range(3):
                await asyncio.sleep(0)  # the words are in the socket: the loop reads them on its next turn
            with pytest.raises(ConnectionLostError, match="lost while"):
                await session.value("select 1")
        async with pool.session() as session:
            assert await session.value("select 1") == 1
        await pool.close()


@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_question_on_a_connection_that_was_cut_off_is_a_lost_connection(
    pool: ReadPool, asked_before: bool
) -> None:
    async with pool.session() as session:
        if asked_before:
            await session.asked("select 1 as one")
        session.connection.terminate()
        with pytest.raises(ConnectionLostError):
            await session.asked("select 1 as one")
    async with pool.session() as session:
        assert (await session.asked("select 1 as one"))[0]["one"] == 1


async def test_closing_stops_what_runs_and_is_quick(
    pool: ReadPool, database: TestDatabase, eventually: Eventually
) -> None:
    async def look() -> None:
        async with pool.session() as session:
            await session.value("select pg_sleep(30) /* to close */")

    async def is_running() -> bool:
        return bool(await running(database, "%to close *%"))

    async def is_gone() -> bool:
        return not await is_running()

    looking = asyncio.create_task(look())
    await eventually(is_running)
    began = time.monotonic()
    await pool.close()
    assert time.monotonic() - began < in_time(2.5)
    with pytest.raises((StoppedError, ConnectionLostError)):
        await looking
    await eventually(is_gone)
    with pytest.raises(UnreachableError, match="has been closed"):
        async with pool.session():
            pass


async def test_closing_over_a_silent_network_is_bounded(target: Target, database: TestDatabase) -> None:
    async with wire_to(database.socket_directory) as wire:
        address = replace(target.addresses[0], host="127.0.0.1", port=wire.port)
        pool = await ReadPool.open(replace(target, addresses=(address,)))
        wire.hold()

        async def look() -> None:
            async with pool.session() as session:
                await session.value("select 1")

        looking = asyncio.create_task(look())
        await asyncio.wait({looking}, timeout=0.05)
        began = time.monotonic()
        await pool.close()
        assert time.monotonic() - began < in_time(3.5)
        with pytest.raises(UnreachableError):
            await looking


async def test_a_session_cannot_be_used_after_its_cancelled_block_as_its_connection_serves_another(
    pool: ReadPool, database: TestDatabase, eventually: Eventually
) -> None:
    kept: list[Session] = []

    async def look() -> None:
        async with pool.session() as session:
            kept.append(session)
            await session.value("select pg_sleep(30) /* kept */")

    looking = asyncio.create_task(look())

    async def is_running() -> bool:
        return bool(await running(database, "%kept *%"))

    await eventually(is_running)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    async with pool.session() as session:
        assert await session.value("select 1") == 1
        with pytest.raises(RuntimeError, match="This session has ended"):
            await kept[0].value("select 2")
