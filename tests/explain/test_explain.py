"""A pasted error, whatever printed it, leads to the foreign key behind it and to the way a delete takes."""

from __future__ import annotations

import asyncio
import shlex

import asyncpg
import pytest

from fkdash.catalog.model import Catalog
from fkdash.catalog.names import find_foreign_key, find_table
from fkdash.explain.find import explain
from fkdash.explain.model import path_words
from fkdash.explain.read import read_errors
from fkdash.explain.vocabulary import Vocabulary
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase, psql

SCHEMA = """
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE organizations (id int PRIMARY KEY);
CREATE TABLE workspaces (id int PRIMARY KEY, organization_id int REFERENCES organizations ON DELETE CASCADE);
CREATE DOMAIN wanted AS int CONSTRAINT wanted_check CHECK (VALUE IS NOT NULL);
CREATE TABLE users (
  id int PRIMARY KEY,
  workspace_id int NOT NULL CONSTRAINT behind_null REFERENCES workspaces ON DELETE SET NULL,
  second_id int CONSTRAINT behind_check REFERENCES workspaces ON DELETE SET NULL
    CONSTRAINT has_second CHECK (second_id IS NOT NULL),
  third wanted CONSTRAINT behind_domain REFERENCES workspaces ON DELETE SET NULL
);
CREATE TABLE projects (id int, workspace_id int CONSTRAINT refusing REFERENCES workspaces);
CREATE TABLE seats (
  workspace_id int DEFAULT 0 CONSTRAINT one_seat UNIQUE CONSTRAINT behind_unique
    REFERENCES workspaces ON DELETE SET DEFAULT
);
CREATE TABLE logs (id int, workspace_id int CONSTRAINT logged REFERENCES workspaces) PARTITION BY RANGE (id);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10);
"""
_NOT_NULL = 'null value in column "workspace_id" of relation "users" violates not-null constraint'
_REFUSED = 'update or delete on table "workspaces" violates foreign key constraint "refusing" on table "projects"'
_PASTED = {
    "psql": (f"ERROR:  {_NOT_NULL}\nDETAIL:  Failing row contains (10, null).", "23502", "behind_null"),
    "psql with its context": (
        (
            f"ERROR:  {_NOT_NULL}\nCONTEXT:  SQL statement "
            f'"UPDATE ONLY "app"."users" SET "workspace_id" = NULL WHERE '
            '$1 OPERATOR(pg_catalog.=) "workspace_id""'
        ),
        "23502",
        "behind_null",
    ),
    "psql, verbose": (
        (
            f"ERROR:  23502: {_NOT_NULL}\nSCHEMA NAME:  app\nTABLE NAME:  users\nCOLUMN NAME:  workspace_id\n"
            "LOCATION:  ExecConstraints, execMain.c:1899"
        ),
        "23502",
        "behind_null",
    ),
    "asyncpg": (f"asyncpg.exceptions.NotNullViolationError: {_NOT_NULL}", "23502", "behind_null"),
    "psycopg": (f"psycopg.errors.NotNullViolation: {_NOT_NULL}", "23502", "behind_null"),
    "JDBC": (
        (
            f"org.postgresql.util.PSQLException: ERROR: {_REFUSED}\n"
            '  Detail: Key (id)=(1) is still referenced from table "projects".\n'
            "\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2676)"
        ),
        "23503",
        "refusing",
    ),
    "node-postgres": (
        (
            f"error: {_NOT_NULL}\n    at Parser.parseErrorMessage "
            "(/app/node_modules/pg-protocol/dist/parser.js:283:98) "
            "{\n  length: 319,\n  severity: 'ERROR',\n  code: '23502',\n  schema: 'app',\n  table: 'users',\n"
            "  column: 'workspace_id',\n  constraint: undefined,\n  routine: 'ExecConstraints'\n}"
        ),
        "23502",
        "behind_null",
    ),
    "ActiveRecord": (
        f"ActiveRecord::InvalidForeignKey: PG::ForeignKeyViolation: ERROR:  {_REFUSED}",
        "23503",
        "refusing",
    ),
    "Drizzle": (
        (
            'DrizzleQueryError: Failed query: delete from "organizations" where '
            '"organizations"."id" = $1\nparams: 1\n'
            f"  cause: error: {_NOT_NULL}"
        ),
        "23502",
        "behind_null",
    ),
    "Prisma": ("Foreign key constraint violated on the constraint: `refusing`", "23503", "refusing"),
    "server log": (
        (
            "2026-11-22 12:04:31.123 UTC [4211] app@app ERROR:  new row "
            'for relation "users" violates check constraint '
            '"has_second"\n2026-11-22 12:04:31.123 UTC [4211] app@app STATEMENT:  '
            "DELETE FROM workspaces WHERE id = 1;"
        ),
        "23514",
        "behind_check",
    ),
    "JSON": (
        '{"code":"23502","schema":"app","table":"users","column":"workspace_id","message":"'
        + _NOT_NULL.replace('"', '\\"')
        + '"}',
        "23502",
        "behind_null",
    ),
    "domain": (
        'ERROR:  value for domain wanted violates check constraint "wanted_check"',
        "23514",
        "behind_domain",
    ),
    "unique": (
        (
            'ERROR:  duplicate key value violates unique constraint "one_seat"\nDETAIL:  '
            "Key (workspace_id)=(0) already exists."
        ),
        "23505",
        "behind_unique",
    ),
    "RESTRICT": (
        (
            'ERROR:  update or delete on table "workspaces" violates '
            'RESTRICT setting of foreign key constraint "refusing" '
            'on table "projects"'
        ),
        "23001",
        "refusing",
    ),
    "German": (
        "FEHLER:  NULL-Wert in Spalte »workspace_id« von Relation »users« verletzt Not-Null-Constraint",
        "23502",
        "behind_null",
    ),
    "French": (
        (
            "ERREUR:  UPDATE ou DELETE sur la table « workspaces » viole la contrainte de clé étrangère « "
            "refusing » de la "
            "table « projects »"
        ),
        "23503",
        "refusing",
    ),
    "Japanese": (
        'ERROR:  リレーション"users"の列"workspace_id"のNULL値が非NULL制約に違反しています',
        "23502",
        "behind_null",
    ),
    "Russian": (
        'ОШИБКА:  значение NULL в столбце "workspace_id" отношения "users" нарушает ограничение NOT NULL',
        "23502",
        "behind_null",
    ),
}


@pytest.mark.newest_version
async def test_every_form_of_an_error_leads_to_its_foreign_key(schema: Catalog) -> None:
    for form, (text, sqlstate, behind) in _PASTED.items():
        found = explain(schema, text)
        assert (form, found.clues.sqlstate) == (form, sqlstate)
        assert (form, [answer.key.name for answer in found.answers]) == (form, [behind])
        assert found.answers[0].next_step.endswith(".")


@pytest.mark.newest_version
async def test_the_way_starts_at_the_table_of_the_statement_or_all_ways_are_given(schema: Catalog) -> None:
    text, _, _ = _PASTED["Drizzle"]
    assert [path_words(path) for path in explain(schema, text).answers[0].paths] == [
        "organizations → workspaces → users"
    ]
    text, _, _ = _PASTED["psql"]
    assert [path_words(path) for path in explain(schema, text).answers[0].paths] == [
        "workspaces → users",
        "organizations → workspaces → users",
    ]


@pytest.mark.newest_version
@pytest.mark.parametrize(
    "text",
    [
        'ERROR:  null value in column "id" of relation "users" violates not-null constraint',
        f"ERROR:  {_NOT_NULL}\nSTATEMENT:  INSERT INTO app.users (id) VALUES (1)",
        'ERROR:  duplicate key value violates unique constraint "users_pkey"',
        "connection refused",
        "",
    ],
)
async def test_an_error_that_no_foreign_key_explains_is_said_to_be_one(schema: Catalog, text: str) -> None:
    found = explain(schema, text)
    assert found.answers == ()
    assert found.headline.endswith(".")


@pytest.mark.newest_version
async def test_a_missing_referenced_row_is_told_from_a_held_one(schema: Catalog) -> None:
    missing = explain(
        schema,
        'ERROR:  insert or update on table "projects" violates foreign key constraint "refusing"\n'
        'DETAIL:  Key (workspace_id)=(7) is not present in table "workspaces".',
    )
    assert "is not in workspaces" in missing.answers[0].message
    held = explain(schema, f"ERROR:  {_REFUSED}")
    assert "still referred to" in held.answers[0].message
    assert "either" in explain(schema, _PASTED["Prisma"][0]).answers[0].message


async def test_real_errors_of_this_server_are_explained(database: TestDatabase, schema: Catalog) -> None:
    await database.execute(
        "SET search_path = app; INSERT INTO organizations VALUES (1); INSERT INTO workspaces VALUES (1, 1)"
    )
    connection = await database.connection()
    for row, behind in (("users VALUES (1, 1, 1, 1)", None), ("logs VALUES (1, 1)", "logged")):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"INSERT INTO {row}")
        text = ""
        try:
            await connection.execute("DELETE FROM organizations")
        except Exception as error:  # noqa: BLE001 - whatever the server says is what an operator pastes
            text = str(error)
        await transaction.rollback()
        keys = [answer.key.name for answer in explain(schema, text).answers]
        assert len(keys) == 1
        assert behind is None or keys == [behind]


@pytest.mark.newest_version
async def test_a_cascade_that_refuses_a_changed_key_is_not_said_to_hold_the_row(
    database: TestDatabase, schema: Catalog
) -> None:
    await database.execute(
        "SET search_path = app; INSERT INTO organizations VALUES (1); INSERT INTO workspaces VALUES (1, 1)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await database.execute("UPDATE app.organizations SET id = 2")
    [answer] = explain(schema, f"ERROR:  {refused.value}").answers
    assert "ON DELETE CASCADE: it lets a row of organizations go, but it is ON UPDATE NO ACTION" in answer.message
    assert answer.paths == ()


_SAME_COLUMN = """
CREATE TABLE workspaces (id int PRIMARY KEY);
CREATE TABLE regions (id int PRIMARY KEY);
CREATE TABLE maybe (place int NOT NULL DEFAULT nullif(1, 1) CONSTRAINT possible REFERENCES workspaces
  ON DELETE SET DEFAULT);
CREATE TABLE users (place int NOT NULL CONSTRAINT first REFERENCES workspaces ON DELETE SET NULL);
CREATE TABLE teams (place int NOT NULL CONSTRAINT second REFERENCES workspaces ON DELETE SET NULL);
CREATE TABLE offices (place int NOT NULL CONSTRAINT third REFERENCES regions ON DELETE SET NULL);
CREATE TABLE nullable (place int CONSTRAINT fine REFERENCES workspaces ON DELETE SET NULL);
CREATE TABLE numbered (number int GENERATED ALWAYS AS IDENTITY CONSTRAINT fourth REFERENCES workspaces
  ON DELETE SET NULL);
"""
_COLUMN_ONLY = 'ERROR:  null value in column "place" violates not-null constraint'


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        (_COLUMN_ONLY, ["first", "second", "third", "possible"]),
        (f"{_COLUMN_ONLY}\nDETAIL:  Failing row contains (null).", ["first", "second", "third", "possible"]),
        (f"{_COLUMN_ONLY}\nSTATEMENT:  DELETE FROM workspaces WHERE id = 1", ["first", "second", "possible"]),
        ('DELETE FROM "workspaces" WHERE "id" = $1: ' + _COLUMN_ONLY, ["first", "second", "possible"]),
        (f"{_COLUMN_ONLY}\nSTATEMENT:  DELETE FROM regions WHERE id = 1", ["third"]),
        (f"{_COLUMN_ONLY}\nSTATEMENT:  INSERT INTO users VALUES (NULL)", []),
        ("null value in column place violates not-null constraint", ["first", "second", "third", "possible"]),
        (
            "FEHLER:  NULL-Wert in Spalte »place« verletzt Not-Null-Constraint",
            ["first", "second", "third", "possible"],
        ),
        ("FEHLER:  NULL-Wert in Spalte »place« von Relation »other« verletzt Not-Null-Constraint", []),
        ('ERROR:  null value in column "place" of relation "other" violates not-null constraint', []),
        ('ERROR:  column "number" can only be updated to DEFAULT', ["fourth"]),
    ],
)
async def test_an_error_that_names_only_a_column_leads_to_every_foreign_key_that_can_be_behind_it(
    database: TestDatabase, text: str, behind: list[str]
) -> None:
    await database.execute(_SAME_COLUMN)
    found = explain(await catalog_of(database), text)
    assert [answer.key.name for answer in found.answers] == behind
    if len(behind) > 1:
        assert f"is ambiguous: it can come from {len(behind)} foreign keys" in found.headline
    elif behind:
        assert (
            f"names only a column: if a foreign key is behind it, it is {found.answers[0].key.qualified}."
            in found.headline
        )
    assert ("the statement that failed" in found.advice) is bool(behind)
    assert not any("Nobody wrote" in answer.message for answer in found.answers)


@pytest.mark.newest_version
async def test_an_error_that_names_its_table_is_not_called_ambiguous(schema: Catalog) -> None:
    for text, _, _ in _PASTED.values():
        assert explain(schema, text).advice == ""


_ODD = ("line\nbreak", "line\n\ttab", 'it\'s "quoted" «so»', "back\\nslash", "escape \x1b[31m", "»`x`")


@pytest.mark.parametrize("name", _ODD)
async def test_a_name_that_breaks_the_line_or_the_quotes_is_found_in_a_real_error(
    database: TestDatabase, name: str
) -> None:
    it = '"' + name.replace('"', '""') + '"'
    await database.execute(
        f"CREATE TABLE {it} (id int PRIMARY KEY);"
        f"CREATE TABLE null_child ({it} int NOT NULL CONSTRAINT behind_null REFERENCES {it} ON DELETE SET NULL);"
        f"CREATE TABLE held (parent int CONSTRAINT {it} REFERENCES {it});"
        "CREATE TABLE other (parent int CONSTRAINT line REFERENCES null_parent);".replace("null_parent", it)
        + f"INSERT INTO {it} VALUES (1), (2); INSERT INTO null_child VALUES (1); INSERT INTO held VALUES (2)"
    )
    catalog = await catalog_of(database)
    for key, behind in ((1, "behind_null"), (2, name)):
        statement = f"DELETE FROM {it} WHERE id = {key}"
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
            await database.execute(statement)
        error = raised.value
        printed = await _psql(database, statement)
        logged = f"ERROR:  {error}\nSTATEMENT:  {statement}".replace("\n", "\n\t")
        for text in (str(error), repr(error), printed, logged):
            assert [answer.key.name for answer in explain(catalog, text).answers] == [behind], text


async def _psql(database: TestDatabase, statement: str) -> str:
    """Give what psql prints for a statement that fails."""
    program = await asyncio.create_subprocess_exec(
        psql(), "-X", "-d", database.dsn, "-c", statement, stderr=asyncio.subprocess.PIPE
    )
    _, printed = await program.communicate()
    assert b"ERROR:" in printed
    return printed.decode()


@pytest.mark.newest_version
async def test_the_next_step_names_a_table_as_the_command_reads_it(database: TestDatabase) -> None:
    await database.execute("""
        CREATE TABLE "User" (id int PRIMARY KEY);
        CREATE TABLE "Post it" ("userId" int NOT NULL CONSTRAINT "Post_userId_fkey" REFERENCES "User"
          ON DELETE SET NULL);
    """)
    catalog = await catalog_of(database)
    error = 'null value in column "userId" of relation "Post it" violates not-null constraint'
    [answer] = explain(catalog, error).answers
    words = shlex.split(answer.next_step)
    assert find_table(catalog, words[words.index("--table") + 1]).name.name == "User"
    assert find_foreign_key(catalog, words[words.index("plan") + 1]) is answer.key


@pytest.mark.parametrize(
    "around", ["»{}«", "«{}»", "« {} »", "“{}”", "„{}“", "\u2018{}\u2019", "'{}'", "`{}`", '"{}"', "「{}」"]
)
def test_names_are_read_from_any_quotation_marks(around: str) -> None:
    known = Vocabulary(columns=frozenset({"a"}), tables=frozenset({"b"}))
    [clues] = read_errors(f"NULL {around.format('a')} verletzt {around.format('b')}", known)
    assert (clues.columns, clues.table) == (("a",), "b")
