"""The queries that a database keeps are read as they are; pg_stat_statements only where it is."""

from __future__ import annotations

import asyncpg

from fkdash.catalog.postgres.kept_queries import read_statements, read_views
from fkdash.db.queries import query
from fkdash.db.statements import OpenTransaction
from tests.support.servers import TestDatabase


async def test_views_are_read_with_their_tables_qualified(database: TestDatabase) -> None:
    await database.execute("""
        CREATE TABLE "Odd" (id int);
        CREATE VIEW v AS SELECT a.id FROM "Odd" a JOIN "Odd" b ON a.id = b.id;
        CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
    """)
    connection = await database.connection()
    async with connection.transaction():
        await connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        found = await read_views(OpenTransaction(connection, where="a test", statement_seconds=10))
    assert [each.origin for each in found] == ["view public.v", "view public.m"]
    assert 'public."Odd"' in found[0].sql


async def test_a_view_on_a_table_that_somebody_locks_is_not_waited_for(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT 1")
    holder = await database.connection()
    async with holder.transaction():
        await holder.execute("LOCK TABLE t")
        looker = await asyncpg.connect(database.dsn)
        try:
            async with looker.transaction():
                await looker.execute("SET LOCAL lock_timeout = '200ms'")
                found = await read_views(OpenTransaction(looker, where="a test", statement_seconds=10))
        finally:
            await looker.close()
    assert [each.origin for each in found] == ["view public.w"]


async def test_without_the_extension_there_are_no_statements(database: TestDatabase) -> None:
    connection = await database.connection()
    async with connection.transaction():
        assert await read_statements(OpenTransaction(connection, where="a test", statement_seconds=10)) == ()


async def test_only_statements_of_this_database_that_compare_are_asked_for(database: TestDatabase) -> None:
    # The embedded servers lack the extension: a function of its shape stands in for its own.
    await database.execute("""
        CREATE SCHEMA "some where";
        CREATE FUNCTION "some where".pg_stat_statements(showtext boolean)
        RETURNS TABLE (query text, calls bigint, dbid oid) LANGUAGE sql AS $$
          SELECT text, 7, oid
            FROM pg_database,
                 (VALUES ('SELECT 1 FROM a JOIN b ON a.id = b.a'), ('SELECT 1'), ('<insufficient privilege>')) v (text)
        $$;
    """)
    sql = query("fkdash.catalog.postgres", "statements").replace("{schema}", '"some where"')
    rows = await database.fetch(sql, 10)
    assert [(row["query"], row["calls"]) for row in rows] == [("SELECT 1 FROM a JOIN b ON a.id = b.a", 7)]
