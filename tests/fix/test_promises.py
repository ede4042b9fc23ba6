"""What an option promises is what deletes then do: said from the schema, counted where there are rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.fix.fix_for import anything_about, subject_of
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from fkdash.report.preview.promises import promises
from tests.support.looking import reading

if TYPE_CHECKING:
    from fkdash.fix.option import Option
    from tests.support.servers import TestDatabase

_SHAPE = """
CREATE TABLE org (ws int, id int, PRIMARY KEY (ws, id));
CREATE TABLE disposition (
    id int PRIMARY KEY, ws int NOT NULL, verdict text NOT NULL, org_id int,
    CONSTRAINT to_org FOREIGN KEY (ws, org_id) REFERENCES org ON DELETE SET NULL,
    CONSTRAINT disposition_shape CHECK (verdict <> 'company' OR org_id IS NOT NULL));
INSERT INTO org VALUES (1, 1), (1, 2), (1, 3);
INSERT INTO disposition VALUES (1, 1, 'company', 1), (2, 1, 'unsure', 2);
"""


async def _offered(database: TestDatabase, name: str, *, anything: bool = False) -> dict[str, Option]:
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
    key = find_foreign_key(catalog, name)
    finding = anything_about(key) if anything else subject_of(catalog, key)
    return {option.id: option for option in options(catalog, finding)}


async def _counted(
    database: TestDatabase, name: str, option: str, *, value: str = "", anything: bool = False
) -> tuple[int | None, int | None, int]:
    """Count by promise, before and after, then carry the plan out and delete each row, to see what is so."""
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
        key = find_foreign_key(catalog, name)
        finding = anything_about(key) if anything else subject_of(catalog, key, option)
        made = plan(catalog, finding, option, words=(value,) if value else ())
        (promise,) = [each async for each in promises(pool, catalog, [made], seconds=_PATIENT)]
    for step in made.steps:
        await database.execute(step.sql)
    refused = await database.value(
        f"SELECT count(*) FROM {key.referenced.sql} AS r, pg_temp.tried($1, r.tableoid, r.ctid)",
        key.referenced.sql,
    )
    return promise.today, promise.then, refused


_PATIENT = 60.0
"""What is counted here is held, not how fast that is on a busy machine."""
_TRIED = """
CREATE FUNCTION pg_temp.tried(name text, leaf oid, place tid) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE format('DELETE FROM %s WHERE tableoid = %L AND ctid = %L', name, leaf, place);
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION 'taken back' USING ERRCODE = 'ZZ001';
    EXCEPTION
        WHEN SQLSTATE 'ZZ001' THEN NULL;
        WHEN OTHERS THEN RETURN NEXT SQLERRM;
    END;
END $$;
"""


async def test_an_option_names_the_check_that_still_stops_some_rows_and_counts_them(
    database: TestDatabase,
) -> None:
    await database.execute(_SHAPE + _TRIED)
    name = "set-null-columns" if database.version >= 15 else "drop-not-null"
    if name == "drop-not-null":
        await database.execute("ALTER TABLE disposition DROP CONSTRAINT disposition_pkey")
    offered = await _offered(database, "to_org")
    assert "disposition_shape" in offered[name].blocked
    assert "works" not in offered[name].then
    assert "except" not in offered["cascade"].blocked
    assert await _counted(database, "to_org", name) == (2, 1, 1)


async def test_a_second_key_and_one_further_down_are_named(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE other (id int CONSTRAINT beside REFERENCES p);"
        "CREATE TABLE c (id int PRIMARY KEY, p_id int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);"
        "CREATE TABLE g (c_id int CONSTRAINT g_c REFERENCES c);"
        "INSERT INTO p VALUES (1), (2), (3); INSERT INTO c VALUES (1, 1), (2, 2), (3, 3);"
        "INSERT INTO other VALUES (1); INSERT INTO g VALUES (2);" + _TRIED
    )
    offered = await _offered(database, "c_p")
    assert "beside of other (NO ACTION)" in offered["drop-not-null"].blocked
    assert "g_c" not in offered["drop-not-null"].blocked
    assert all(name in offered["cascade"].blocked for name in ("beside", "g_c"))
    assert await _counted(database, "c_p", "cascade") == (3, 2, 2)


async def test_an_option_of_an_update_promises_no_deletes(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE zone (id int PRIMARY KEY); INSERT INTO zone VALUES (1), (2);"
        "CREATE TABLE site (zone_id int NOT NULL DEFAULT 77 CONSTRAINT site_zone REFERENCES zone ON UPDATE SET "
        "DEFAULT); INSERT INTO site VALUES (2);" + _TRIED
    )
    offered = await _offered(database, "site_zone")
    for name in ("cascade", "set-column-default"):
        assert not offered[name].frees
        assert "whose key cannot be changed today" in offered[name].blocked
        assert "a DELETE goes as before: NO ACTION refuses it" in offered[name].blocked
        assert "delet" not in offered[name].then
    assert await _counted(database, "site_zone", "set-column-default", value="1") == (1, 1, 1)


async def test_a_key_that_blocks_nothing_says_what_would_start_to_fail(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int CONSTRAINT c_p REFERENCES p ON DELETE "
        "CASCADE); INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1);" + _TRIED
    )
    offered = await _offered(database, "c_p", anything=True)
    assert offered["restrict"].blocked == (
        "c_p blocks nothing today; rows of p to which c refers can then not be deleted"
    )
    assert offered["set-null"].blocked == "c_p blocks nothing today"
    assert not offered["set-null"].frees
    assert await _counted(database, "c_p", "restrict", anything=True) == (0, 1, 1)


async def test_a_default_that_is_named_is_counted_with(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE author (name text PRIMARY KEY); INSERT INTO author VALUES ('alice'), ('bob'), ('nobody');"
        "CREATE TABLE journal (by text NOT NULL DEFAULT 'gone' CONSTRAINT journal_by REFERENCES author ON DELETE "
        "SET DEFAULT); INSERT INTO journal VALUES ('alice'), ('bob');" + _TRIED
    )
    assert await _counted(database, "journal_by", "set-column-default", value="bob") == (2, 1, 1)


@pytest.mark.newest_version
async def test_a_default_for_columns_that_the_action_leaves_alone_today_is_said_to_write_them(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (t int, id int, PRIMARY KEY (t, id));"
        "CREATE TABLE c (t int NOT NULL, p_id int DEFAULT 0, CONSTRAINT c_p FOREIGN KEY (t, p_id) REFERENCES p "
        "ON DELETE SET DEFAULT (p_id));" + _TRIED
    )
    offered = await _offered(database, "c_p")
    assert "the row of p you name, also by t, which c keeps today" in offered["set-column-default"].then
