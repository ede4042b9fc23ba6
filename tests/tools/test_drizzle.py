"""What `fix export --tool drizzle` writes, judged by drizzle-kit and by the migrator of drizzle-orm."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.tools import installed
from tests.tools.drizzle_projects import NAMED, PACKAGE, SHAPES, Shape
from tests.tools.projects import Project

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]


def kit(folder: Path, database: TestDatabase, *words: str) -> str:
    return Project("drizzle", {}, (), ()).run(("drizzle-kit", *words), folder, database)


def lay(shape: Shape, root: Path, database: TestDatabase) -> Path:
    """Write the project and let drizzle-kit make and run its first migration; gives the package's folder."""
    home = root / shape.home
    packages: dict[Path, tuple[Mapping[str, str], str]] = {home: (shape.files, shape.config)}
    if shape.beside:
        beside = root / "packages/bills"
        others = {name.removeprefix("packages/bills/"): text for name, text in shape.beside.items()}
        packages[beside] = (others, Shape({}).config)
    for folder, (files, config) in packages.items():
        for name, text in {**files, "drizzle.config.ts": config, "package.json": PACKAGE}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("\n", shape.newline).encode())
        (folder / "node_modules").symlink_to(installed.node(shape.packages))
        kit(folder, database, "generate", "--name", "init")
    kit(home, database, "migrate")
    return home


def last_snapshot(home: Path, shape: Shape) -> dict[str, object]:
    found = max((home / shape.out).rglob("*snapshot.json"))
    document: dict[str, object] = json.loads(found.read_text())
    return {name: value for name, value in document.items() if name not in {"id", "footprints"}}


async def export(shape: Shape, root: Path, database: TestDatabase, option: str, key: str = "", *more: str) -> str:
    done = await fkdash(
        "fix", "export", key or shape.key, "--option", option, "--tool", "drizzle", "--edit-schema", "--write",
        "--dir", str(root / shape.home / shape.named if shape.named != "." else root), *more, database.dsn,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("option", ["no-action", "drop-not-null"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_drizzle_kit_takes_the_migration_and_has_nothing_left_to_generate(
    shape: Shape, option: str, database: TestDatabase, tmp_path: Path
) -> None:
    home = await asyncio.to_thread(lay, shape, tmp_path / "project", database)
    before = last_snapshot(home, shape)
    await export(shape, tmp_path / "project", database, option)

    await asyncio.to_thread(kit, home, database, "check")
    await asyncio.to_thread(kit, home, database, "migrate")
    assert "No schema changes" in await asyncio.to_thread(kit, home, database, "generate")
    checked = await fkdash("check", database.dsn)
    assert "FK101" not in checked.stdout
    column = f"attrelid = '{shape.table}'::regclass and attname = 'primary_workspace_id'"
    nullable = await database.value(f"select not attnotnull from pg_attribute where {column}")
    action = await database.value(f"select confdeltype from pg_constraint where conname = '{shape.key}'")
    assert (nullable, action) == ((False, b"a") if option == "no-action" else (True, b"n"))
    assert await database.value(f"select convalidated from pg_constraint where conname = '{shape.key}'")

    # drizzle-kit's own snapshot of the same edit
    ours = last_snapshot(home, shape)
    twin = tmp_path / "twin"
    shutil.copytree(tmp_path / "project", twin, symlinks=True)
    _take_back(twin / shape.home / shape.out)
    await asyncio.to_thread(kit, twin / shape.home, database, "generate", "--name", "own")
    assert last_snapshot(twin / shape.home, shape) == ours != before


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("name", ["monorepo", "next"])
async def test_after_a_live_fix_the_row_that_the_export_says_keeps_the_migration_from_running(
    name: str, marked: bool, database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shape = SHAPES[name]
    home = await asyncio.to_thread(lay, shape, tmp_path / "project", database)
    await database.execute("insert into workspaces values (1, 'one'); insert into users values (1, 1, 1)")
    done = await fkdash(
        "fix", "apply", shape.key, "--option", "no-action", "--yes", "--confirm", shape.key, database.dsn
    )
    assert done.returncode == 0, done.stderr
    key = f"select oid, confdeltype, convalidated from pg_constraint where conname = '{shape.key}'"
    [applied] = await database.fetch(key)
    said = json.loads(await export(shape, tmp_path / "project", database, "no-action", "", "--format", "json"))
    for statement in said["mark_applied"] if marked else ():
        await database.execute(statement)
    for _ in range(2):
        await asyncio.to_thread(kit, home, database, "migrate")
    [now] = await database.fetch(key)
    assert (now["oid"] == applied["oid"]) is marked
    assert tuple(now)[1:] == tuple(applied)[1:] == (b"a", True)
    book = "public.my_migrations" if name == "monorepo" else "drizzle.__drizzle_migrations"
    assert await database.value(f"select count(*) from {book}") == 2


@pytest.mark.parametrize("shape", NAMED.values(), ids=NAMED)
async def test_names_of_every_kind_and_keys_of_two_columns_leave_nothing_to_generate(
    shape: Shape, database: TestDatabase, tmp_path: Path
) -> None:
    home = await asyncio.to_thread(lay, shape, tmp_path / "project", database)
    keys = await database.fetch(
        "select n.nspname || '.' || quote_ident(c.relname) || '.' || quote_ident(k.conname) as name from pg_constraint k "
        "join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where contype = 'f' order by 1"
    )
    options = ("no-action", "no-action", "drop-not-null", "drop-not-null")
    for (name,), option in zip(keys, options, strict=True):
        await export(shape, tmp_path / "project", database, option, key=name)

    await asyncio.to_thread(kit, home, database, "check")
    await asyncio.to_thread(kit, home, database, "migrate")
    assert "No schema changes" in await asyncio.to_thread(kit, home, database, "generate")
    assert "FK101" not in (await fkdash("check", database.dsn)).stdout
    linted = await fkdash("lint", str(home / shape.out))
    assert linted.returncode == 0, linted.stdout


def _take_back(out: Path) -> None:
    """Remove the last migration."""
    folders = sorted(out.glob("*/migration.sql"))
    if folders:
        shutil.rmtree(folders[-1].parent)
        return
    journal = json.loads((out / "meta/_journal.json").read_text())
    tag = journal["entries"].pop()["tag"]
    (out / "meta/_journal.json").write_text(json.dumps(journal, indent=2))
    (out / f"{tag}.sql").unlink()
    (out / "meta" / f"{tag.split('_')[0]}_snapshot.json").unlink()
