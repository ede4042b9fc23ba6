"""pg_stat_statements itself, where a server under test brings it: the embedded ones do not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from fkdash.catalog.model import Query
from fkdash.catalog.postgres.kept_queries import read_statements
from fkdash.checking.database import CheckOptions, check
from fkdash.db.pool import ReadPool
from fkdash.db.statements import OpenTransaction
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.rules.registry import rule
from tests.support.servers import TestDatabase, fresh_database, running_server

pytestmark = pytest.mark.every_version

_AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements')"
_RULE = (rule("FK207"),)


@pytest.fixture
async def unloaded(database: TestDatabase) -> TestDatabase:
    """A database with the extension on a server that has not loaded its library."""
    if not await database.value(_AVAILABLE):
        pytest.skip(f"this PostgreSQL {database.version} comes without pg_stat_statements")
    await database.execute('CREATE SCHEMA "some where"; CREATE EXTENSION pg_stat_statements SCHEMA "some where"')
    return database


@pytest.fixture
async def loaded(unloaded: TestDatabase) -> AsyncIterator[TestDatabase]:
    """Two tables that only a statement joins, on a server that keeps statements."""
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    with running_server(unloaded.version, settings) as server:
        async with fresh_database(server) as database:
            await database.execute("""
                CREATE EXTENSION pg_stat_statements;
                CREATE TABLE users (id int PRIMARY KEY);
                CREATE TABLE orders (id int PRIMARY KEY, buyer int);
                CREATE ROLE "nobody's" LOGIN;
            """)
            for _ in range(3):
                await database.fetch("SELECT o.id FROM orders o JOIN users u ON u.id = o.buyer WHERE u.id = 7")
            yield database


@pytest.mark.maximum_version(17)
@pytest.mark.newest_version
async def test_a_join_that_was_run_is_evidence_for_a_reference_that_is_not_declared(loaded: TestDatabase) -> None:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=loaded.dsn), {}))
    try:
        report = await check(pool, CheckOptions(rules=_RULE))
    finally:
        await pool.close()
    assert report.complete
    assert report.unknowns == ()
    [reported] = report.findings
    assert reported.finding.evidence == (
        "a statement that was run 3 times (pg_stat_statements) joins public.orders.buyer to public.users.id",
    )
    other = await asyncpg.connect(loaded.dsn.replace("postgres@", "nobody%27s@"))
    try:
        assert "JOIN users" not in "".join(query.sql for query in await _statements(other))
    finally:
        await other.close()


async def test_an_extension_whose_library_is_not_loaded_is_said_and_hides_nothing(unloaded: TestDatabase) -> None:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=unloaded.dsn), {}))
    try:
        report = await check(pool, CheckOptions(rules=_RULE))
    finally:
        await pool.close()
    [unknown] = report.unknowns
    assert unknown.what == "joins in pg_stat_statements"
    assert "shared_preload_libraries" in unknown.reason
    assert report.complete


async def _statements(connection: asyncpg.Connection[asyncpg.Record]) -> tuple[Query, ...]:
    async with connection.transaction():
        return await read_statements(OpenTransaction(connection, where="a test", statement_seconds=10))
