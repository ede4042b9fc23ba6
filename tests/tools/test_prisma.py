"""What `fix export --tool prisma` writes for a schema of several files and PostgreSQL schemas, judged by Prisma."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.tools import installed
from tests.tools.more_projects import DIFFERENCE, NO_ENGINE, PRISMA
from tests.tools.projects import Project

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]

_BASE = """datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
  schemas  = ["public", "billing"]
}

/// formerly @@map("users")
model Workspace {
  id     Int @id
  region Int
  // @@map("users")
  users    User[]        @relation("UserHome")
  accounts BillingUser[]
  camels   CamelCase[]

  @@unique([id, region])
  @@map("workspaces")
  @@schema("public")
}
"""
_USERS = """model User {
  id          Int @id
  workspaceId Int @map("workspace_id") // @map("other")

  workspace Workspace @relation("UserHome", fields: [workspaceId], references: [id], onDelete: SetNull)
  managerId Int
  manager   User @relation("Boss", onDelete: SetNull, fields: [managerId], references: [id]) // onDelete: Cascade?
  staff     User[] @relation("Boss")

  @@map("users")
  @@schema("public")
}
"""
_MORE = """model BillingUser {
  id          Int       @id
  workspaceId Int       @map("workspace_id")
  workspace   Workspace @relation(fields: [workspaceId], references: [id], onDelete: SetNull)

  @@map("users")
  @@schema("billing")
}

model CamelCase {
  Id         Int       @id
  homeId     Int
  homeRegion Int
  home       Workspace @relation(fields: [homeId, homeRegion], references: [id, region], onDelete: SetNull, onUpdate: Cascade)

  @@schema("public")
}
"""
_FILES = {
    "prisma.config.mjs": PRISMA["prisma.config.mjs"],
    "prisma/migrations/migration_lock.toml": PRISMA["prisma/migrations/migration_lock.toml"],
    "prisma/schema/base.prisma": _BASE,
    "prisma/schema/users.prisma": _USERS.replace("\n", "\r\n"),
    "prisma/schema/more/billing.prisma": _MORE,
}
_FIRST = "prisma/migrations/20240101000000_init/migration.sql"
_PROJECT = Project(
    "prisma", _FILES, (), (), packages=installed.PRISMA, environment={"WHOLE": "1", "SCHEMA": "prisma/schema", **NO_ENGINE}
)  # fmt: skip
_FIXES = (
    ("public.users.users_workspace_id_fkey", "no-action"),
    ("billing.users.users_workspace_id_fkey", "no-action"),
    ('public."CamelCase"."CamelCase_homeId_homeRegion_fkey"', "drop-not-null"),
    ('public.users."users_managerId_fkey"', "drop-not-null"),
)


async def test_after_exports_of_keys_in_many_files_and_schemas_prisma_has_nothing_left_to_migrate(
    database: TestDatabase, tmp_path: Path
) -> None:
    folder = _PROJECT.lay(tmp_path)

    async def prisma(*words: str) -> str:
        return await asyncio.to_thread(_PROJECT.run, ("prisma", *words), folder, database)

    made = await prisma("migrate", "diff", "--from-empty", "--to-schema-datamodel", "prisma/schema", "--script")
    first = folder / _FIRST
    first.parent.mkdir(parents=True)
    first.write_text(made[made.index("-- Create") :].partition("Loaded Prisma config")[0])
    await prisma("migrate", "deploy")
    checked = await fkdash("check", database.dsn)
    assert checked.stdout.count("\ncontradiction FK101") == len(_FIXES)

    for key, option in _FIXES:
        done = await fkdash(
            "fix", "export", key, "--option", option, "--tool", "prisma", "--dir", str(folder), "--write", "--edit-schema",
            database.dsn,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "to do: " not in done.stderr
    nothing = (*DIFFERENCE[1:], "prisma/schema", "--exit-code")
    assert "No difference detected" in await prisma(*nothing)
    await prisma("migrate", "deploy")
    assert "FK101" not in (await fkdash("check", database.dsn)).stdout
    linted = await fkdash("lint", str(folder / "prisma/migrations"))
    assert linted.returncode == 0, linted.stdout

    (folder / "prisma/schema/users.prisma").write_text(_USERS)
    with pytest.raises(AssertionError, match="foreign key on columns"):
        await prisma(*nothing)
