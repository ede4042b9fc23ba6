"""What `fix export` writes, run by the tool it is written for."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path

import asyncpg
import pytest

from fkdash.catalog.table_name import quoted
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.tools import installed, more_projects, projects
from tests.tools.projects import KEY, Project

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]
ROWS = "insert into workspaces values (1, 'one'), (2, 'two'); insert into users values (1, 1)"
DEFINITION = (
    f"select pg_get_constraintdef(oid) || ' ' || convalidated::text from pg_constraint where conname = '{KEY}'"
)
NOT_NULL = (
    "select attnotnull from pg_attribute where attrelid = 'users'::regclass and attname = 'primary_workspace_id'"
)
OID = f"select oid from pg_constraint where conname = '{KEY}'"
OWN_TRANSACTION = (
    "select c.xmin::text <> (select min(t.xmin::text) from pg_trigger t where t.tgconstraint = c.oid) "
    f"from pg_constraint c where conname = '{KEY}'"
)
OPTIONS = ("no-action", "drop-not-null")


PROJECTS = projects.PROJECTS | more_projects.PROJECTS


@pytest.fixture(params=sorted(PROJECTS))
def project(request: pytest.FixtureRequest) -> Project:
    found = PROJECTS[request.param]
    return present(found)


def present(project: Project, option: str = "") -> Project:
    """Give the project where its tool can be had, and does something of its own with this option."""
    if missing := installed.missing(project.programs, project.debian):
        pytest.skip(f"not installed: {', '.join(missing)}")
    if option and option not in project.options:
        pytest.skip(f"{project.tool} is run with {', '.join(project.options)} only")
    return project


async def export(
    project: Project, folder: Path, database: TestDatabase, option: str, *more: str, key: str = KEY
) -> str:
    done = await fkdash(
        "fix", "export", key, "--option", option, "--tool", project.tool,
        "--dir", str(folder / project.named), "--write", *project.more_words, *more, database.dsn,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def up(project: Project, folder: Path, database: TestDatabase) -> None:
    await asyncio.to_thread(project.run, project.up, folder, database)


@pytest.mark.parametrize("option", OPTIONS)
async def test_a_migration_goes_up_and_down_and_leaves_what_was_there_byte_for_byte(
    project: Project, option: str, database: TestDatabase, tmp_path: Path
) -> None:
    folder = present(project, option).lay(tmp_path)
    await up(project, folder, database)
    await database.execute(ROWS)
    before = await database.value(DEFINITION), await database.value(NOT_NULL)
    files = set(folder.rglob("*"))
    await export(project, folder, database, option)
    await up(project, folder, database)

    assert (await fkdash("check", database.dsn)).returncode == 0
    if option == "no-action":
        assert (
            await database.value(DEFINITION) == "FOREIGN KEY (primary_workspace_id) REFERENCES workspaces(id) true"
        )
        assert await database.value(OWN_TRANSACTION)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await database.execute("delete from workspaces where id = 1")
    else:
        await database.execute("begin; delete from workspaces where id = 1")
        assert await database.value("select primary_workspace_id from users") is None
        await database.execute("rollback")
    if project.status:
        assert project.nothing_open in await asyncio.to_thread(project.run, project.status, folder, database)
    if project.edit is not None:
        project.edit(folder, option)
    if project.quiet:
        await asyncio.to_thread(project.run, project.quiet, folder, database)

    if any(name.endswith(".sql") for name in project.files):
        linted = await fkdash("lint", str(folder), "--fail-on", "warning")
        assert linted.returncode == 0, linted.stdout

    made = {path for path in set(folder.rglob("*")) - files if path.is_file() and "__pycache__" not in path.parts}
    for _ in range(project.steps_down or len(made)) if project.down else ():
        await asyncio.to_thread(project.run, project.down, folder, database)
    if project.down:
        assert (await database.value(DEFINITION), await database.value(NOT_NULL)) == before


INDEXES = "select count(*) from pg_index where indrelid = 'users'::regclass and indisvalid and not indisunique"


@pytest.mark.parametrize(
    "name",
    [
        "alembic",
        "dbmate",
        "django",
        "knex",
        "node-pg-migrate",
        "psql",
        "rails",
        "sequelize",
        "supabase",
        "typeorm",
    ],
)
async def test_an_index_is_built_where_a_tools_transaction_would_refuse_it_and_is_gone_after_the_way_back(
    name: str, database: TestDatabase, tmp_path: Path
) -> None:
    project = present(PROJECTS[name])
    folder = project.lay(tmp_path)
    await up(project, folder, database)
    files = set(folder.rglob("*"))
    await export(project, folder, database, "create-index")
    await up(project, folder, database)
    assert await database.value(INDEXES) == 1
    made = {path for path in set(folder.rglob("*")) - files if path.is_file() and "__pycache__" not in path.parts}
    for _ in range(project.steps_down or len(made)) if project.down else ():
        await asyncio.to_thread(project.run, project.down, folder, database)
    assert await database.value(INDEXES) == (0 if project.down else 1)


@pytest.mark.parametrize(
    "name", ["alembic", "dbmate", "django", "knex", "node-pg-migrate", "psql", "sequelize", "typeorm"]
)
async def test_where_the_fix_was_applied_halfway_the_migration_does_the_rest(
    name: str, database: TestDatabase, tmp_path: Path
) -> None:
    project = PROJECTS[name]
    folder = project.lay(tmp_path)
    await up(project, folder, database)
    await database.execute(ROWS)
    await export(project, folder, database, "no-action")
    await database.execute(
        f"alter table users drop constraint {KEY}, add constraint {KEY} "
        "foreign key (primary_workspace_id) references workspaces (id) not valid"
    )
    applied = await database.value(OID)
    await up(project, folder, database)
    assert await database.value(DEFINITION) == "FOREIGN KEY (primary_workspace_id) REFERENCES workspaces(id) true"
    assert await database.value(OID) == applied


HOSTILE_COLUMN = 'c"?:x${y}`\\%s;\n  #{z}'
HOSTILE_KEY = "k\n  \"q' ? :x ${y} `z` \\ ; -- %s #{a} $fkdash$ ''' */"


@pytest.mark.parametrize(
    "name",
    [
        "alembic",
        "dbmate",
        "django",
        "knex",
        "liquibase",
        "node-pg-migrate",
        "prisma",
        "psql",
        "rails",
        "sequelize",
        "sqitch",
        "supabase",
        "typeorm",
    ],
)
async def test_no_name_in_the_database_can_be_read_as_more_by_a_tool(
    name: str, database: TestDatabase, tmp_path: Path
) -> None:
    project = present(PROJECTS[name])
    folder = project.lay(tmp_path)
    await up(project, folder, database)
    column = quoted(HOSTILE_COLUMN)
    await database.execute(
        f"alter table users add column {column} int not null, add constraint {quoted(HOSTILE_KEY)} "
        f"foreign key ({column}) references workspaces (id) on delete set null"
    )
    await export(project, folder, database, "no-action", key=f"public.users.{HOSTILE_KEY}")
    await up(project, folder, database)
    found = await database.fetch(
        "select confdeltype::text, convalidated from pg_constraint where conname = $1", HOSTILE_KEY
    )
    assert [tuple(row) for row in found] == [("a", True)]


@pytest.mark.parametrize("option", OPTIONS)
async def test_where_the_fix_was_applied_live_the_migration_changes_nothing(
    project: Project, option: str, database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = present(project, option).lay(tmp_path / "project")
    await up(project, folder, database)
    await database.execute(ROWS)
    done = await fkdash("fix", "apply", KEY, "--option", option, "--yes", "--confirm", KEY, database.dsn)
    assert done.returncode == 0, done.stderr
    applied = await database.value(OID)

    said = json.loads(await export(project, folder, database, option, "--format", "json"))
    for command in said["mark_applied"] if project.marks else ():
        words = tuple(shlex.split(command)[1:])
        await asyncio.to_thread(project.run, words, folder, database)
    await up(project, folder, database)

    assert await database.value(OID) == applied
    if project.status:
        assert project.nothing_open in await asyncio.to_thread(project.run, project.status, folder, database)
