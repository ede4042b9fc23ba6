from __future__ import annotations

import asyncpg
import pytest

from fkdash.demo import incident
from fkdash.demo.population import batches
from fkdash.errors import UsageError
from tests.support.servers import TestDatabase, TestServer, fresh_database

TABLES = """
    SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'billing') ORDER BY 1
"""
PRIMARY = "users_primary_workspace_id_workspaces_id_fk"
CASCADING = "FOREIGN KEY (primary_workspace_id) REFERENCES workspaces ON DELETE CASCADE"
LATENT = "cases_tenant_id_escalated_to_agents_tenant_id_id_fk"


async def checksums(database: TestDatabase) -> dict[str, str | None]:
    """Give a checksum of each table's rows, whatever their order; None for an empty table."""
    return {
        table["name"]: await database.value(
            f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM {table['name']} t"
        )
        for table in await database.fetch(TABLES)
    }


def test_the_same_seed_gives_the_same_rows() -> None:
    assert list(batches()) == list(batches())
    assert list(batches(1)) != list(batches(2))


async def test_two_loads_give_the_same_rows(incident_database: TestDatabase, server: TestServer) -> None:
    async with fresh_database(server) as second:
        await incident.load(second.dsn)
        assert await checksums(second) == await checksums(incident_database)


async def test_there_are_43_tables_none_of_them_empty_and_57_foreign_keys(incident_database: TestDatabase) -> None:
    tables = await checksums(incident_database)
    assert len(tables) == 43
    assert [name for name, checksum in tables.items() if checksum is None] == []
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
    assert await incident_database.value(keys) == 57


async def test_the_foreign_keys_are_of_every_sort(incident_database: TestDatabase) -> None:
    [sorts] = await incident_database.fetch("""
        SELECT array_agg(DISTINCT confdeltype::text ORDER BY confdeltype::text) AS actions,
               bool_or(NOT convalidated) AS not_valid, bool_or(condeferrable) AS deferrable,
               bool_or(condeferred) AS deferred, bool_or(conrelid = confrelid) AS self_reference,
               bool_or(cardinality(conkey) > 1) AS composite, bool_or(conparentid <> 0) AS partitioned
        FROM pg_constraint WHERE contype = 'f'
    """)
    assert sorts["actions"] == ["a", "c", "d", "n", "r"]
    assert all(list(sorts.values())[1:])


async def test_only_two_keys_set_a_column_to_null_that_cannot_be_null(incident_database: TestDatabase) -> None:
    conflicts = await incident_database.fetch("""
        SELECT DISTINCT conname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) AND attnotnull
        WHERE contype = 'f' AND confdeltype = 'n' ORDER BY 1
    """)
    assert [row["conname"] for row in conflicts] == [LATENT, PRIMARY]
    assert await incident_database.value("SELECT count(*) FROM cases WHERE escalated_to IS NOT NULL") == 0


async def test_the_conflict_bites_412_of_1208_workspaces_through_5000_users(
    incident_database: TestDatabase,
) -> None:
    [counts] = await incident_database.fetch("""
        SELECT (SELECT count(*) FROM workspaces) AS workspaces, count(*) AS users,
               count(DISTINCT w.id) AS referenced, count(*) FILTER (WHERE w.slug = 'acme') AS acme
        FROM users JOIN workspaces w ON w.id = primary_workspace_id
    """)
    assert tuple(counts.values()) == (1208, 5000, 412, 1204)


async def test_deleting_a_referenced_workspace_fails_and_an_unreferenced_one_goes(
    incident_database: TestDatabase,
) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        await incident_database.execute("DELETE FROM workspaces WHERE slug = 'acme'")
    gone = "DELETE FROM workspaces WHERE id NOT IN (SELECT primary_workspace_id FROM users)"
    assert await incident_database.execute(gone) == "DELETE 796"


@pytest.mark.parametrize(
    "repair",
    ["ALTER primary_workspace_id DROP NOT NULL", f"DROP CONSTRAINT {PRIMARY}, ADD {CASCADING}"],
    ids=["drop-not-null", "cascade"],
)
async def test_nothing_else_stands_in_the_way_once_the_conflict_is_repaired(
    incident_database: TestDatabase, repair: str
) -> None:
    await incident_database.execute(f"ALTER TABLE users {repair}")
    assert await incident_database.execute("DELETE FROM workspaces WHERE slug = 'acme'") == "DELETE 1"


async def test_42_memberships_name_workspaces_that_do_not_exist(incident_database: TestDatabase) -> None:
    orphans = "SELECT count(*) FROM workspace_members WHERE workspace_id NOT IN (SELECT id FROM workspaces)"
    assert await incident_database.value(orphans) == 42
    declared = "SELECT confrelid::regclass::text FROM pg_constraint WHERE conrelid = 'workspace_members'::regclass"
    assert "workspaces" not in {row[0] for row in await incident_database.fetch(declared)}


async def test_e_mail_addresses_belong_to_nobody(incident_database: TestDatabase) -> None:
    real = "SELECT count(*) FROM users WHERE email !~ '(@example[.](com|org|net)|[.]example)$'"
    assert await incident_database.value(real) == 0


async def test_the_incident_is_not_loaded_into_a_database_in_use(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE precious (id integer)")
    with pytest.raises(UsageError, match="already has tables"):
        await incident.load(database.dsn)
    assert await database.value("SELECT count(*) FROM pg_class WHERE relname = 'workspaces'") == 0
