"""What tests of this room work on."""

from __future__ import annotations

import pytest

from fkdash.catalog.model import Catalog
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase


@pytest.fixture
async def schema(database: TestDatabase, request: pytest.FixtureRequest) -> Catalog:
    """The catalog of a database with the module's SCHEMA."""
    await database.execute(request.module.SCHEMA)
    return await catalog_of(database)
