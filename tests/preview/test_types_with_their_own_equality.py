"""Rows chosen by a key whose type brought its own equality are those that the type calls equal."""

from __future__ import annotations

import pytest

from fkdash.catalog.table_name import TableName
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from fkdash.preview.preview import preview
from tests.support.servers import TestDatabase


@pytest.mark.parametrize(
    ("extension", "stored", "given"),
    [("citext", "Abc", "aBC"), ("ltree", "Top.A", "Top.A"), ("isn", "0-393-04002-X", "978-0-393-04002-9")],
)
async def test_a_key_is_compared_as_its_unique_index_does(
    database: TestDatabase, extension: str, stored: str, given: str
) -> None:
    if not await database.fetch("SELECT FROM pg_available_extensions WHERE name = $1", extension):
        pytest.skip(f"this build of PostgreSQL comes without {extension}")
    own = {"isn": "isbn"}.get(extension, extension)
    await database.execute(
        f"CREATE EXTENSION {extension}; CREATE TABLE p (id {own} PRIMARY KEY);"
        f"CREATE TABLE c (p {own} NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);"
        f"INSERT INTO p VALUES ('{stored}'); INSERT INTO c VALUES ('{given}')"
    )
    found = await _looked(database, given)
    assert (found.verdict, found.target_rows) == (Verdict.BLOCKED, 1)
    assert [blocker.rows for blocker in found.blockers] == [1]


async def _looked(database: TestDatabase, key: str) -> Preview:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        async with pool.session() as session:
            return await preview(session, DeleteTarget(TableName("public", "p"), keys=({"id": key},)), Limits())
    finally:
        await pool.close()
