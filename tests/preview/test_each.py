"""Which rows of a table cannot be deleted by themselves: what is said of each is what its own DELETE does."""

from __future__ import annotations

import pytest

from fkdash.catalog.labels import label_columns
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.preview.each.answer import EachPreview, preview_each
from fkdash.preview.model import Limits, Verdict
from tests.preview.each_agree import Tally, compare, each_of
from tests.preview.many_cases import seeds_of
from tests.support.servers import TestDatabase

PER_TEST = 25
PARENT = TableName("public", "p")
SCHEMA = """
    CREATE TABLE p(id int PRIMARY KEY, name text);
    CREATE TABLE a(id int PRIMARY KEY, p int CONSTRAINT a_p REFERENCES p ON DELETE CASCADE);
    CREATE TABLE b(id int PRIMARY KEY, a int CONSTRAINT b_a REFERENCES a);
    CREATE TABLE n(id int PRIMARY KEY, p int NOT NULL CONSTRAINT n_p REFERENCES p ON DELETE SET NULL);
    INSERT INTO p SELECT i, 'row ' || i FROM generate_series(1, 10) AS i;
    INSERT INTO a SELECT i, 1 + i % 5 FROM generate_series(1, 20) AS i;
    INSERT INTO b VALUES (1, 1), (2, 1), (3, 2);
    INSERT INTO n VALUES (1, 3), (2, 7), (3, 7), (4, 7);
"""


def _held(found: EachPreview) -> dict[str, int]:
    return {row.row.key[0]: row.blocking_rows for row in found.rows}


async def _named(database: TestDatabase, limits: Limits | None = None, *, page_rows: int = 20) -> EachPreview:
    """Ask as the command does: through a read-only session, with the catalog's keys."""
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        async with pool.session() as session:
            table = (await read_catalog(session)).tables[PARENT]
            return await preview_each(session, table, limits or Limits(), labels=("name",), page_rows=page_rows)
    finally:
        await pool.close()


@pytest.mark.long
@pytest.mark.every_version
async def test_what_is_said_of_every_row_is_what_its_own_delete_does(shared_database: TestDatabase) -> None:
    tally = Tally()
    for seed in seeds_of(shared_database.version, PER_TEST):
        await compare(await shared_database.connection(), seed, shared_database.version, tally)
    assert tally.disagreements == []
    assert tally.seen["blocked"] > PER_TEST // 4
    assert tally.seen["some rows free"] > PER_TEST // 8
    assert tally.seen["by sets"] > PER_TEST // 8


async def test_the_rows_come_with_key_labels_and_the_number_in_their_way_most_first(
    database: TestDatabase,
) -> None:
    await database.execute(SCHEMA)
    found = await _named(database)
    assert found.preview.verdict is Verdict.BLOCKED
    assert found.preview.exact
    assert (found.preview.target_rows, found.cannot, found.unknown) == (10, 3, 0)
    assert [(row.row.key, row.row.labels, row.blocking_rows) for row in found.rows] == [
        (("7",), ("row 7",), 3),
        (("2",), ("row 2",), 2),
        (("3",), ("row 3",), 2),
    ]
    assert [(each.constraint, each.rows) for each in found.preview.blockers] == [(None, 4), ("b_a", 3)]
    assert found.holds_back == (2, 2)


async def test_a_page_says_that_more_rows_follow(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    found = await _named(database, page_rows=1)
    assert _held(found) == {"7": 3}
    assert found.more
    assert found.cannot == 3


async def test_rows_that_hold_each_other_back_are_said_to_go_together(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY, name text, boss int CONSTRAINT p_boss REFERENCES p);"
        "INSERT INTO p VALUES (1, 'x', 1), (2, 'y', 1), (3, 'z', 2)"
    )
    found = await _named(database)
    assert _held(found) == {"1": 1, "2": 1}
    assert any("together" in note for note in found.preview.notes)


async def test_an_empty_table_has_nothing_to_delete(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE p(id int PRIMARY KEY, name text)")
    found = await _named(database)
    assert found.preview.verdict is Verdict.ALLOWED
    assert found.preview.notes[0].startswith("Nothing to delete")


async def test_a_table_without_primary_key_names_rows_by_their_place(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int UNIQUE, name text); INSERT INTO p VALUES (1, 'x'), (2, 'y');"
        "CREATE TABLE c(p int REFERENCES p(id)); INSERT INTO c VALUES (2)"
    )
    found = await _named(database)
    assert found.key_columns == ("tableoid", "ctid")
    assert [(row.row.key[1], row.row.labels) for row in found.rows] == [("(0,2)", ("y",))]


@pytest.mark.minimum_version(18)
async def test_no_row_is_called_by_a_column_that_cannot_be_computed(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY, z int, name text GENERATED ALWAYS AS ((1 / z)::text) VIRTUAL, title text);"
        "INSERT INTO p VALUES (1, 0, DEFAULT, 'x'); CREATE TABLE c(p int REFERENCES p); INSERT INTO c VALUES (1)"
    )
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        async with pool.session() as session:
            table = (await read_catalog(session)).tables[PARENT]
            found = await preview_each(session, table, Limits(), labels=label_columns(table), page_rows=20)
    finally:
        await pool.close()
    assert [(row.row.key, row.row.labels) for row in found.rows] == [(("1",), ("x",))]


@pytest.mark.newest_version
async def test_a_row_with_a_null_in_its_composite_key_is_held_back_like_any_other(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TYPE pair AS (x int, y int); CREATE TABLE p(id pair PRIMARY KEY, name text);"
        "INSERT INTO p VALUES ((1, NULL)), ((1, 1)), ((2, 2)); CREATE TABLE c(p pair REFERENCES p);"
        "INSERT INTO c VALUES ((1, NULL)), ((1, 1)), (NULL)"
    )
    assert _held(await _named(database)) == {"(1,)": 1, "(1,1)": 1}


async def test_rows_in_doubt_are_followed_and_the_others_are_not(database: TestDatabase) -> None:
    # A note of 1 is deleted with it and checked for another of its columns: order decides, for 1 alone.
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY, name text); INSERT INTO p SELECT i FROM generate_series(1, 500) AS i;"
        "CREATE TABLE c(id int, p int CONSTRAINT c_p REFERENCES p ON DELETE CASCADE,"
        " q int CONSTRAINT c_q REFERENCES p);"
        "INSERT INTO c VALUES (1, 1, 1), (2, 2, 3)"
    )
    found = await _named(database, Limits(rows=10))
    assert found.unknown == 0
    assert not found.preview.cut_short
    assert set(_held(found)) == {"3"}


async def test_code_that_cannot_be_predicted_leaves_rows_unknown(database: TestDatabase) -> None:
    await database.execute(
        SCHEMA + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER audit BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f()"
    )
    found = await _named(database)
    assert found.preview.verdict is Verdict.UNKNOWN
    assert found.unknown == 10
    assert any("audit" in note for note in found.preview.notes)


# SET DEFAULT must be followed; what refers to p by no action holds its rows back whatever else happens.
FOLLOWED = """
    CREATE TABLE p(id int PRIMARY KEY, name text); INSERT INTO p SELECT i FROM generate_series(1, 500) AS i;
    CREATE TABLE d(p int DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT); INSERT INTO d VALUES (2), (3);
    CREATE TABLE k(p int REFERENCES p ON DELETE CASCADE, q int CONSTRAINT k_q UNIQUE);
    CREATE TABLE l(q int CONSTRAINT l_k REFERENCES k(q));
    CREATE TABLE c(p int CONSTRAINT c_p REFERENCES p); INSERT INTO c VALUES (7), (7), (8);
"""


async def test_the_bound_on_rows_is_about_the_delete_of_each_row(database: TestDatabase) -> None:
    await database.execute(FOLLOWED + "INSERT INTO k VALUES (450, 1); INSERT INTO l VALUES (1)")
    found = await _named(database, Limits(rows=20))
    assert found.preview.verdict is Verdict.BLOCKED
    assert found.preview.exact
    assert not found.preview.cut_short
    assert _held(found) == {"7": 2, "8": 1, "450": 1}
    assert (found.cannot, found.unknown) == (3, 0)
    assert [(each.constraint, each.rows) for each in found.preview.blockers] == [("c_p", 3), ("l_k", 1)]


async def test_a_row_whose_own_delete_reaches_too_many_rows_is_unknown_and_the_others_are_not(
    database: TestDatabase,
) -> None:
    await database.execute(FOLLOWED + "INSERT INTO k SELECT 5, i FROM generate_series(1, 30) AS i")
    found = await _named(database, Limits(rows=20))
    assert found.preview.cut_short
    assert not found.preview.exact
    assert _held(found) == {"7": 2, "8": 1}
    assert (found.cannot, found.unknown) == (2, 1)
    assert "More than 20 rows would have to be followed one by one." in found.preview.notes


async def test_what_deleting_all_rows_would_do_is_not_left_out_silently(database: TestDatabase) -> None:
    await database.execute(FOLLOWED)
    found = await _named(database, Limits(rows=20))
    assert found.preview.effects == ()
    assert any(note.startswith("What deleting all rows would do was not counted") for note in found.preview.notes)


async def test_progress_says_how_many_rows_have_been_followed(database: TestDatabase) -> None:
    await database.execute(FOLLOWED)
    said: list[str] = []
    await each_of(await database.connection(), PARENT, progress=said.append)
    assert "Followed 400 of 500 rows through the queue of triggers" in said


async def test_partitions_and_inheriting_tables_are_followed_too(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (200); CREATE TABLE p2 PARTITION OF p DEFAULT;"
        "INSERT INTO p SELECT i FROM generate_series(1, 500) AS i;"
        "CREATE TABLE d(p int DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT); INSERT INTO d VALUES (1), (450);"
        "CREATE TABLE i(id int, name text); CREATE TABLE j() INHERITS (i); INSERT INTO i VALUES (1); INSERT INTO j VALUES (2)"
    )
    found = await each_of(await database.connection(), PARENT)
    assert (found.preview.target_rows, found.cannot, found.unknown) == (500, 1, 0)
    found = await each_of(await database.connection(), TableName("public", "i"))
    assert (found.preview.target_rows, found.cannot, found.unknown) == (2, 0, 0)


async def test_a_limit_of_time_is_said(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    found = await each_of(await database.connection(), PARENT, Limits(seconds=0.0))
    assert found.preview.verdict is Verdict.UNKNOWN
    assert found.preview.cut_short
    assert "limit" in found.preview.notes[0]


async def test_what_is_refused_without_any_row_is_refused_for_every_row(database: TestDatabase) -> None:
    role = f"owner_{database.name}"
    await database.execute(
        f"""CREATE ROLE {role}; CREATE TABLE p(id int PRIMARY KEY, name text); INSERT INTO p VALUES (1), (2), (3);
        CREATE TABLE c(id int PRIMARY KEY, p int CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
        CREATE TABLE r(p int CONSTRAINT r_p REFERENCES p ON DELETE CASCADE); INSERT INTO r VALUES (1), (2), (3);
        ALTER TABLE c OWNER TO {role}; REVOKE ALL ON c FROM {role}"""
    )
    try:
        found = await _named(database)
        assert (found.preview.verdict, found.cannot) == (Verdict.BLOCKED, 3)
        assert [blocker.sqlstate for blocker in found.preview.blockers] == ["42501"]
    finally:
        await database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


async def test_code_that_runs_without_any_row_leaves_no_row_certain(database: TestDatabase) -> None:
    await database.execute(
        """CREATE TABLE p(id int PRIMARY KEY, name text); INSERT INTO p VALUES (1), (2), (3);
        CREATE TABLE c(id int PRIMARY KEY, p int CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
        CREATE TABLE r(p int CONSTRAINT r_p REFERENCES p ON DELETE CASCADE); INSERT INTO r VALUES (1), (2), (3);
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refused AFTER DELETE ON c FOR EACH STATEMENT EXECUTE FUNCTION refuse()"""
    )
    found = await _named(database)
    assert (found.preview.verdict, found.unknown) == (Verdict.UNKNOWN, 3)
