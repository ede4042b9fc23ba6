"""What several of these tests share: a schema, errors as psql prints them, the keys that an answer names."""

from __future__ import annotations

import asyncpg

from fkdash.catalog.model import Catalog
from fkdash.explain.model import Explanation
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

LINES = """
create table catalogue (id int primary key);
create table line (id int primary key, catalogue int not null constraint line_catalogue_fkey references catalogue);
"""


async def made(database: TestDatabase, schema: str) -> Catalog:
    await database.execute(schema)
    return await catalog_of(database)


async def raised(database: TestDatabase, statement: str) -> str:
    """Give what psql prints of the error that a statement raises."""
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.fetch(statement)
    except asyncpg.PostgresError as error:
        context = f"\nCONTEXT:  {error.context}" if error.context else ""
        return f"ERROR:  {error}{context}"
    finally:
        await transaction.rollback()
    raise AssertionError(statement)


def keys_of(found: Explanation) -> list[str]:
    return [answer.key.name for answer in found.answers]
