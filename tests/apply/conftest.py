"""What tests of this room work on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.changes import Workbench, workbench
from tests.support.servers import TestDatabase
from tests.support.traffic import ORPHANS, SCHEMA, traffic_on


@pytest.fixture
async def bench(
    database: TestDatabase, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Workbench]:
    """A workbench on a database with the module's TABLES."""
    await database.execute(request.module.TABLES)
    async with workbench(database, tmp_path) as made:
        yield made


@pytest.fixture
async def busy(database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """A database that two writers are at, and that has no orphan in the end."""
    await database.execute(SCHEMA)
    async with traffic_on(database, writers=2, pause=0.01):
        yield database
        assert await database.value(ORPHANS) == 0
