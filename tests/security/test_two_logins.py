"""Looking as one role and changing as another: what `grants` prints is enough, and nothing is read with the other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from fkdash.demo import incident
from tests.support.commands import fkdash
from tests.support.pasting import carried_out
from tests.support.servers import TestDatabase, TestServer, fresh_database

NAME = "users_primary_workspace_id_workspaces_id_fk"
ADMINISTRATOR, OWNER, LOOKER = "cloud_admin", "app_owner", "fkdash_look"


@pytest.fixture
async def cloud(incident_database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """The incident as a managed cloud has it: an administrator who is no superuser and owns no table."""
    inherits = " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" if incident_database.version >= 16 else ""
    member = f"GRANT {OWNER} TO {ADMINISTRATOR}{inherits};" if inherits else ""
    await incident_database.execute(
        f"CREATE ROLE {OWNER}; CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB; {member}"
        f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};"
        f"ALTER TABLE users OWNER TO {OWNER}; ALTER TABLE workspaces OWNER TO {OWNER};"
        f"ALTER TABLE workspace_members OWNER TO {OWNER}; REVOKE ALL ON SCHEMA public FROM public;"
    )
    yield incident_database
    await incident_database.execute(f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER")
    for role in (LOOKER, ADMINISTRATOR, OWNER):
        if await incident_database.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", role):
            await incident_database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def dsn_of(database: TestDatabase, role: str) -> str:
    return f"postgresql://{role}@/{database.name}?host={quote(database.socket_directory, safe='')}"


def state_of_the_incident(document: str) -> str:
    findings = json.loads(document)["findings"]
    [incident] = [each for each in findings if (each["constraint"], each["rule"]) == (NAME, "FK101")]
    return str(incident["impact"]["state"])


async def granted(database: TestDatabase) -> None:
    """Let the printed script run, as somebody who may."""
    printed = await fkdash(
        "grants", "--look", LOOKER, "--fix", "users", "--fix-role", ADMINISTRATOR, "-d", database.dsn
    )
    assert printed.returncode == 0, printed.stderr
    await carried_out(database.dsn, printed.stdout)


async def test_what_is_granted_is_enough_for_the_whole_journey(cloud: TestDatabase, tmp_path: Path) -> None:
    await granted(cloud)
    logins = ("--look", LOOKER, "-d", dsn_of(cloud, ADMINISTRATOR))
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    checked = await fkdash("check", "--format", "json", *logins)
    assert checked.returncode == 1, checked.stderr
    assert "not_run" not in json.loads(checked.stdout)
    assert state_of_the_incident(checked.stdout) == "biting"
    [row] = await cloud.fetch("SELECT primary_workspace_id::text AS id FROM users LIMIT 1")
    keys = json.dumps([{"id": row["id"]}])
    asked = ("preview", "--table", "public.workspaces", "--keys-json", keys, "--format", "json", *logins)
    assert json.loads((await fkdash(*asked)).stdout)["verdict"] == "blocked"
    applied = await fkdash(
        *("fix", "apply", NAME, "--option", "no-action", "--yes", "--confirm", NAME, "--format", "json"),
        *logins,
        environment=environment,
    )
    assert applied.returncode == 0, applied.stdout + applied.stderr
    run = json.loads(applied.stdout)
    assert run["outcome"] == "verified"
    undone = await fkdash(
        *("fix", "undo", run["journal"], "--yes", "--confirm", NAME, "--format", "json"),
        *logins,
        environment=environment,
    )
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert await cloud.value("SELECT confdeltype::text FROM pg_constraint WHERE conname = $1", NAME) == "n"


async def test_once_granted_nothing_is_missing(cloud: TestDatabase) -> None:
    await granted(cloud)
    again = await fkdash(
        *("grants", "--look", LOOKER, "--fix", "users", "--fix-role", ADMINISTRATOR, "--format", "json"),
        *("-d", cloud.dsn),
    )
    assert [each["statements"] for each in json.loads(again.stdout)["roles"]] == [[], []]


async def test_the_role_for_looking_can_write_nothing(cloud: TestDatabase) -> None:
    await granted(cloud)
    rights = await cloud.fetch(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND "
        f"has_table_privilege('{LOOKER}', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
    )
    assert rights == []
    assert not await cloud.value(
        f"SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls "
        f"FROM pg_roles WHERE rolname = '{LOOKER}'"
    )


async def test_everything_is_read_with_the_login_for_looking(cloud: TestDatabase) -> None:
    await granted(cloud)
    # Whoever is let into no table cannot have read one: the administrator has no rights of its own on workspaces.
    await cloud.execute(f"REVOKE {OWNER} FROM {ADMINISTRATOR}")
    looked = await fkdash("check", "--format", "json", "--look", LOOKER, "-d", dsn_of(cloud, ADMINISTRATOR))
    assert state_of_the_incident(looked.stdout) == "biting"
    alone = await fkdash("check", "--format", "json", "-d", dsn_of(cloud, ADMINISTRATOR))
    assert state_of_the_incident(alone.stdout) == "unknown"


@pytest.mark.newest_version
async def test_a_login_for_looking_at_another_server_stops_a_change(
    incident_database: TestDatabase, server_of: Callable[[int], TestServer], tmp_path: Path
) -> None:
    cloud = incident_database
    elsewhere = server_of(18 if cloud.version == 16 else 16)
    async with fresh_database(elsewhere) as administered:
        await administered.execute(f"CREATE DATABASE {cloud.name}")
        twin = TestDatabase(elsewhere, cloud.name)
        await incident.load(twin.dsn)
        applied = await fkdash(
            *("fix", "apply", NAME, "--option", "no-action", "--yes", "--confirm", NAME),
            *("--look", f"{twin.dsn}&user=postgres", "-d", cloud.dsn),
            environment={"XDG_STATE_HOME": str(tmp_path)},
        )
        await administered.execute(f"DROP DATABASE {cloud.name} WITH (FORCE)")
    assert applied.returncode == 4, applied.stderr
    assert "lead to different servers" in applied.stderr
    assert await cloud.value("SELECT confdeltype::text FROM pg_constraint WHERE conname = $1", NAME) == "n"


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("look", "words"),
    [
        ("user=fkdash_look dbname=elsewhere", "leads to the database elsewhere"),
        ("host=/tmp", "names no role"),
    ],
)
async def test_a_login_that_cannot_be_meant_is_a_usage_error(
    incident_database: TestDatabase, look: str, words: str
) -> None:
    ended = await fkdash("check", "--look", look, incident_database.dsn)
    assert ended.returncode == 2
    assert words in ended.stderr


async def test_names_that_could_be_more_in_a_script_are_only_names(incident_database: TestDatabase) -> None:
    odd = 'a\n\\! echo run\n-- "b" \u202e'
    quoted = '"' + odd.replace('"', '""') + '"'
    await incident_database.execute(
        f"CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} (id uuid REFERENCES public.workspaces)"
    )
    role = "look'\n\\q\n"
    printed = await fkdash("grants", "--look", role, incident_database.dsn)
    assert "\\!" not in printed.stdout.replace("\\\\", "")
    await carried_out(incident_database.dsn, printed.stdout)
    spelled = '"' + role + '"'
    try:
        assert await incident_database.value(
            "SELECT has_table_privilege($1, (SELECT conrelid FROM pg_constraint WHERE conrelid::regclass::text "
            "LIKE '%echo%' LIMIT 1), 'SELECT')",
            role,
        )
    finally:
        await incident_database.execute(f"DROP OWNED BY {spelled}; DROP ROLE {spelled}")


@pytest.mark.newest_version
async def test_a_superuser_is_no_role_for_looking(incident_database: TestDatabase) -> None:
    superuser = await incident_database.value("SELECT current_user::text")
    ended = await fkdash("grants", "--look", superuser, incident_database.dsn)
    assert ended.returncode == 2
    assert "is a superuser" in ended.stderr
