"""An expression is the table owner's, and as long as that one likes: looking at it stays bounded, and so do answers."""

from __future__ import annotations

import json

import asyncpg
import pytest

from fkdash.rules.actions.meeting import CheckOutcome, _combinations, check_outcome
from fkdash.rules.sql.expression import parsed, results
from fkdash.rules.sql.values import NOT_NULL, NULL_ONLY
from tests.rules.catalogs import sound
from tests.security.faces import ended
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
