"""What publications publish, told from the catalog alone: the server's own function waits for locks."""

from __future__ import annotations

import asyncio

import pytest

from fkdash.catalog.table_name import TableName
from tests.support.looking import catalog_of
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

_TABLES = """
CREATE SCHEMA s; CREATE SCHEMA other;
CREATE TABLE plain (id int PRIMARY KEY); CREATE TABLE s.inside (id int PRIMARY KEY);
CREATE UNLOGGED TABLE s.unlogged (id int PRIMARY KEY);
CREATE TABLE top (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE top_1 PARTITION OF top FOR VALUES FROM (0) TO (10);
CREATE TABLE middle PARTITION OF top FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (id);
CREATE TABLE s.leaf PARTITION OF middle FOR VALUES FROM (10) TO (20);
CREATE TABLE other.leaf PARTITION OF middle FOR VALUES FROM (20) TO (30);
CREATE TABLE s.whole (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE other.part PARTITION OF s.whole FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE lonely (id int); CREATE TABLE empty_one (id int) PARTITION BY LIST (id);
"""
_PUBLISHED = (
    "TABLE plain", "TABLE top", "TABLE middle", "TABLE top, middle, s.leaf", "TABLE s.leaf, other.part", "TABLE empty_one",
    "TABLE s.whole, top_1", "ALL TABLES",
)  # fmt: skip
_IN_SCHEMAS = ("TABLES IN SCHEMA s", "TABLES IN SCHEMA public, other", "TABLE middle, TABLES IN SCHEMA s")
_SAID = """
SELECT t.relid::regclass::oid::int8 AS oid, array_agg(DISTINCT p.pubname::text) AS publications,
       bool_or(NOT EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND (r.prrelid = t.relid
         OR r.prrelid IN (SELECT a.relid FROM pg_partition_ancestors(t.relid) a)))) AS new_tables_too
  FROM pg_publication p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname::text) t GROUP BY t.relid
"""


async def test_a_table_is_published_by_what_the_server_says_publishes_it(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    wanted = (*_PUBLISHED, *(_IN_SCHEMAS if database.version >= 15 else ()))
    for number, what in enumerate(wanted):
        for root in ("true", "false"):
            await database.execute(
                f"CREATE PUBLICATION p{number}_{root} FOR {what} WITH (publish_via_partition_root = {root})"
            )
    said = {row["oid"]: (tuple(row["publications"]), row["new_tables_too"]) for row in await database.fetch(_SAID)}
    catalog = await catalog_of(database)
    told = {
        table.oid: (table.replication.publications, table.replication.new_tables_too)
        for table in catalog.tables.values()
        if table.replication is not None
    }
    assert told == said
    assert len(told) > 8


async def test_a_published_table_that_is_locked_is_not_waited_for(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    await database.execute("CREATE PUBLICATION pub FOR TABLE plain, top")
    await database.execute("BEGIN; LOCK TABLE plain, top")
    try:
        async with asyncio.timeout(in_time(5)):
            catalog = await catalog_of(database)
    finally:
        await database.execute("ROLLBACK")
    table = catalog.tables[TableName("public", "plain")]
    assert table.locked
    assert table.replication is not None
    assert table.replication.publications == ("pub",)
