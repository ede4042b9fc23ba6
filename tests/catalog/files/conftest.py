"""One database for all scripts: emptying it is quicker than making one for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.catalog.files.agree import EMPTY
from tests.support.servers import TestDatabase, TestServer

_made: dict[int, TestDatabase] = {}


@pytest.fixture
async def emptied(server: TestServer) -> AsyncIterator[TestDatabase]:
    """A database with nothing in it but the schema public."""
    if server.major not in _made:
        _made[server.major] = TestDatabase(server, "scripts")
        postgres = TestDatabase(server, "postgres")
        await postgres.execute("drop database if exists scripts")
        await postgres.execute("create database scripts template template0")
        await postgres.close()
    database = _made[server.major]
    try:
        await database.execute(EMPTY)
        await database.execute("drop function public.nothing()")
        yield database
    finally:
        await database.close()
