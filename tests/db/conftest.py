"""Targets on the servers under test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fkdash.db.pool import ReadPool
from fkdash.db.target import Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def target(database: TestDatabase) -> Target:
    return resolve(ConnectionArguments(dsn=database.dsn), {})


@pytest.fixture
async def pool(target: Target) -> AsyncIterator[ReadPool]:
    opened = await ReadPool.open(target)
    yield opened
    await opened.close()


@pytest.fixture
def eventually() -> Eventually:
    """Wait, for five seconds of an idle machine, until a condition on the server holds."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(in_time(5)):
            while not await condition():  # noqa: ASYNC110 - the event is on the server
                await asyncio.sleep(0.01)

    return wait


async def running(database: TestDatabase, like: str) -> int:
    """Give the number of statements like this one that the server is carrying out."""
    counted: int = await database.value(
        "select count(*) from pg_stat_activity where query like $1 and state = 'active' and pid <> pg_backend_pid()",
        like,
    )
    return counted
