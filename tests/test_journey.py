"""The whole product in a real terminal on a real server, and the promise that looking leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.servers import TestDatabase
from tests.support.terminal import terminal

NAME = "users_primary_workspace_id_workspaces_id_fk"
LOOKING = {
    "check": ["check"],
    "check as json": ["check", "--format", "json"],
    "plan": ["fix", "plan", NAME, "--option", "no-action"],
    "export": ["fix", "export", NAME, "--option", "drop-not-null"],
}


def fkdash(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    return forked.run(arguments, {**os.environ, "XDG_STATE_HOME": str(state)})


async def fingerprint(database: TestDatabase) -> tuple[object, ...]:
    """Everything that a write would change: the next transaction id, the catalog, the rows."""
    catalog = await database.value(
        "select md5(string_agg(t, '' order by t)) from ("
        "select c::text as t from pg_constraint c union all select a::text from pg_attribute a union all "
        "select relname || relkind::text from pg_class union all select t::text from pg_trigger t) x"
    )
    rows = [
        await database.value(f"select md5(string_agg(t::text, '' order by t::text)) from {table} t")
        for table in ("users", "workspaces", "workspace_members")
    ]
    return await database.value("select pg_snapshot_xmax(pg_current_snapshot())::text"), catalog, *rows


@pytest.mark.parametrize("command", LOOKING.values(), ids=list(LOOKING))
async def test_looking_leaves_nothing(still_database: TestDatabase, tmp_path: Path, command: list[str]) -> None:
    before = await fingerprint(still_database)
    ended = await asyncio.to_thread(fkdash, *command, still_database.dsn, state=tmp_path)
    assert ended.returncode in {0, 1}, ended.stderr
    assert await fingerprint(still_database) == before
    assert not list(tmp_path.rglob("*"))


async def test_walking_through_the_screens_leaves_nothing(still_database: TestDatabase, tmp_path: Path) -> None:
    before = await fingerprint(still_database)

    def walk() -> int:
        with terminal(
            ["-m", "fkdash", still_database.dsn], environment={"XDG_STATE_HOME": str(tmp_path)}
        ) as screen:
            screen.read_until("BITES 412")
            screen.send(b"b")
            screen.read_until("cannot be deleted")
            screen.read_quiet()
            screen.send(b"\x1b")
            screen.read_until("FK101")
            screen.send(b"f")
            screen.read_until("NO ACTION")
            screen.send(b"\r")
            screen.read_until("ok every row refers")
            screen.send(b"a")
            screen.read_until("Type the constraint's name")
            screen.send(NAME.encode())
            screen.read_until("ARMED")
            screen.send(b"\x03")
            screen.read_quiet()
            screen.send(b"\x1b")
            screen.read_until("a apply")
            screen.send(b"q")
            return screen.wait()

    assert await asyncio.to_thread(walk) == 0
    assert await fingerprint(still_database) == before


async def test_the_incident_is_found_seen_fixed_and_proved_in_a_terminal(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    def walk() -> int:
        with terminal(
            ["-m", "fkdash", incident_database.dsn], environment={"XDG_STATE_HOME": str(tmp_path)}
        ) as screen:
            screen.read_until("BITES 412")
            screen.send(b"b")
            screen.read_until("412 of 1,208")
            screen.read_until("@")
            screen.read_quiet()
            screen.send(b"f")
            screen.read_until("stay blocked")
            screen.send(b"\r")
            screen.read_until("a apply")
            screen.send(b"a")
            screen.read_until("Type the constraint's name")
            screen.send(NAME.encode())
            screen.read_until("ARMED")
            screen.send(b"\r")
            screen.read_quiet(1.0)
            screen.send(b"\r")
            screen.read_until("Done and verified")
            screen.read_until("refused with 23503")
            screen.send(b"\x1b")
            screen.read_until("contradictions")
            screen.read_until_gone("BITES")
            screen.send(b"q")
            return screen.wait()

    checked = await asyncio.to_thread(fkdash, "check", incident_database.dsn, "--format", "json", state=tmp_path)
    assert checked.returncode == 1
    assert NAME in {
        each["constraint"] for each in json.loads(checked.stdout)["findings"] if each["rule"] == "FK101"
    }
    assert await asyncio.to_thread(walk) == 0
    assert (
        await incident_database.value("select confdeltype::text from pg_constraint where conname = $1", NAME)
        == "a"
    )
    checked = await asyncio.to_thread(fkdash, "check", incident_database.dsn, "--format", "json", state=tmp_path)
    assert NAME not in {
        each["constraint"] for each in json.loads(checked.stdout)["findings"] if each["rule"] == "FK101"
    }
