"""What protects the powerful is in nobody's way: ordinary schemas are answered as if a superuser owned them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import asyncpg
import pytest

from tests.security.faces import ended
from tests.security.stage import ADMINISTRATOR, OWNER, PLANTER, READER, SUPERUSER, make_roles
from tests.support.servers import TestDatabase, TestServer, fresh_database

pytestmark = pytest.mark.usefixtures("own_folders")

_HERE = Path(__file__).parent
_EXTENSIONS = ("citext", "hstore", "ltree", "pg_trgm", "pgcrypto", '"uuid-ossp"')


@dataclass(frozen=True)
class Answer:
    """A command's exit code and what it printed."""

    code: int
    lines: tuple[str, ...]


async def application(database: TestDatabase, owner: str, *parts: str) -> None:
    """Have the application's role, or the superuser, make its schema and give everybody SELECT."""
    await database.execute(f"ALTER DATABASE {database.name} OWNER TO {owner}")
    await database.execute(f"GRANT ALL ON SCHEMA public TO {owner}")
    connection = await asyncpg.connect(database.dsn.replace("//postgres@", f"//{owner}@"))
    try:
        for part in parts:
            await connection.execute(part)
        await connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO public")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def answers(database: TestDatabase, role: str, tables: dict[str, str]) -> dict[str, Answer]:
    """Give what the commands say, without what differs between two databases of the same schema."""
    dsn = database.dsn.replace("//postgres@", f"//{role}@")
    found: dict[str, Answer] = {}
    commands = {
        "check": ("check", "--format", "json", dsn),
        "orphans": ("orphans", "scan", "--all", "--format", "json", dsn),
        "report": ("report", "--rows", dsn),
    }
    for table, condition in tables.items():
        for name, rows in (("all", ("--all",)), ("where", ("--where", condition)), ("true", ("--where", "true"))):
            commands[f"{table} {name}"] = ("preview", "--table", table, *rows, "--format", "json", dsn)
    for name, arguments in commands.items():
        command = await ended(*arguments)
        assert command.code in (0, 1, 4), (name, command.err)
        if command.out.startswith("{"):
            assert not command.document.get("not_run"), (name, command.document["not_run"])
        found[name] = Answer(command.code, tuple(_alike(command.out, database).splitlines()))
    return found


def _alike(text: str, database: TestDatabase) -> str:
    """Leave out names, times and generated keys."""
    text = text.replace(database.name, "DATABASE").replace(database.name.replace("_", "\\_"), "DATABASE")
    text = re.sub(r"^DATABASE on .*? as \w+, ", "DATABASE, ", text, flags=re.MULTILINE)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r'"role": "\w+"', '"role": ""', text)
    return re.sub(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\s|"]*|"(seconds|took|owner)[a-z_]*": [^,\n]+', "-", text)


def assert_alike(found: Mapping[str, Answer], expected: Mapping[str, Answer]) -> None:
    """Compare the answers, and show only the lines that differ."""
    different = [
        f"{name}: {line}"
        for name, answer in expected.items()
        for line in unified_diff(answer.lines, found[name].lines, "expected", "found", lineterm="", n=0)
    ]
    assert not different, "\n".join(different)
    assert [each.code for each in found.values()] == [each.code for each in expected.values()]


async def assert_answered_alike(
    server: TestServer, roles: tuple[str, ...], tables: dict[str, str], *parts: str
) -> None:
    await make_roles(server)
    async with fresh_database(server) as theirs, fresh_database(server) as ours:
        await application(theirs, PLANTER, *parts)
        await application(ours, SUPERUSER, *parts)
        for role in roles:
            assert_alike(await answers(theirs, role, tables), await answers(ours, role, tables))


@pytest.mark.long
@pytest.mark.newest_version
async def test_an_ordinary_schema_of_an_application_s_role_is_answered_fully(server: TestServer) -> None:
    tables = {"account": "id < 5", "status_texts": "status = 'open'", "orders": "price > 1"}
    roles = (SUPERUSER, READER, ADMINISTRATOR)
    await assert_answered_alike(server, roles, tables, (_HERE / "ordinary.sql").read_text(encoding="utf-8"))


@pytest.mark.newest_version
async def test_the_owner_of_an_ordinary_schema_is_answered_as_a_superuser_is(server: TestServer) -> None:
    await make_roles(server)
    tables = {"account": "id < 5", "orders": "price > 1"}
    async with fresh_database(server) as database:
        await application(database, OWNER, (_HERE / "ordinary.sql").read_text(encoding="utf-8"))
        assert_alike(await answers(database, OWNER, tables), await answers(database, SUPERUSER, tables))


@pytest.mark.newest_version
async def test_the_demo_of_an_application_s_role_is_answered_fully(
    server: TestServer, incident_database: TestDatabase
) -> None:
    await make_roles(server)
    tables = {"workspaces": "true", "users": "created_at is not null"}
    await incident_database.execute("GRANT USAGE ON SCHEMA billing TO public")
    expected = {role: await answers(incident_database, role, tables) for role in (SUPERUSER, READER)}
    await incident_database.execute(_OWNED_BY_THE_APPLICATION)
    for role, answer in expected.items():
        assert_alike(await answers(incident_database, role, tables), answer)


@pytest.mark.newest_version
async def test_an_application_s_function_in_a_check_that_a_delete_meets_is_the_one_thing_not_evaluated(
    server: TestServer,
) -> None:
    await make_roles(server)
    schema = (_HERE / "ordinary.sql").read_text(encoding="utf-8")
    met = "ALTER TABLE notes ADD CONSTRAINT met CHECK (f_plain(body) <> '' OR account_id IS NULL)"
    command = ("preview", "--table", "account", "--all", "--format", "json")
    async with fresh_database(server) as database:
        await application(database, PLANTER, schema, met)
        looked = await ended(*command, database.dsn)
        assert (looked.document["verdict"], looked.code) == ("unknown", 4)
        assert 'CHECK "met" on public.notes' in "".join(looked.document["notes"])
        assert looked.document["not_run"] == [
            {
                "object": "public.notes.met",
                "function": "public.f_plain(text)",
                "owner": PLANTER,
                "reason": "would-be-evaluated",
                "accept": f"--trust-owner {PLANTER}",
            }
        ]
        for others in (("check",), ("orphans", "scan", "--all")):
            assert "not_run" not in (await ended(*others, "--format", "json", database.dsn)).document
        trusting = await ended(*command, "--trust-owner", PLANTER, database.dsn)
        own = await ended(*command, database.dsn.replace("//postgres@", f"//{PLANTER}@"))
        for answered in (trusting, own):
            assert 'CHECK "met"' not in "".join(answered.document["notes"])
            assert "not_run" not in answered.document


_OWNED_BY_THE_APPLICATION = f"""
DO $$ DECLARE o record; BEGIN
  FOR o IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'billing') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO {PLANTER}', o.name);
  END LOOP;
  FOR o IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname IN ('public', 'billing') LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO {PLANTER}', o.name);
  END LOOP;
END $$
"""


async def test_extensions_that_the_database_s_owner_installed_are_answered_fully(
    contrib_server: TestServer,
) -> None:
    tables = {"members": "mail = 'a@example.org'", "places": "path <@ 'a'"}
    install = "".join(f"CREATE EXTENSION {extension};" for extension in _EXTENSIONS)
    schema = (_HERE / "extensions.sql").read_text(encoding="utf-8")
    await assert_answered_alike(contrib_server, (SUPERUSER, READER), tables, install, schema)
