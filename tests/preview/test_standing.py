"""What the server refuses whatever the rows, by where one looks from, and rows that only look like rows."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.catalog.model import TableName
from fkdash.catalog.postgres import read_catalog
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from fkdash.preview.preview import preview
from fkdash.preview.standing import as_it_stands
from fkdash.report.preview import sentence
from tests.support.looking import reading
from tests.support.servers import TestDatabase

_P = DeleteTarget(TableName("public", "p"), condition="id = 1")


async def _asked(database: TestDatabase) -> Preview:
    async with reading(database) as pool, pool.session() as session:
        catalog = await read_catalog(session)
        return await as_it_stands(session, catalog, await preview(session, _P, Limits()))


@pytest.mark.newest_version
async def test_a_database_whose_transactions_only_read_blocks_every_delete(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1)")
    await database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    await database.close()
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError) as refused:
        await database.execute("DELETE FROM p")
    found = await _asked(database)
    assert (found.verdict, found.exit_code) == (Verdict.BLOCKED, 1)
    assert [(each.sqlstate, each.first) for each in found.blockers] == [(refused.value.sqlstate, True)]
    assert "whatever the rows (transactions are read-only here by default)" in sentence(found)
    assert "READ WRITE" in found.notes[-1]


@pytest.mark.newest_version
async def test_a_role_that_only_reads_is_told_so_and_gets_the_answer_of_one_that_writes(
    database: TestDatabase,
) -> None:
    await database.execute("CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1)")
    await database.execute(
        f"ALTER ROLE postgres IN DATABASE {database.name} SET default_transaction_read_only = on"
    )
    await database.close()
    found = await _asked(database)
    assert found.verdict is Verdict.ALLOWED
    assert "refuse every DELETE (25006)" in found.notes[-1]


@pytest.mark.newest_version
async def test_a_row_of_an_inheriting_table_is_named_as_what_no_foreign_key_refers_to(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE heir () INHERITS (p);"
        "CREATE TABLE c (p int DEFAULT 9 REFERENCES p ON DELETE SET DEFAULT);"
        "INSERT INTO p VALUES (1); INSERT INTO heir VALUES (9); INSERT INTO c VALUES (1)"
    )
    found = await _asked(database)
    assert [(each.sqlstate, str(each.missing)) for each in found.blockers] == [("23503", "public.p")]
    assert "Rows of public.heir stand in a query of public.p" in found.notes[-1]
