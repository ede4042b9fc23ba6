"""`preview` from the outside: what cannot be used is named with the nearest that can, and nothing is guessed."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

SCHEMA = """
    CREATE TABLE workspaces(id int PRIMARY KEY, slug text UNIQUE, name text);
    CREATE TABLE users(id int PRIMARY KEY, home int CONSTRAINT users_home REFERENCES workspaces, email text);
    CREATE TABLE "Odd""Name"(a int, b int, PRIMARY KEY (a, b));
    CREATE SCHEMA other; CREATE TABLE other.twin(id int PRIMARY KEY);
    CREATE SCHEMA third; CREATE TABLE third.twin(id int PRIMARY KEY);
    INSERT INTO workspaces VALUES (1, 'acme', 'Acme'), (2, 'beta', 'Beta'), (3, 'gone', NULL);
    INSERT INTO users SELECT i, 1 FROM generate_series(1, 3) AS i;
    INSERT INTO users VALUES (9, 2);
"""
pytestmark = pytest.mark.newest_version


@pytest.fixture
async def workspaces(database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """A database with three workspaces, two of which have users."""
    await database.execute(SCHEMA)
    yield database
    await database.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'peeking') THEN DROP OWNED BY peeking; END IF;"
        " END $$; DROP ROLE IF EXISTS peeking"
    )


def _said(ended: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--table", "workspaecs", "--key", "id=1"), ('no table "workspaecs"', "public.workspaces")),
        (("--table", "twin", "--key", "id=1"), ("other.twin", "third.twin", "Name it in full")),
        (("--table", "workspaces", "--key", "idd=1"), ("no column 'idd'", "Did you mean id?")),
        (("--table", "workspaces", "--key", "name=x"), ("is not a key", "the columns id")),
        (("--table", '"Odd""Name"', "--key", "a=1"), ("is not a key", "a, b")),
        (("--table", '"Odd""Name"', "--keys-json", '[{"a": 1, "b": 2, "c": 3}]'), ("no column 'c'",)),
        (("--table", '"Odd""Name"', "--keys-json", '[{"a": 1, "b": null}]'), ("b is NULL", "--where")),
        (("--table", '"Odd""Name"', "--keys-json", '[{"a": 1}, {"a": 1, "b": 2}]'), ("a, b",)),
        (("--table", "workspaces", "--key", "id=x"), ("invalid input syntax for type integer", "22P02")),
        (("--table", "workspaces", "--key", "id=99999999999"), ("out of range", "22003")),
        (("--table", "workspaces", "--key", "id"), ("not column=value", "--key id=")),
        (("--table", "workspaces", "--keys-json", '[{"id": 1'), ("not JSON",)),
        (("--table", "workspaces", "--where", "slugg = 'a'"), ("42703", "Did you mean slug?")),
        (("--table", "workspaces", "--where", "\"Slug\" = 'a'"), ("42703", "Did you mean slug?")),
        (("--table", "workspaces", "--where", "slug"), ("must be type boolean",)),
        (("--table", "workspaces", "--where", "id = 1; DROP TABLE users"), ("not one boolean expression",)),
        (("--table", "workspaces"), ("Nothing says which rows",)),
        (("--table", "workspaces", "--all", "--key", "id=1"), ("more than one way",)),
        (("--table", "workspaces", "--all", "--rehearse"), ("--where true",)),
        (("--table", "workspaces", "--all", "--seconds", "0"), ("--seconds: '0'",)),
        (("--table", "workspaces", "--all", "--list", "-1"), ("--list: -1",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
async def test_what_cannot_be_used_is_a_usage_error_that_names_it(
    workspaces: TestDatabase, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    ended = await fkdash("preview", *arguments, workspaces.dsn)
    _said(ended, 2, *words)
    assert ended.stdout == ""


async def test_a_key_that_does_not_exist_is_nothing_to_delete(workspaces: TestDatabase) -> None:
    ended = await fkdash("preview", "--table", "workspaces", "--key", "id=99", workspaces.dsn)
    _said(ended, 0)
    assert "Nothing to delete" in ended.stdout
    twice = await fkdash(
        "preview", "--table", "workspaces", *("--key", "id=3") * 2, "--key", "id=99", workspaces.dsn
    )
    assert "1 of the 2 keys are not there" in twice.stdout


async def test_all_names_the_rows_that_cannot_be_deleted(workspaces: TestDatabase) -> None:
    ended = await fkdash("preview", "--table", "workspaces", "--all", "--format", "json", workspaces.dsn)
    _said(ended, 1)
    document = json.loads(ended.stdout)
    assert (document["verdict"], document["exact"], document["cannot_be_deleted"]) == ("blocked", True, 2)
    assert [(each["constraint"], each["rows"], each["holds_back"]) for each in document["blockers"]] == [
        ("users_home", 4, 2)
    ]
    assert [(row["key"]["id"], row["labels"]["slug"], row["blocking_rows"]) for row in document["rows"]] == [
        ("1", "acme", 3),
        ("2", "beta", 1),
    ]
    text = await fkdash("preview", "--table", "workspaces", "--all", "--list", "1", workspaces.dsn)
    assert "2 of 3 rows of public.workspaces cannot be deleted" in text.stdout
    assert "the first 1 of 2" in text.stdout
    free = await fkdash("preview", "--table", "users", "--all", workspaces.dsn)
    assert free.returncode == 0, free.stderr


@pytest.mark.parametrize("rows", [("--all",), ("--key", "id=3")], ids=["all", "key"])
async def test_a_referencing_table_that_may_not_be_read_makes_it_unknown_and_is_named(
    workspaces: TestDatabase, rows: tuple[str, ...]
) -> None:
    await workspaces.execute("CREATE ROLE peeking LOGIN; GRANT SELECT ON workspaces TO peeking")
    dsn = workspaces.dsn.replace("postgres@", "peeking@")
    ended = await fkdash("preview", "--table", "workspaces", *rows, "--format", "json", dsn)
    _said(ended, 4)
    document = json.loads(ended.stdout)
    assert document["verdict"] == "unknown"
    assert any("public.users" in note for note in document["notes"])


async def test_a_statement_that_reaches_its_limit_is_cut_short_and_said(workspaces: TestDatabase) -> None:
    await workspaces.execute("ALTER TABLE users DISABLE TRIGGER ALL")  # checking two million rows takes long
    await workspaces.execute("INSERT INTO users SELECT i, 1 FROM generate_series(10, 2000000) AS i")
    await workspaces.execute("ALTER TABLE users ENABLE TRIGGER ALL")
    for rows in (("--all",), ("--key", "id=1", "--allow-scan")):
        arguments = ("preview", "--table", "workspaces", *rows, "--seconds", "0.05", "--format", "json")
        ended = await fkdash(*arguments, workspaces.dsn)
        _said(ended, 4)
        # The catalog itself may take longer than that on a busy machine; then there is no document.
        if ended.stdout:
            document = json.loads(ended.stdout)
            assert (document["verdict"], document["exact"], document["cut_short"]) == ("unknown", False, True)
            assert any("limit" in note for note in document["notes"])


async def test_a_connection_that_is_lost_halfway_is_said(workspaces: TestDatabase) -> None:
    slow = "(SELECT count(*) FROM generate_series(1, 2000000000)) > id"
    running = asyncio.ensure_future(
        fkdash("preview", "--table", "workspaces", "--where", slow, "--seconds", "60", workspaces.dsn)
    )
    # The server itself waits for the statement, and then ends its session.
    await workspaces.execute(
        """DO $$ BEGIN
            WHILE 0 = (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND state = 'active' AND query LIKE '%generate_series(1, 2000000000)%')
            LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$"""
    )
    _said(await running, 3, "was lost while")


async def test_list_names_the_rows_that_a_blocker_stops_at(workspaces: TestDatabase) -> None:
    arguments = ("preview", "--table", "workspaces", "--key", "id=1", "--list", "2")
    ended = await fkdash(*arguments, "--format", "json", workspaces.dsn)
    _said(ended, 1)
    [blocker] = json.loads(ended.stdout)["blockers"]
    assert blocker["rows"] == 3
    assert [row["key"] for row in blocker["first_rows"]] == [{"id": "1"}, {"id": "2"}]
    drawn = await fkdash(*arguments, workspaces.dsn, environment={"PYTHONIOENCODING": "utf-8"})
    assert "The way it takes" in drawn.stdout
    assert "\u2514\u2500 \u2717 users" in drawn.stdout
    in_ascii = await fkdash(*arguments, workspaces.dsn, environment={"PYTHONIOENCODING": "ascii"})
    assert "`- x users" in in_ascii.stdout
    markdown = await fkdash(*arguments, "--format", "markdown", workspaces.dsn)
    for shown in (drawn, markdown):
        assert "the first 2 of 3" in shown.stdout
    without = await fkdash("preview", "--table", "workspaces", "--key", "id=1", "--format", "json", workspaces.dsn)
    assert "first_rows" not in json.loads(without.stdout)["blockers"][0]


@pytest.mark.parametrize(
    ("declared", "limits", "word"),
    [
        ("CREATE TRIGGER keep BEFORE DELETE ON notes FOR EACH ROW EXECUTE FUNCTION keep()", False, "perhaps"),
        ("CREATE RULE keep AS ON DELETE TO notes WHERE old.id = 1 DO INSTEAD NOTHING", False, "perhaps"),
        ("CREATE TRIGGER keep AFTER DELETE ON notes FOR EACH ROW EXECUTE FUNCTION keep()", True, "at least"),
    ],
)
async def test_no_number_is_a_lower_limit_where_code_may_keep_the_rows(
    database: TestDatabase, declared: str, limits: bool, word: str
) -> None:
    await database.execute(
        "CREATE TABLE books (id int PRIMARY KEY);"
        "CREATE TABLE notes (id int PRIMARY KEY, book_id int REFERENCES books ON DELETE CASCADE);"
        "INSERT INTO books VALUES (1); INSERT INTO notes VALUES (1, 1), (2, 1);"
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        f"{declared}"
    )
    arguments = ("preview", "--table", "books", "--key", "id=1", database.dsn)
    said = json.loads((await fkdash(*arguments, "--format", "json")).stdout)
    assert (said["exact"], said["lower_limits"], said["verdict"]) == (False, limits, "unknown")
    assert f"public.notes: {word} 2 go" in (await fkdash(*arguments)).stdout
    await database.execute("DELETE FROM books")
    assert await database.value("SELECT count(*) FROM notes") == {
        "perhaps": 2 if "TRIGGER" in declared else 1
    }.get(word, 0)
