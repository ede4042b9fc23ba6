"""What `fix export` writes for tools that cannot be run here, run by their documented rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import pytest

from fkdash.catalog.table_name import quoted
from fkdash.lint.reading import read_sources
from fkdash.lint.sources import find_sources
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.tools.documented import DOCUMENTED, Documented
from tests.tools.projects import KEY
from tests.tools.test_migrations import DEFINITION, HOSTILE_COLUMN, HOSTILE_KEY, NOT_NULL, OID, ROWS

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]


async def lay(tool: Documented, folder: Path, database: TestDatabase) -> None:
    for name, text in tool.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    await run(tool, sorted(folder.glob(tool.pattern)), database)
    await database.execute(ROWS)


async def run(tool: Documented, paths: Iterable[Path], database: TestDatabase, *, down: bool = False) -> None:
    connection = await database.connection()
    for path in paths:
        for together, statements in tool.runs(path, down):
            if together:
                async with connection.transaction():
                    for statement in statements:
                        await connection.execute(statement)
            else:
                for statement in statements:
                    await connection.execute(statement)


async def exported(name: str, folder: Path, database: TestDatabase, option: str, key: str = KEY) -> list[Path]:
    before = set(folder.glob(DOCUMENTED[name].pattern))
    done = await fkdash(
        "fix", "export", key, "--option", option, "--tool", name, "--dir", str(folder), "--write", database.dsn
    )
    assert done.returncode == 0, done.stderr
    return sorted(set(folder.glob(DOCUMENTED[name].pattern)) - before)


@pytest.mark.parametrize("option", ["no-action", "drop-not-null", "create-index"])
@pytest.mark.parametrize("name", sorted(DOCUMENTED))
async def test_a_migration_goes_up_once_and_again_and_down_as_its_tool_says(
    name: str, option: str, database: TestDatabase, tmp_path: Path
) -> None:
    tool = DOCUMENTED[name]
    await lay(tool, tmp_path, database)
    before = await database.value(DEFINITION), await database.value(NOT_NULL)
    made = await exported(name, tmp_path, database, option)
    await run(tool, made, database)

    found = {
        each["rule"]
        for each in json.loads((await fkdash("check", "--format", "json", database.dsn)).stdout)["findings"]
    }
    assert ("FK301" if option == "create-index" else "FK101") not in found
    if option == "no-action":
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await database.execute("delete from workspaces where id = 1")
    applied = await database.value(OID)
    await run(tool, made, database)
    assert await database.value(OID) == applied
    if tool.goes_down:
        await run(tool, reversed(made), database, down=True)
        assert (await database.value(DEFINITION), await database.value(NOT_NULL)) == before
    if name != "ecto":
        files = read_sources(find_sources([tmp_path]))
        assert [each.reason for each in files.script.incomplete] == []
        [key] = files.catalog.foreign_keys
        users = files.catalog.tables[key.table]
        assert (key.on_delete, key.validated) == ("NO ACTION" if option == "no-action" else "SET NULL", True)
        assert users.columns_by_name["primary_workspace_id"].not_null is (option != "drop-not-null")


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
async def test_no_name_in_the_database_can_be_read_as_more(
    name: str, database: TestDatabase, tmp_path: Path
) -> None:
    tool = DOCUMENTED[name]
    await lay(tool, tmp_path, database)
    column = quoted(HOSTILE_COLUMN)
    await database.execute(
        f"truncate users; alter table users add column {column} int not null, add constraint {quoted(HOSTILE_KEY)} "
        f"foreign key ({column}) references workspaces (id) on delete set null"
    )
    await run(tool, await exported(name, tmp_path, database, "no-action", f"public.users.{HOSTILE_KEY}"), database)
    found = await database.fetch(
        "select confdeltype::text, convalidated from pg_constraint where conname = $1", HOSTILE_KEY
    )
    assert [tuple(row) for row in found] == [("a", True)]
