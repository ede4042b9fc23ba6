"""`check` says what the preview and the options say: no more than happens, and nothing that would be refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.checking.database import CheckOptions, check
from fkdash.checking.result import Reported, impact_words
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.fix.options import options
from fkdash.rules.severity import Severity
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[ReadPool]:
    opened = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    yield opened
    await opened.close()


async def _found(database: TestDatabase, pool: ReadPool, sql: str, rule_id: str) -> list[Reported]:
    await database.execute(sql)
    report = await check(pool, CheckOptions())
    return [each for each in report.findings if each.finding.rule == rule_id]


async def test_a_not_valid_check_that_no_row_violates_is_not_mentioned(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = """
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE reports (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE SET NULL, message text);
        INSERT INTO users VALUES (1); INSERT INTO reports VALUES (1, 1, 'short'), (2, NULL, 'far too long');
        ALTER TABLE reports ADD CONSTRAINT message_len CHECK (char_length(message) <= 8) NOT VALID;
    """
    assert await _found(database, pool, schema, "FK102") == []
    [broken] = await _found(database, pool, "INSERT INTO users VALUES (2); ALTER TABLE reports DROP CONSTRAINT "
        "message_len; INSERT INTO reports VALUES (3, 2, 'far too long'); ALTER TABLE reports ADD CONSTRAINT "
        "message_len CHECK (char_length(message) <= 8) NOT VALID", "FK102")  # fmt: skip
    assert broken.finding.severity is Severity.WARNING
    assert "violates message_len today" in broken.finding.evidence[-1]


async def test_a_not_valid_check_that_calls_another_role_s_function_is_not_evaluated(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = f"""
        CREATE ROLE planter_{database.name};
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE reports (user_id int REFERENCES users ON DELETE SET NULL, n int);
        CREATE TABLE ran (n int);
        CREATE FUNCTION planted(n int) RETURNS bool LANGUAGE plpgsql AS
          'BEGIN RAISE EXCEPTION ''it ran''; RETURN true; END';
        ALTER FUNCTION planted OWNER TO planter_{database.name};
        INSERT INTO users VALUES (1); INSERT INTO reports VALUES (1, 1);
        ALTER TABLE reports ADD CONSTRAINT odd CHECK (planted(n)) NOT VALID;
    """
    [found] = await _found(database, pool, schema, "FK102")
    await database.execute(f"DROP FUNCTION planted CASCADE; DROP ROLE planter_{database.name}")
    assert not found.finding.certain


async def test_biting_is_said_only_where_the_preview_of_a_row_is_blocked(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = """
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE seats (user_id int UNIQUE NULLS NOT DISTINCT REFERENCES users ON DELETE SET NULL);
        INSERT INTO users VALUES (1), (2); INSERT INTO seats VALUES (1), (2);
    """
    [first] = await _found(database, pool, schema, "FK104")
    assert first.impact is not None
    assert first.impact.state == "latent"
    assert "preview of one that is referred to is allowed" in impact_words(first)
    [second] = await _found(database, pool, "DELETE FROM users WHERE id = 1", "FK104")
    assert second.impact is not None
    assert second.impact.state == "biting"


async def test_what_is_refused_whatever_the_rows_holds_every_row_back(
    database: TestDatabase, pool: ReadPool
) -> None:
    keeper = f"keeper_{database.name}"
    schema = f"""
        CREATE ROLE {keeper};
        CREATE TABLE users (id int PRIMARY KEY, code int UNIQUE);
        CREATE TABLE seats (user_id int REFERENCES users ON DELETE CASCADE);
        CREATE TABLE codes (code int REFERENCES users (code) ON DELETE CASCADE);
        ALTER TABLE seats OWNER TO {keeper}; ALTER TABLE codes OWNER TO {keeper};
        INSERT INTO users VALUES (1, 1), (2, NULL), (3, 3); INSERT INTO seats VALUES (1);
        REVOKE ALL ON seats, codes FROM {keeper};
    """
    found = await _found(database, pool, schema, "FK118")
    words = "cannot be deleted, whether a row of {} refers to one or not"
    assert sorted(impact_words(each) for each in found if each.impact is not None) == [
        f"biting: 2 rows of users {words.format('codes')}",
        f"biting: 3 rows of users {words.format('seats')}",
    ]
    for row in (1, 2, 3):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table seats"):
            await database.execute("DELETE FROM users WHERE id = $1", row)
    await database.execute("DROP TABLE seats; DELETE FROM users WHERE code IS NULL; TRUNCATE users CASCADE")
    [left] = [each for each in await _found(database, pool, "SELECT", "FK118") if each.impact is not None]
    assert impact_words(left) == "latent: users has no row that it looks for"
    await database.execute(f"DROP TABLE codes; DROP ROLE {keeper}")


async def test_rows_that_an_identity_column_holds_are_counted_whether_referred_to_or_not(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = """
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE seats (id int GENERATED ALWAYS AS IDENTITY REFERENCES users ON DELETE SET NULL);
        INSERT INTO users VALUES (1), (2), (3); INSERT INTO seats DEFAULT VALUES;
    """
    [found] = await _found(database, pool, schema, "FK116")
    words = "biting: 3 rows of users cannot be deleted, whether a row of seats refers to one or not"
    assert impact_words(found) == words
    for row in (1, 2, 3):
        with pytest.raises(asyncpg.PostgresError, match="can only be updated to DEFAULT"):
            await database.execute("DELETE FROM users WHERE id = $1", row)


async def test_rows_that_a_rule_in_the_place_of_an_action_holds_are_counted(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = """
        CREATE TABLE users (id int PRIMARY KEY, code int UNIQUE);
        CREATE TABLE orders (user_id int REFERENCES users ON DELETE CASCADE);
        CREATE TABLE codes (code int REFERENCES users (code) ON DELETE SET NULL);
        CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;
        CREATE RULE hold AS ON UPDATE TO codes DO INSTEAD NOTHING;
        INSERT INTO users VALUES (1, 1), (2, NULL), (3, 3); INSERT INTO orders VALUES (1);
    """
    found = await _found(database, pool, schema, "FK208")
    words = "cannot be deleted, whether a row of {} refers to one or not"
    assert sorted(impact_words(each) for each in found if each.impact is not None) == [
        f"biting: 2 rows of users {words.format('codes')}",
        f"biting: 3 rows of users {words.format('orders')}",
    ]
    for row in (1, 2, 3):
        with pytest.raises(asyncpg.InternalServerError, match="gave unexpected result"):
            await database.execute("DELETE FROM users WHERE id = $1", row)
    await database.execute("DROP TABLE orders; DELETE FROM users WHERE id = 2; DELETE FROM codes")
    with pytest.raises(asyncpg.InternalServerError, match="codes_code_fkey"):
        await database.execute("DELETE FROM users WHERE id = 1")
    await database.execute("TRUNCATE users CASCADE")
    [left] = await _found(database, pool, "SELECT", "FK208")
    assert impact_words(left) == "latent: users has no row that it looks for"


async def test_an_earlier_twin_takes_the_row_from_a_default_that_does_not_exist(
    database: TestDatabase, pool: ReadPool
) -> None:
    schema = """
        CREATE TABLE dept (id int PRIMARY KEY);
        CREATE TABLE emp (dept_id int DEFAULT 99,
          CONSTRAINT one FOREIGN KEY (dept_id) REFERENCES dept ON DELETE SET NULL,
          CONSTRAINT two FOREIGN KEY (dept_id) REFERENCES dept ON DELETE SET DEFAULT);
        INSERT INTO dept VALUES (1); INSERT INTO emp VALUES (1);
    """
    [found] = await _found(database, pool, schema, "FK106")
    assert (found.finding.severity, found.finding.certain) == (Severity.WARNING, False)


async def test_every_fix_that_is_listed_can_be_planned(database: TestDatabase, pool: ReadPool) -> None:
    await database.execute("""
        CREATE TABLE a (s int PRIMARY KEY);
        CREATE TABLE b (s int REFERENCES a ON UPDATE CASCADE ON DELETE CASCADE, id int, PRIMARY KEY (s, id));
        CREATE TABLE c (x int PRIMARY KEY, s int, id int, FOREIGN KEY (s, id) REFERENCES b);
        CREATE TABLE zone (id int PRIMARY KEY);
        CREATE TABLE site (zone_id int NOT NULL DEFAULT 77 CONSTRAINT site_zone REFERENCES zone ON UPDATE SET DEFAULT);
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE r (p int);
        ALTER TABLE r ADD CONSTRAINT one FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE NOT VALID;
        ALTER TABLE r ADD CONSTRAINT two FOREIGN KEY (p) REFERENCES p;
        CREATE TABLE n (h numeric PRIMARY KEY);
        CREATE TABLE m (h int REFERENCES n);
        CREATE INDEX ON m (h);
    """)
    catalog = await read_whole_catalog(pool)
    report = await check(pool, CheckOptions())
    listed = 0
    for each in report.findings:
        offered = {option.id: option.refused for option in options(catalog, each.finding)}
        for fix in each.finding.fixes:
            assert offered[fix] == "", (each.finding.rule, fix)
            listed += 1
    assert listed > 5
    [of_b] = [each.finding for each in report.findings if each.finding.rule == "FK115"]
    assert "cascade" not in of_b.fixes
