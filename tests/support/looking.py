"""Read-only sessions on a test database, as the product opens them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from fkdash.catalog.model import Catalog, ForeignKey
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.pool import Limits, ReadPool
from fkdash.db.statements import OpenTransaction
from fkdash.db.where.resolve import ConnectionArguments, resolve
from tests.support.servers import TestDatabase


@asynccontextmanager
async def reading(
    database: TestDatabase, *, user: str | None = None, limits: Limits | None = None
) -> AsyncIterator[ReadPool]:
    """Open the pool on a test database, as its superuser or as another role."""
    dsn = database.dsn if user is None else database.dsn.replace("//postgres@", f"//{user}@")
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=dsn), {}), limits=limits)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def looking_over(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[OpenTransaction]:
    """Give a read-only session of one snapshot over a connection that is there."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield OpenTransaction(connection, where="the test's server", statement_seconds=None)


async def catalog_of(database: TestDatabase, *, user: str | None = None) -> Catalog:
    """Read the catalog in a session of its own."""
    async with reading(database, user=user) as pool, pool.session() as session:
        return await read_catalog(session)


def key_named(catalog: Catalog, name: str) -> ForeignKey:
    """Give the only foreign key of this name."""
    [found] = [key for key in catalog.foreign_keys if key.name == name]
    return found
