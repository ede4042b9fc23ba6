"""What an option promises is what deletes then do: said from the schema, counted where there are rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.fix_for import anything_about, subject_of
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.report.preview.promises import promises
from fkdash.report.preview.what_if import what_if
from tests.support.looking import reading

if TYPE_CHECKING:
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import Preview
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


async def offered_for(database: TestDatabase, name: str, *, anything: bool = False) -> dict[str, Option]:
    """Give the options for a key by their ids: those that answer the worst finding about it, or all."""
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
    offered = await offered_for(database, "to_org")
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
    offered = await offered_for(database, "c_p")
    assert "beside of other (NO ACTION)" in offered["drop-not-null"].blocked
    assert "g_c" not in offered["drop-not-null"].blocked
    assert all(name in offered["cascade"].blocked for name in ("beside", "g_c"))
    assert await _counted(database, "c_p", "cascade") == (3, 2, 2)


@pytest.mark.newest_version
async def test_what_the_actions_of_keys_beside_and_below_run_into_is_named(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3), (4);"
        "CREATE TABLE c (id int PRIMARY KEY, p_id int CONSTRAINT c_p REFERENCES p); INSERT INTO c VALUES (1, 1), (2, 4);"
        "CREATE TABLE note (c_id int DEFAULT 9 CONSTRAINT note_c REFERENCES c ON DELETE SET DEFAULT);"
        "INSERT INTO note VALUES (2);"
        "CREATE TABLE s (id int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE); INSERT INTO s VALUES (1, 1), (2, 2);"
        "CREATE TABLE t (s_id int CONSTRAINT t_s REFERENCES s); INSERT INTO t VALUES (1);"
        "CREATE TABLE u (p_id int NOT NULL REFERENCES p ON DELETE SET NULL); INSERT INTO u VALUES (3);" + _TRIED
    )
    offered = await offered_for(database, "c_p", anything=True)
    for each in ("set-null", "cascade"):
        for stops in ('"t_s" on table "t"', 'column "p_id" of relation "u"'):
            assert stops in offered[each].blocked
    assert "note_c" in offered["cascade"].blocked
    assert "note_c" not in offered["set-null"].blocked
    assert await _counted(database, "c_p", "cascade", anything=True) == (3, 3, 3)


@pytest.mark.newest_version
async def test_what_keys_to_a_partition_or_to_the_whole_run_into_is_named(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p_low PARTITION OF p FOR VALUES"
        " FROM (0) TO (10); INSERT INTO p VALUES (1), (2), (3);"
        "CREATE TABLE c (p_id int CONSTRAINT c_p REFERENCES p); INSERT INTO c VALUES (1), (2), (3);"
        "CREATE TABLE low (p_id int PRIMARY KEY REFERENCES p_low ON DELETE CASCADE); INSERT INTO low VALUES (1);"
        "CREATE TABLE held (id int CONSTRAINT held_low REFERENCES low); INSERT INTO held VALUES (1);"
        "CREATE TABLE d (p_id int CONSTRAINT d_low REFERENCES p_low); INSERT INTO d VALUES (2);" + _TRIED
    )
    for key in ("c_p", "d_low"):
        offered = await offered_for(database, key, anything=True)
        assert '"held_low" on table "held"' in offered["cascade"].blocked
    assert "d_low of d (NO ACTION)" in (await offered_for(database, "c_p", anything=True))["cascade"].blocked
    assert await _counted(database, "c_p", "cascade", anything=True) == (3, 2, 2)


async def test_an_action_that_a_rule_replaces_is_notoffered_for(database: TestDatabase) -> None:
    """Not of this key nor, on the way of a delete, below it without naming it (XX000)."""
    await database.execute("""
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE orders (id int PRIMARY KEY, user_id int CONSTRAINT of_user REFERENCES users);
        CREATE TABLE lines (id int PRIMARY KEY, order_id int CONSTRAINT of_order REFERENCES orders ON DELETE CASCADE);
        CREATE RULE hold AS ON UPDATE TO orders DO INSTEAD NOTHING;
        CREATE RULE keep AS ON DELETE TO lines DO INSTEAD NOTHING;
    """)
    offered = await offered_for(database, "of_user", anything=True)
    assert "Rule hold on orders replaces the statement that the action is" in offered["set-null"].refused
    assert "Rule hold on orders replaces" in offered["set-default"].refused
    assert offered["restrict"].refused == ""
    assert "fails there with XX000: of_order" in offered["cascade"].refused


async def test_an_option_of_an_update_promises_no_deletes(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE zone (id int PRIMARY KEY); INSERT INTO zone VALUES (1), (2);"
        "CREATE TABLE site (zone_id int NOT NULL DEFAULT 77 CONSTRAINT site_zone REFERENCES zone ON UPDATE SET "
        "DEFAULT); INSERT INTO site VALUES (2);" + _TRIED
    )
    offered = await offered_for(database, "site_zone")
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
    offered = await offered_for(database, "c_p", anything=True)
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
    offered = await offered_for(database, "c_p")
    assert "the row of p you name, also by t, which c keeps today" in offered["set-column-default"].then


_SILENT = """
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY, pid int NOT NULL CONSTRAINT a_p REFERENCES p ON DELETE SET NULL NOT ENFORCED);
CREATE TABLE b (id int PRIMARY KEY, pid int CONSTRAINT b_p REFERENCES p ON DELETE RESTRICT NOT ENFORCED);
INSERT INTO p VALUES (1), (2);
INSERT INTO a VALUES (1, 1), (2, 9);
INSERT INTO b VALUES (1, 2);
"""


@pytest.mark.minimum_version(18)
async def test_what_begins_when_a_key_is_enforced_is_said_and_not_previewed_as_today(
    database: TestDatabase,
) -> None:
    await database.execute(_SILENT)
    for name, option in (("a_p", "delete-orphans"), ("b_p", "validate")):
        offered = await offered_for(database, name)
        assert "which never runs today" in offered[option].then
        assert "blocks nothing today" in offered[option].blocked
        made, today, then = await _supposed(database, name, option)
        assert (today.verdict, then.verdict) == (Verdict.ALLOWED, Verdict.UNKNOWN)
        assert offered[option].blocked in made.consequences
    assert "not-null" in (await offered_for(database, "a_p"))["delete-orphans"].blocked
    assert "can then not be deleted" in (await offered_for(database, "b_p"))["validate"].blocked


@pytest.mark.minimum_version(18)
async def test_what_changing_a_key_meets_once_a_key_is_enforced_is_said(database: TestDatabase) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (pid int NOT NULL CONSTRAINT c_p REFERENCES p ON UPDATE SET NULL NOT ENFORCED);
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);
    """)
    blocked = (await offered_for(database, "c_p"))["validate"].blocked
    refused = 'null value in column "pid" of relation "c" violates not-null constraint'
    assert f"changing the key of a row of p may then be stopped: {refused} (23502)" in blocked
    await database.execute(
        "ALTER TABLE c DROP CONSTRAINT c_p, ADD FOREIGN KEY (pid) REFERENCES p ON UPDATE SET NULL"
    )
    with pytest.raises(asyncpg.NotNullViolationError, match=refused):
        await database.execute("UPDATE p SET id = 2")


@pytest.mark.minimum_version(18)
async def test_another_action_of_a_key_that_is_not_enforced_promises_nothing(database: TestDatabase) -> None:
    await database.execute(_SILENT)
    offered = await offered_for(database, "b_p", anything=True)
    for option in ("cascade", "set-null", "no-action"):
        assert (
            offered[option].then == "deletes behave as today: b_p stays NOT ENFORCED, and none of its actions runs"
        )
        assert (offered[option].frees, offered[option].blocked) == (False, "")


async def test_a_repair_that_switches_triggers_on_again_says_what_they_do(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, pid int CONSTRAINT c_p REFERENCES p);"
        "ALTER TABLE c DISABLE TRIGGER ALL; ALTER TABLE p DISABLE TRIGGER ALL; INSERT INTO c VALUES (1, 7)"
    )
    offered = (await offered_for(database, "c_p"))["delete-orphans"]
    assert offered.then == "deleting a row of p sets ON DELETE NO ACTION off, which never runs today"
    assert offered.blocked == "c_p blocks nothing today; rows of p to which c refers can then not be deleted"


@pytest.mark.newest_version
async def test_without_a_default_set_default_is_said_to_refer_to_nothing(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b), UNIQUE (a)); INSERT INTO p VALUES (1, 1), (2, 2);"
        "CREATE TABLE c (a int CONSTRAINT c_p REFERENCES p (a)); INSERT INTO c VALUES (1);"
        "CREATE TABLE d (a int DEFAULT 5, b int, CONSTRAINT d_p FOREIGN KEY (a, b) REFERENCES p);"
        "INSERT INTO d VALUES (2, 2);" + _TRIED
    )
    for name, written, empty, counts in (
        ("c_p", "a = NULL", "a", (2, 1, 1)),
        ("d_p", "a = 5, b = NULL", "b", (1, 0, 0)),
    ):
        offered = (await offered_for(database, name, anything=True))["set-default"]
        assert offered.then.endswith(f"stay and then have {written}, and refer to nothing")
        assert offered.application == f"must cope with NULL in {empty}"
        assert await _counted(database, name, "set-default", anything=True) == counts


@pytest.mark.newest_version
async def test_a_default_still_to_be_named_is_not_taken_for_the_one_that_is_missing(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);"
        "CREATE TABLE c (p_id int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET DEFAULT);"
        "INSERT INTO c VALUES (1);" + _TRIED
    )
    offered = (await offered_for(database, "c_p"))["set-column-default"]
    assert offered.blocked == "rows of p that are blocked today can be deleted"
    assert await _counted(database, "c_p", "set-column-default", value="2") == (1, 0, 0)


async def test_allowing_null_in_a_partitioned_table_reaches_its_partitions(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);"
        "CREATE TABLE c (at int, p_id int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL)"
        " PARTITION BY RANGE (at);"
        "CREATE TABLE low PARTITION OF c FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (at);"
        "CREATE TABLE low_low PARTITION OF low FOR VALUES FROM (0) TO (50);"
        "CREATE TABLE high (at int, p_id int NOT NULL);"
        "ALTER TABLE c ATTACH PARTITION high FOR VALUES FROM (100) TO (200);"
        "INSERT INTO c VALUES (1, 1), (101, 2);" + _TRIED
    )
    assert await _counted(database, "c_p", "drop-not-null") == (2, 0, 0)


@pytest.mark.newest_version
async def test_a_key_whose_checks_are_switched_off_is_said_to_check_again_once_declared_anew(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);"
        "ALTER TABLE c DISABLE TRIGGER ALL; INSERT INTO c VALUES (7)"
    )
    again = "gets 23503 again for rows of c that refer to nothing"
    offered = await offered_for(database, "c_p", anything=True)
    assert all(again in offered[each].application for each in ("restrict", "set-null", "no-action"))
    # The action's triggers stand on the other table.
    assert await database.execute("INSERT INTO p VALUES (7); DELETE FROM p") == "DELETE 1"
    assert await database.value("SELECT count(*) FROM c") == 0
    assert offered["enable-triggers"].then == offered["delete-orphans"].then == "deletes behave as today"
    assert again in offered["delete-orphans"].application
    assert again not in offered["enable-triggers"].application
    await database.execute("ALTER TABLE c ENABLE TRIGGER ALL")
    offered = await offered_for(database, "c_p", anything=True)
    assert again not in offered["restrict"].application
    await database.execute("ALTER TABLE p DISABLE TRIGGER ALL")
    offered = await offered_for(database, "c_p", anything=True)
    assert offered["enable-triggers"].then == "deleting a row of p sets ON DELETE CASCADE off again"
    assert offered["enable-triggers"].application == "meets ON DELETE CASCADE ON UPDATE NO ACTION as declared"
    assert "which never runs today" in offered["delete-orphans"].then


@pytest.mark.newest_version
async def test_set_null_of_some_columns_is_not_so_where_no_column_takes_null(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));"
        "CREATE TABLE c (a int NOT NULL, b int NOT NULL, CONSTRAINT c_p FOREIGN KEY (a, b) REFERENCES p"
        " ON DELETE SET NULL)"
    )
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
    finding = subject_of(catalog, find_foreign_key(catalog, "c_p"))
    with pytest.raises(UsageError, match="every column of the key refuses NULL") as refused:
        plan(catalog, finding, "set-null-columns")
    assert not isinstance(refused.value, AlreadySoError)


@pytest.mark.parametrize("option", ["cascade", "restrict", "enable-triggers", "delete-orphans"])
async def test_a_key_that_an_option_makes_act_again_is_not_previewed_as_silent_as_today(
    database: TestDatabase, option: str
) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (id int PRIMARY KEY, pid int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1); ALTER TABLE p DISABLE TRIGGER ALL"
    )
    _, today, then = await _supposed(database, "c_p", option)
    assert (today.verdict, then.verdict) == (Verdict.ALLOWED, Verdict.UNKNOWN)
    assert then.notes == ("c_p does nothing today, and what it would do is not previewed.",)


async def test_a_key_that_an_option_leaves_silent_is_previewed(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (id int PRIMARY KEY, pid int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1); ALTER TABLE p DISABLE TRIGGER ALL"
    )
    assert [each.verdict for each in (await _supposed(database, "c_p", "create-index"))[1:]] == [
        Verdict.ALLOWED
    ] * 2


async def _supposed(database: TestDatabase, name: str, option: str) -> tuple[Plan, Preview, Preview]:
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
        key = find_foreign_key(catalog, name)
        made = plan(catalog, subject_of(catalog, key, option), option)
        target = DeleteTarget(key.referenced, condition="true")
        today, then = [each.preview async for each in what_if(pool, catalog, target, [made], Limits(seconds=9))]
        return made, today, then
