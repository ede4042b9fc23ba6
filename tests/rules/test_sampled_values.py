"""Undeclared references and the values in them: what a sample says, where the role may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.checking.database import CheckOptions, check
from fkdash.rules.severity import Severity
from tests.support.looking import reading

if TYPE_CHECKING:
    from fkdash.rules.finding import Finding
    from tests.support.servers import TestDatabase

_TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY); INSERT INTO users SELECT 1000 + 7 * g FROM generate_series(1, 50) g;
CREATE TABLE whole (user_id int); INSERT INTO whole SELECT 1000 + 7 * g FROM generate_series(1, 50) g;
CREATE TABLE strange (user_id int); INSERT INTO strange SELECT g FROM generate_series(1, 50) g;
CREATE TABLE few (user_id bigint); INSERT INTO few VALUES (1007), (1014), (1);
CREATE TABLE empty (user_id bigint); INSERT INTO empty VALUES (NULL);
"""


async def _undeclared(database: TestDatabase, *, user: str | None = None) -> dict[str, Finding]:
    async with reading(database, user=user) as pool:
        report = await check(pool, CheckOptions())
    found = (each.finding for each in report.findings if each.finding.rule == "FK207")
    return {each.key.table.name: each for each in found}


async def test_values_strengthen_doubt_or_drop_what_a_name_says(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    found = await _undeclared(database)
    assert set(found) == {"whole", "few", "empty"}
    assert found["whole"].severity is Severity.WARNING
    assert "all of 50 different values sampled are keys of public.users" in found["whole"].evidence
    assert found["few"].severity is Severity.INFO
    assert "2 of 3 different values sampled are keys of public.users" in found["few"].evidence
    assert not any("sampled" in said for said in found["empty"].evidence)


async def test_several_columns_are_looked_up_together(database: TestDatabase) -> None:
    await database.execute("""
        CREATE TABLE orders (tenant int, id int, PRIMARY KEY (tenant, id));
        INSERT INTO orders SELECT g % 2, g FROM generate_series(1, 20) g;
        CREATE TABLE lines (tenant int, order_id int); INSERT INTO lines SELECT g % 2, g FROM generate_series(1, 15) g;
        CREATE TABLE others (tenant int, order_id int); INSERT INTO others SELECT 1 - g % 2, g FROM generate_series(1, 5) g;
        INSERT INTO lines VALUES (NULL, 999);
    """)
    found = await _undeclared(database)
    assert set(found) == {"lines"}
    assert found["lines"].severity is Severity.WARNING
    assert "all of 15 different values sampled are keys of public.orders" in found["lines"].evidence


async def test_a_role_that_does_not_see_every_row_learns_nothing_from_values(database: TestDatabase) -> None:
    await database.execute(
        _TABLES
        + "DROP ROLE IF EXISTS sampler; CREATE ROLE sampler LOGIN; GRANT SELECT ON whole, strange TO sampler"
    )
    try:
        for grant in ("SELECT 1", "GRANT SELECT ON users TO sampler; ALTER TABLE users ENABLE ROW LEVEL SECURITY"):
            await database.execute(grant)
            found = await _undeclared(database, user="sampler")
            assert {"whole", "strange"} <= set(found)
            assert not any("sampled" in said for each in found.values() for said in each.evidence)
    finally:
        await database.execute("DROP OWNED BY sampler; DROP ROLE sampler")


async def test_values_that_only_other_roles_code_could_give_are_left_alone(database: TestDatabase) -> None:
    await database.execute(
        "DROP ROLE IF EXISTS planter; CREATE ROLE planter; GRANT CREATE ON SCHEMA public TO planter;"
        "CREATE TABLE users (id bigint PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 50);"
        "CREATE TABLE fine (user_id int); INSERT INTO fine SELECT generate_series(1, 50);"
        "CREATE TABLE ran (by name); SET ROLE planter;"
        "CREATE FUNCTION planted(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS "
        "$$ BEGIN INSERT INTO ran VALUES (current_user); RETURN $1; EXCEPTION WHEN OTHERS THEN RETURN $1; END $$;"
        "CREATE TABLE trap (user_id bigint); INSERT INTO trap SELECT 100 + generate_series(1, 50);"
        "CREATE INDEX ON trap (planted(user_id)); RESET ROLE"
    )
    try:
        found = await _undeclared(database)
        assert found["fine"].severity is Severity.WARNING
        assert "trap" not in found or not any("sampled" in said for said in found["trap"].evidence)
        assert await database.fetch("SELECT * FROM ran") == []
    finally:
        await database.execute("DROP OWNED BY planter; DROP ROLE planter")
