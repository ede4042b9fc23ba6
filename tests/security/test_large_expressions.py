"""An expression is the table owner's, and as long as that one likes: looking at it stays bounded, and so do answers."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import asyncpg
import pytest

from fkdash.catalog.postgres.node_tree import read_tree
from fkdash.rules.actions.meeting import CheckOutcome, _combinations, check_outcome
from fkdash.rules.sql.expression import parsed, results
from fkdash.rules.sql.values import NOT_NULL, NULL_ONLY
from tests.rules.catalogs import sound
from tests.security.faces import ended
from tests.security.stage import make_roles
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_LETTERS = 1_500_000
_MOST_SHOWN = 20_000


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE c ADD CHECK (pid IS NOT NULL OR %L <> 'x')",
        "ALTER TABLE c ALTER pid SET DEFAULT %L",
        "ALTER TABLE c ADD g text NOT NULL GENERATED ALWAYS AS (pid || %L) STORED",
        "CREATE DOMAIN d AS text CHECK (value IS NOT NULL OR %L <> 'x'); ALTER TABLE c ALTER pid TYPE d",
    ],
)
@pytest.mark.parametrize("action", ["SET NULL", "SET DEFAULT"])
async def test_an_expression_of_millions_of_characters_is_neither_evaluated_nor_printed(
    database: TestDatabase, planted: str, action: str
) -> None:
    await database.execute(
        "CREATE TABLE p (id text PRIMARY KEY);"
        f"CREATE TABLE c (id int, pid text CONSTRAINT c_fk REFERENCES p ON DELETE {action});"
        "INSERT INTO p VALUES ('a'); INSERT INTO c VALUES (1, 'a')"
    )
    for statement in planted.split("; "):
        text = await database.value("SELECT format($1, repeat('y', $2))", statement, _LETTERS)
        await database.execute(text)
    error = 'update or delete on table "p" violates foreign key constraint "c_fk" on table "c"'
    for arguments in (
        ("check", "--format", "json", database.dsn),
        ("preview", "--table", "p", "--where", "true", "--format", "json", database.dsn),
        ("explain", "--format", "json", "-d", database.dsn, error),
        ("fix", "plan", "c_fk", database.dsn),
    ):
        command = await ended(*arguments)
        assert command.code in (0, 1, 4), command.err
        assert len(command.out) < _MOST_SHOWN, arguments
        if arguments[0] == "preview":
            written = "SET DEFAULT" not in planted or action == "SET DEFAULT"
            assert json.loads(command.out)["verdict"] == ("unknown" if written else "allowed")


async def test_what_a_default_partition_takes_stays_on_the_server_where_its_neighbours_say_millions_of_characters(
    database: TestDatabase,
) -> None:
    await database.execute(
        "CREATE TABLE p (id text PRIMARY KEY); INSERT INTO p VALUES ('a');"
        "CREATE TABLE c (id int, pid text CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (pid);"
        "CREATE TABLE one PARTITION OF c FOR VALUES IN ('a'); CREATE TABLE rest PARTITION OF c DEFAULT;"
        "INSERT INTO c VALUES (1, 'a')"
    )
    # A bound has no room for more than this; a DEFAULT partition takes what none of them has.
    for number in range(12):
        bound = await database.value("SELECT quote_literal(repeat('y', 100000) || $1::int)", number)
        await database.execute(f"CREATE TABLE more_{number} PARTITION OF c FOR VALUES IN ({bound})")
    command = await ended("preview", "--table", "p", "--where", "true", "--format", "json", database.dsn)
    document = json.loads(command.out)
    assert (document["verdict"], len(command.out) < _MOST_SHOWN) == ("unknown", True)
    assert "the partition public.rest takes has millions of characters" in " ".join(document["notes"])


_KEY = "ALTER TABLE c ADD CONSTRAINT {0}_fk FOREIGN KEY ({0}) REFERENCES p ON DELETE SET NULL"


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE c ADD CHECK (a IS NOT NULL OR %L <> 'x'), ALTER b SET DEFAULT %L",
        "COMMENT ON CONSTRAINT a_fk ON c IS %L; COMMENT ON CONSTRAINT b_fk ON c IS %L",
        "CREATE UNIQUE INDEX ON c (a) WHERE b <> %L; CREATE INDEX ON c ((b || %L))",
        "CREATE DOMAIN d AS text DEFAULT %L CHECK (value <> %L); ALTER TABLE c ALTER b TYPE d",
        "CREATE VIEW v AS SELECT c.id FROM c JOIN p ON a = p.id AND b <> %L",
    ],
)
async def test_what_somebody_made_millions_of_characters_long_stays_on_the_server(
    database: TestDatabase, planted: str, tmp_path: Path
) -> None:
    await database.execute("CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (id int, a text, b text)")
    for name in ("a", "b"):
        await database.execute(_KEY.format(name))
    for statement in planted.split("; "):
        texts = ", repeat('y', 12000000)" * statement.count("%L")
        await database.execute(await database.value(f"SELECT format($1{texts})", statement))
    most = 1024**3
    for command in (("check",), ("report",), ("snapshot",), ("list", "--format", "json"), ("fix", "plan", "a_fk")):
        read = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "fkdash", *command, database.dsn], capture_output=True, text=True, check=False,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
        )  # fmt: skip
        assert read.returncode in (0, 1), (command, read.stderr)
        assert len(read.stdout) < _MOST_SHOWN


async def test_no_fix_loses_a_comment_or_a_default_that_is_too_long_to_be_put_back(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (id int, a text, b text NOT NULL)"
    )
    for name in ("a", "b"):
        await database.execute(_KEY.format(name))
    for statement in ("COMMENT ON CONSTRAINT a_fk ON c IS %L", "ALTER TABLE c ALTER b SET DEFAULT %L"):
        await database.execute(await database.value("SELECT format($1, repeat('y', 5000000))", statement))
    refused = await ended("fix", "plan", "a_fk", "--option", "no-action", database.dsn)
    assert (refused.code, "the comment of the constraint has more than 4,000,000 characters" in refused.err) == (
        2,
        True,
    )
    assert (await ended("fix", "plan", "a_fk", "--option", "create-index", database.dsn)).code == 0
    refused = await ended("fix", "plan", "b_fk", "--option", "set-column-default", "--value", "a", database.dsn)
    assert (refused.code, "the default has more than 4,000,000 characters" in refused.err) == (2, True)
    assert (await ended("fix", "plan", "b_fk", "--option", "no-action", database.dsn)).code == 0


def test_a_check_of_many_conditions_is_looked_at_in_fewer_combinations() -> None:
    table = next(iter(sound().tables.values()))

    def looked_at(conditions: int) -> int:
        text = "pid IS NOT NULL OR " + " OR ".join(f"(a{n} = {n} AND b{n} < 7)" for n in range(conditions))
        tree = parsed(text)
        assert tree is not None
        assert (
            check_outcome(table, text, {"pid": NULL_ONLY}, referring=("pid",), held=True) is CheckOutcome.DEPENDS
        )
        return len(list(_combinations(table, tree, {"pid"}, ("pid",)))) * sum(1 for _ in tree.walk())

    assert looked_at(3) > looked_at(1)
    assert looked_at(300) < 500_000


@pytest.mark.parametrize("joined", [" OR ", " AND "])
def test_a_long_chain_of_conditions_is_read_as_a_short_one(joined: str) -> None:
    tree = parsed("NOT (" + joined.join(f"a{n} IS NULL" for n in range(500)) + ")")
    assert tree is not None
    columns = {f"a{n}": NULL_ONLY for n in range(500)}
    assert results(tree, columns, {}) == {False}
    assert results(tree, columns | {"a499": NOT_NULL}, {}) == {joined == " AND "}


@pytest.mark.parametrize(
    "expression",
    [
        "pid IS NOT NULL OR " + " OR ".join(f"(k = {n} AND id < {n})" for n in range(400)),
        "pid IS NOT NULL OR k = " + "+".join(map(str, range(400))),
        "pid IS NOT NULL OR k <> " + "abs(" * 300 + "k" + ")" * 300,
        "NOT (" * 200 + "pid IS NULL" + ")" * 200 + " OR k > 0",
        "pid IS NOT NULL OR " + "CASE WHEN k IS NULL THEN true ELSE " * 200 + "k > 0" + " END" * 200,
    ],
    ids=["ors", "sum", "calls", "nots", "cases"],
)
@pytest.mark.parametrize("kind", ["int", "positive"])
async def test_a_long_or_deep_expression_takes_no_command_down(
    database: TestDatabase, expression: str, kind: str
) -> None:
    await database.execute(
        "CREATE DOMAIN positive AS int CHECK (value > 0); CREATE TABLE p (id int PRIMARY KEY);"
        f"CREATE TABLE c (id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL, k {kind},"
        f" CHECK ({expression})); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 5)"
    )
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("DELETE FROM p")
        refused = False
    except asyncpg.CheckViolationError:
        refused = True
    await transaction.rollback()
    assert (await ended("check", "--format", "json", database.dsn)).code in (0, 1)
    previewed = await ended("preview", "--table", "p", "--where", "true", "--format", "json", database.dsn)
    assert previewed.document["verdict"] == ("blocked" if refused else "allowed"), previewed.err


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        ("CREATE STATISTICS s ON (f(v) || %L), id FROM c", "too-large"),
        ("CREATE INDEX ON c (id) WHERE f(v) <> %L", "too-large"),
        ("CREATE DOMAIN d AS text CHECK (f(value) <> %L); CREATE INDEX ON c ((v::d))", "too-large"),
        (
            "CREATE FUNCTION g(text, text DEFAULT %L) RETURNS text IMMUTABLE LANGUAGE sql RETURN $1; CREATE INDEX ON c (g(v))",
            "folded-by-planner",
        ),
        (
            "CREATE FUNCTION g(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1 --%M'; CREATE INDEX ON c (g(v))",
            "folded-by-planner",
        ),
    ],
)
async def test_what_planning_would_work_on_is_named_and_not_read_where_it_has_millions_of_characters(
    database: TestDatabase, planted: str, reason: str
) -> None:
    await make_roles(database.server)
    await database.execute(
        "GRANT ALL ON SCHEMA public TO mallory; SET ROLE mallory; CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (id int, v text, p int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 'a', 1);"
        "CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'"
    )
    for statement in planted.split("; "):
        letters = "y" * _LETTERS
        await database.execute(statement.replace("%M", letters).replace("%L", f"'{letters}'"))
    command = await ended("preview", "--table", "p", "--where", "true", "--format", "json", database.dsn)
    assert command.code == 4, command.err
    document = json.loads(command.out)
    assert document["verdict"] == "unknown"
    assert {(each["reason"], each["owner"], each["accept"]) for each in document["not_run"]} == {
        (reason, "mallory", "--trust-owner mallory")
    }


def test_the_bytes_of_a_constant_are_passed_over_in_little_memory() -> None:
    constant = "{CONST :consttype 25 :constisnull false :constvalue 1000004 [ " + "120 " * 1_000_000 + "]}"
    tracemalloc.start()
    assert read_tree(constant).kinds == {"CONST"}
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * len(constant)
