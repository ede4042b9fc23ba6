"""What the server refuses whatever the rows, by where one looks from, and rows that only look like rows."""

from __future__ import annotations

import json

import asyncpg
import pytest

from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.preview.declared.not_tables import no_table
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from fkdash.preview.preview import preview
from fkdash.preview.standing import as_it_stands
from fkdash.report.preview.delete import sentence
from tests.support.commands import fkdash
from tests.support.looking import reading
from tests.support.servers import TestDatabase

_P = DeleteTarget(TableName("public", "p"), condition="id = 1")


async def _asked(database: TestDatabase) -> Preview:
    async with reading(database) as pool, pool.session() as session:
        catalog = await read_catalog(session)
        return as_it_stands(catalog, await preview(session, _P, Limits()))


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
    assert "refuse every DELETE and UPDATE (25006)" in found.notes[-1]


@pytest.mark.newest_version
async def test_where_sessions_begin_as_a_replica_no_verdict_rests_on_what_a_key_would_do(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int NOT NULL REFERENCES p ON DELETE SET NULL);"
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1)"
    )
    for whose, verdict in (
        (f"ROLE postgres IN DATABASE {database.name}", Verdict.BLOCKED),
        (f"DATABASE {database.name}", Verdict.UNKNOWN),
    ):
        await database.execute(f"ALTER {whose} SET session_replication_role = replica")
        await database.close()
        found = await _asked(database)
        assert (found.verdict, len(found.blockers)) == (verdict, 1)
        assert "begin with session_replication_role = replica" in found.notes[-1]
        assert await database.execute("BEGIN; DELETE FROM p WHERE id = 1; ROLLBACK") == "ROLLBACK"
        await database.execute(f"ALTER {whose} RESET session_replication_role")
    await database.execute(f"ALTER DATABASE {database.name} SET session_replication_role = replica")
    every = await fkdash("preview", database.dsn, "--table", "p", "--all")
    assert (every.returncode, "begin with session_replication_role" in every.stdout) == (4, True)
    checked = await fkdash("check", database.dsn)
    assert "the findings are about sessions that set it to origin" in checked.stdout.splitlines()[2]


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


@pytest.mark.newest_version
async def test_every_row_is_held_back_where_a_database_only_reads(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);"
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1)"
    )
    await database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    await database.close()
    found = await fkdash("preview", database.dsn, "--table", "p", "--all")
    assert found.returncode == 1
    assert "2 of 2 rows of public.p cannot be deleted" in found.stdout
    assert "transactions are read-only here by default" in found.stdout
    assert "begun READ WRITE" in found.stdout
    checked = await fkdash("check", database.dsn)
    assert "read-only by default (default_transaction_read_only)" in checked.stdout.splitlines()[2]
    document = json.loads((await fkdash("check", database.dsn, "--format", "json")).stdout)
    assert document["server"]["read_only"] == "database"


@pytest.mark.newest_version
async def test_a_delete_of_rows_that_a_subscription_writes_is_told_to_stay_undone_at_the_publisher(
    database: TestDatabase,
) -> None:
    await database.execute("CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1)")
    connection = await database.connection()
    await connection.execute(
        "CREATE SUBSCRIPTION incoming CONNECTION 'host=/nowhere' PUBLICATION all_of_it "
        "WITH (connect = false, slot_name = NONE)"
    )
    try:
        await connection.execute(
            "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) "
            "SELECT oid, 'p'::regclass, 'r' FROM pg_subscription WHERE subname = 'incoming'"
        )
        found = await _asked(database)
    finally:
        await connection.execute("DROP SUBSCRIPTION incoming")
    assert found.verdict is Verdict.ALLOWED
    [note] = found.notes
    assert "Rows of public.p are written by subscription incoming" in note


_VIEWS = """
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE "C d" (p int REFERENCES p);
CREATE VIEW simple AS SELECT * FROM p;
CREATE VIEW over AS SELECT * FROM simple;
CREATE VIEW joined AS SELECT p.id FROM p JOIN "C d" ON p = id;
CREATE VIEW ruled AS SELECT id FROM p;
CREATE RULE instead AS ON DELETE TO ruled DO INSTEAD DELETE FROM "C d" WHERE p = OLD.id;
CREATE VIEW triggered AS SELECT id FROM p;
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
CREATE TRIGGER instead INSTEAD OF DELETE ON triggered FOR EACH ROW EXECUTE FUNCTION gone();
CREATE MATERIALIZED VIEW kept AS SELECT * FROM p;
CREATE SEQUENCE counter;
"""


@pytest.mark.newest_version
async def test_a_view_is_named_as_one_with_what_a_delete_there_means_and_the_tables_to_ask_about(
    database: TestDatabase,
) -> None:
    await database.execute(_VIEWS)
    for name, what, instead in (
        ("simple", "deletes rows of public.p", "--table public.p."),
        ("over", "deletes rows of public.p", "--table public.p."),
        ("public.joined", "is refused (55000)", "--table 'public.\"C d\"' or --table public.p."),
        ("ruled", "rule instead carries out other statements", "--table 'public.\"C d\"' or --table public.p."),
        ("triggered", "INSTEAD OF trigger instead", "--table public.p."),
        ("kept", "is a materialized view", "--table public.p."),
        ("counter", "is a sequence, not a table", "fkdash list"),
    ):
        async with reading(database) as pool, pool.session() as session:
            told = await no_table(session, name)
            assert await no_table(session, "nothing") is None
        assert told is not None
        assert what in told.what
        assert instead in told.next_step
    for rows in ("--all", "--where=true"):
        found = await fkdash("preview", database.dsn, "--table", "over", rows)
        assert (found.returncode, "public.over is a view" in found.stderr) == (2, True)
    asked = await fkdash("guard", "joined", database.dsn)
    assert (asked.returncode, "public.joined is a view, not a table" in asked.stderr) == (2, True)
    assert (
        "Ask about the table that it deletes from: fkdash guard 'public.\"C d\"' or fkdash guard public.p."
        in asked.stderr
    )
