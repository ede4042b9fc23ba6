"""The documents that leave fkdash: a preview by its contract, a diagnosis for the people who wait."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import asyncpg
import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

NAME = "users_primary_workspace_id_workspaces_id_fk"


async def acme(database: TestDatabase) -> str:
    return str(await database.value("select id from workspaces where slug = 'acme'"))


async def test_a_blocked_delete_is_told_by_the_contract(incident_database: TestDatabase) -> None:
    keys = json.dumps([{"id": await acme(incident_database)}])
    ended = await fkdash(
        "preview", "--table", "public.workspaces", "--keys-json", keys, "--format", "json", incident_database.dsn
    )
    assert ended.returncode == 1, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["fkdash"], document["kind"], document["verdict"], document["exact"]) == (
        1,
        "preview",
        "blocked",
        True,
    )
    assert document["blockers"] == [
        {
            "constraint": None,
            "schema": "public",
            "table": "users",
            "columns": ["primary_workspace_id"],
            "sqlstate": "23502",
            "rows": 1204,
            "first": True,
        }
    ]


async def test_an_allowed_delete_exits_0_and_takes_along_what_postgresql_takes(
    incident_database: TestDatabase,
) -> None:
    unreferenced = "not exists (select from users u where u.primary_workspace_id = workspaces.id)"
    ended = await fkdash(
        "preview", "--table", "workspaces", "--where", unreferenced, "--format", "json", incident_database.dsn
    )
    assert ended.returncode == 0, ended.stderr
    effects = {each["table"]: each["deleted"] for each in json.loads(ended.stdout)["effects"]}
    connection = await incident_database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        before = {table: await incident_database.value(f"select count(*) from {table}") for table in effects}
        await connection.execute(f"delete from workspaces where {unreferenced}")
        after = {table: await incident_database.value(f"select count(*) from {table}") for table in effects}
    finally:
        await transaction.rollback()
    assert effects == {table: before[table] - after[table] for table in effects}


async def test_a_rehearsal_agrees_and_leaves_every_row(incident_database: TestDatabase) -> None:
    count = "select count(*) from workspaces"
    before = await incident_database.value(count)
    keys = json.dumps([{"id": await acme(incident_database)}])
    blocked = await fkdash(
        "preview", "--table", "workspaces", "--keys-json", keys, "--rehearse", incident_database.dsn
    )
    assert (blocked.returncode, "agrees" in blocked.stderr) == (1, True), blocked.stderr
    free = "not exists (select from users u where u.primary_workspace_id = workspaces.id)"
    allowed = await fkdash(
        "preview", "--table", "workspaces", "--where", free, "--rehearse", incident_database.dsn
    )
    assert (allowed.returncode, "agrees" in allowed.stderr) == (0, True), allowed.stderr
    assert await incident_database.value(count) == before


@pytest.mark.newest_version
async def test_nothing_to_delete_is_said(incident_database: TestDatabase) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    ended = await fkdash("preview", "--table", "workspaces", "--key", f"id={missing}", incident_database.dsn)
    assert ended.returncode == 0
    assert "Nothing to delete" in ended.stdout


@pytest.mark.newest_version
@pytest.mark.parametrize(
    "arguments",
    [
        ("--table", "workspace", "--all"),
        ("--table", "workspaces", "--key", "idd=1"),
        ("--table", "workspaces", "--key", "id=not-a-uuid"),
        ("--table", "workspaces", "--where", "true; drop table users"),
        ("--table", "workspaces", "--keys-json", "[1]"),
        ("--table", "workspaces"),
    ],
)
async def test_bad_input_is_refused_with_a_hint(
    incident_database: TestDatabase, arguments: tuple[str, ...]
) -> None:
    ended = await fkdash("preview", *arguments, incident_database.dsn)
    assert ended.returncode == 2, ended.stdout
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) > 1


@pytest.mark.newest_version
async def test_the_diagnosis_has_evidence_rows_options_and_what_was_applied(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    before = await fkdash("report", "--rows", "--title", "INC-42", incident_database.dsn, environment=state)
    assert before.returncode == 0, before.stderr
    plain = before.stdout.replace("\\", "")
    for words in (
        "# INC-42",
        NAME,
        "23502",
        "412 rows of workspaces",
        "Acme GmbH",
        "NO ACTION",
        "- [ ] the rule is quiet",
    ):
        assert words in plain
    statements = [block.split("```")[0] for block in before.stdout.split("```sql\n")[1:]]
    connection = await asyncpg.connect(incident_database.dsn)
    try:
        for script in statements:
            await connection.execute(script.replace("COMMIT", "ROLLBACK"))
    finally:
        await connection.close()
    apply = ("fix", "apply", NAME, "--option", "no-action", "--yes", "--confirm", NAME, "--reason", "INC-42")
    assert (await fkdash(*apply, incident_database.dsn, environment=state)).returncode == 0
    after = (await fkdash("report", incident_database.dsn, environment=state)).stdout.replace("\\", "")
    assert "What was applied" in after
    assert "**verified**" in after


async def test_the_way_back_that_is_printed_leads_back_as_it_is_and_tells_no_password(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    secret = f"{incident_database.dsn}&password=hidden-one"
    yes = ("--yes", "--confirm", NAME)
    applied = await fkdash("fix", "apply", NAME, "--option", "no-action", secret, *yes, environment=state)
    assert applied.returncode == 0, applied.stderr
    assert "hidden-one" not in applied.stdout + applied.stderr
    printed = next(line for line in applied.stdout.splitlines() if "fkdash fix undo" in line)
    program, *words = shlex.split(printed.partition(": ")[2])
    assert program == "fkdash"
    undone = await fkdash(*words, *yes, environment=state)
    assert undone.returncode == 0, undone.stderr
    assert "Done and verified" in undone.stdout


async def test_the_last_run_is_undone_without_naming_its_journal_and_only_once(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    state, dsn = {"XDG_STATE_HOME": str(tmp_path)}, incident_database.dsn
    yes = ("--yes", "--confirm", NAME)
    applied = await fkdash("fix", "apply", NAME, "--option", "no-action", dsn, *yes, environment=state)
    assert applied.returncode == 0, applied.stderr
    undone = await fkdash("fix", "undo", "--last", dsn, *yes, environment=state)
    assert undone.returncode == 0, undone.stderr
    assert "Done and verified" in undone.stdout
    again = await fkdash("fix", "undo", dsn, "--last", *yes, environment=state)
    assert again.returncode == 4
    assert "has changed this database and is not undone" in again.stderr
    nameless = await fkdash("fix", "undo", environment=state)
    assert nameless.returncode == 2
    assert "or --last" in nameless.stderr
