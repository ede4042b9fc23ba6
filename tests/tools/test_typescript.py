"""Migrations in TypeScript are held against the types of their tools, by TypeScript's own compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fkdash.fix.export.write import write
from tests.fix.export.plans import export
from tests.tools import installed

pytestmark = pytest.mark.tools

_FUNCTIONS = (
    "export async function up({0}): Promise<void> {{}}\nexport async function down({0}): Promise<void> {{}}\n"
)
_OBJECT = "export default {{ async up({0}) {{}}, async down({0}) {{}} }};\n"
LAST = {
    "knex": ("knex", "20240101000000_init.ts", "import type { Knex } from 'knex';\n" + _FUNCTIONS.format("knex: Knex")),
    "typeorm": (
        "typeorm", "1700000000000-Init.ts",
        ("import { MigrationInterface, QueryRunner } from 'typeorm';\nexport class Init1700000000000 implements MigrationInterface {\n"
        "  public async up(queryRunner: QueryRunner): Promise<void> {}\n  public async down(queryRunner: QueryRunner): Promise<void> {}\n}\n"),
    ),
    "sequelize": (
        "sequelize", "20240101000000-init.ts",
        "import { QueryInterface } from 'sequelize';\n" + _OBJECT.format("queryInterface: QueryInterface"),
    ),
    "umzug": (
        "sequelize", "20240101000000-init.ts",
        "import type { QueryInterface } from 'sequelize';\n" + _FUNCTIONS.format("{ context: own }: { context: QueryInterface }"),
    ),
    "node-pg-migrate": (
        "node-pg-migrate", "1700000000000_init.ts",
        "import type { MigrationBuilder } from 'node-pg-migrate';\n" + _FUNCTIONS.format("pgm: MigrationBuilder"),
    ),
}  # fmt: skip
_STRICT = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--moduleResolution",
    "nodenext",
]


def test_what_is_written_in_typescript_has_the_types_of_its_tool(tmp_path: Path) -> None:
    for folder, (tool, name, text) in LAST.items():
        for option in ("no-action", "drop-not-null", "create-index"):
            first = tmp_path / option / folder / name
            first.parent.mkdir(parents=True)
            first.write_text(text)
            write(export(tool, first.parent, option).files)
    files = [str(path) for path in tmp_path.glob("*/*/*.ts")]
    (tmp_path / "node_modules").symlink_to(installed.node())
    command = [str(tmp_path / "node_modules/.bin/tsc"), *_STRICT, *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(files) > 2 * 3 * len(LAST)
