"""Each migration tool: which files run, in which order, and which part of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fkdash.cli.main import main
from fkdash.errors import UsageError
from fkdash.lint.reading import FilesRead, read_sources
from fkdash.lint.sources import find_sources
from fkdash.lint.tools import TOOLS

A, B, C = "CREATE TABLE a (id int PRIMARY KEY);", "ALTER TABLE a ADD b int;", "ALTER TABLE a RENAME b TO c;"
DOWN = "DROP TABLE a;"

FOLDERS: dict[str, dict[str, str]] = {
    "drizzle": {
        "meta/_journal.json": json.dumps({"dialect": "postgresql", "entries": [{"tag": "z"}, {"tag": "y"}, {"tag": "x"}]}),
        "z.sql": f"{A[:-1]}\n--> statement-breakpoint\nCREATE TABLE other (id int)",
        "y.sql": B,
        "x.sql": C,
    },
    "drizzle-1": {
        "20260101000000_a/migration.sql": A, "20260101000000_a/snapshot.json": "{}",
        "20260102000000_b/migration.sql": B, "20260102000000_b/snapshot.json": "{}",
        "20260103000000_c/migration.sql": C, "20260103000000_c/snapshot.json": "{}",
    },
    "prisma": {
        "20260101000000_a/migration.sql": A, "20260102000000_b/migration.sql": B, "20260103000000_c/migration.sql": C,
        "migration_lock.toml": "",
    },
    "diesel": {"1_a/up.sql": A, "1_a/down.sql": DOWN, "2_b/up.sql": B, "3_c/up.sql": C},
    "sqitch": {
        "sqitch.plan": "%project=x\n\na 2026-01-01T00:00:00Z N <n@n> # a\nb [a] 2026-01-01T00:00:00Z N <n@n> # b\n@v1 2026\nc 2026",
        "deploy/c.sql": C, "deploy/b.sql": B, "deploy/a.sql": f"BEGIN; {A} COMMIT;", "revert/a.sql": DOWN,
    },
    "flyway": {"V1__a.sql": A, "V1.2__b.sql": B, "V1.10__c.sql": C, "U1__a.sql": DOWN, "R__view.sql": "SELECT 1;"},
    "golang-migrate": {"9_b.up.sql": B, "10_c.up.sql": C, "1_a.up.sql": A, "10_c.down.sql": DOWN},
    "goose": {
        "00001_a.sql": f"-- +goose Up\n{A}\n-- +goose Down\n{DOWN}\n",
        "00002_b.sql": f"-- +goose Up\n-- +goose StatementBegin\n{B}\n-- +goose StatementEnd\n-- +goose Down\n{DOWN}",
        "00003_c.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{C}",
    },
    "dbmate": {"1_a.sql": f"-- migrate:up\n{A}\n-- migrate:down\n{DOWN}", "2_b.sql": f"-- migrate:up\n{B}", "3_c.sql": f"-- migrate:up\n{C}\n\n-- migrate:down\n{DOWN}\n"},
    "node-pg-migrate": {"1_a.sql": f"-- Up Migration\n{A}\n-- Down Migration\n{DOWN}", "2_b.sql": B and f"-- Up Migration\n{B}", "3_c.sql": f"-- Up Migration\n{C}"},
    "sql-migrate": {"1_a.sql": f"-- +migrate Up\n{A}\n-- +migrate Down\n{DOWN}", "2_b.sql": f"-- +migrate Up\n{B}", "3_c.sql": f"-- +migrate Up\n{C}"},
    "atlas": {"atlas.sum": "h1:", "1_a.sql": A, "2_b.sql": B, "3_c.sql": C},
    "supabase": {"20260101000000_a.sql": A, "20260102000000_b.sql": B, "20260103000000_c.sql": C},
    "numbered": {"1.sql": A, "9.sql": B, "10.sql": C, "10.down.sql": DOWN, "10_undo.sql": DOWN},
}  # fmt: skip


def read(folder: Path, files: dict[str, str], tool: str | None = None) -> FilesRead:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return read_sources(find_sources([folder], tool))


def test_every_tool_has_its_folder_here() -> None:
    assert set(FOLDERS) == {tool.name for tool in TOOLS}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("tool", FOLDERS)
def test_a_tool_is_recognised_and_its_files_run_in_its_order(tmp_path: Path, tool: str, ends: str) -> None:
    folder = tmp_path / "supabase" / "migrations" if tool == "supabase" else tmp_path / "m"
    found = read(folder, {name: text.replace("\n", ends) for name, text in FOLDERS[tool].items()})
    assert [each.reason for each in found.script.incomplete] == []
    assert find_sources([folder]).files[0].tool.name == tool
    [table] = [table for name, table in found.catalog.tables.items() if name.name == "a"]
    assert [column.name for column in table.columns] == ["id", "c"]


@pytest.mark.parametrize(
    "files",
    [
        {"1.sql": A, "2.sql": "", "3.sql": "-- nothing\n/* at all */\n", "4.sql": B, "5.sql": C},
        {"1.sql": "\\ir more/a.sql\n\\ir 'more/b c.sql'", "more/a.sql": A, "more/b c.sql": f"{B}\n{C}"},
    ],
    ids=["files without a statement", "files with nothing but other files"],
)
def test_files_that_say_nothing_themselves_change_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    found = read(tmp_path, files)
    assert [each.reason for each in found.script.incomplete] == []
    [table] = found.catalog.tables.values()
    assert [column.name for column in table.columns] == ["id", "c"]


@pytest.mark.parametrize(
    "names",
    [
        ("00.05.00_01_a.sql", "00.05.00_02_b.sql", "00.10.00_01_c.sql"),
        ("20240101_090000_a.sql", "20240101_100000_b.sql", "20240102_080000_c.sql"),
        ("2024-01-01_a.sql", "2024-01-02_b.sql", "2024-01-10_c.sql"),
        ("2026.11.22T17.54.04.a.sql", "2026.11.22T17.54.05.b.sql", "2026.11.23T01.00.00.c.sql"),
        ("1-a.sql", "9-2fa.sql", "10-c.sql"),
    ],
)
def test_numbers_of_several_parts_give_the_order_and_are_not_taken_for_the_same(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    found = read(tmp_path, dict(zip(names, (A, B, C), strict=True)))
    assert [each.reason for each in found.script.incomplete] == []
    assert [file.path.name for file in find_sources([tmp_path]).files] == list(names)


SERVICE = "src/main/resources/db/migration"
DRIZZLE = {f"web/drizzle/{name}": text for name, text in FOLDERS["drizzle"].items()}


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({**DRIZZLE, f"pay/{SERVICE}/V1__a.sql": A}, ("web/drizzle", f"pay/{SERVICE}")),
        ({f"pay/{SERVICE}/V1__a.sql": A, f"log/{SERVICE}/V1__a.sql": A}, (f"pay/{SERVICE}", f"log/{SERVICE}")),
        ({**DRIZZLE, "db/prisma/migrations/2026_a/migration.sql": A}, ("web/drizzle", "db/prisma/migrations")),
    ],
)  # fmt: skip
def test_of_a_repository_with_several_folders_of_migrations_one_is_to_be_named(
    tmp_path: Path, files: dict[str, str], named: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, files)
    assert all(each in raised.value.what for each in named)


@pytest.mark.parametrize(
    ("other", "text", "reason"),
    [
        ("jobs/migrations/1_a.sql", A, "it has migrations too"),
        ("app/db/migrate/20260101000000_a.rb", "class A; end", "a migration in Ruby"),
        ("jobs/seeds/1_a.sql", "INSERT INTO a VALUES (1);", ""),
        ("docs/2026_a.py", "print()", ""),
    ],
)
def test_what_a_repository_has_beside_the_folder_that_is_read_is_said(
    tmp_path: Path, other: str, text: str, reason: str
) -> None:
    found = read(tmp_path, {**DRIZZLE, other: text})
    assert found.files == 3
    assert [reason in each.reason for each in found.script.incomplete] == [True] * bool(reason)


def test_a_service_is_read_where_a_build_has_left_a_copy_of_its_migrations(tmp_path: Path) -> None:
    files = {f"{SERVICE}/V1__a.sql": A, f"{SERVICE}/more/V2__b.sql": B, "target/classes/db/migration/V1__a.sql": A}
    found = read(tmp_path, files)
    assert (found.files, found.script.incomplete) == (2, [])


def test_two_files_of_one_number_and_a_migration_in_code_are_said(tmp_path: Path) -> None:
    (tmp_path / "003_more.js").write_text("exports.up = (pgm) => pgm.sql('drop table a')")
    found = read(tmp_path, {"001_a.sql": A, "001_b.sql": "SELECT 1;", "002_2fa.sql": B})
    said = {Path(each.file).name: each.reason for each in found.script.incomplete}
    assert set(said) == {"001_b.sql", "003_more.js"}
    assert said["003_more.js"] == "it is a migration in JavaScript, which is not read"


SCRIPT = """// Changes users_fk.
exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.sql(`SET lock_timeout = '5s'`);
  pgm.sql(`ALTER TABLE c VALIDATE CONSTRAINT "k\\`\\${x}"`);
};
exports.down = (pgm) => {
};
"""


@pytest.mark.parametrize(
    ("script", "validated"),
    [
        (SCRIPT, True),
        (SCRIPT.replace("exports.up = (pgm) =>", "export function up(pgm)").replace("exports.down = (pgm) =>", "export function down(pgm)"), True),
        (SCRIPT.replace("pgm.noTransaction();", "pgm.renameTable('c', 'd');"), False),
        (SCRIPT.replace("c VALIDATE", "${table} VALIDATE"), False),
        (f"const table = 'c';\n{SCRIPT}", False),
    ],
)  # fmt: skip
def test_a_script_beside_sql_migrations_is_read_if_it_only_runs_statements(
    tmp_path: Path, script: str, *, validated: bool
) -> None:
    (tmp_path / "1_a.sql").write_text(
        "-- Up Migration\nCREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE c (id int);\n"
        'ALTER TABLE c ADD CONSTRAINT "k`${x}" FOREIGN KEY (id) REFERENCES p NOT VALID;\n'
    )
    (tmp_path / "2_b.js").write_text(script)
    found = read_sources(find_sources([tmp_path]))
    assert [key.validated for key in found.catalog.foreign_keys] == [validated]
    reasons = [each.reason for each in found.script.incomplete]
    assert reasons == ([] if validated else ["it is a migration in JavaScript, which is not read"])


def test_numbers_of_lines_stay_where_parts_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, {"1.sql": f"-- +goose Down\n{DOWN}\n-- +goose Up\n{A}\nDROP TABLE nowhere;\n"})
    assert [each.line for each in found.script.incomplete] == [5]


def test_a_file_that_is_never_committed_changes_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, {"1.sql": A, "2.sql": "BEGIN; ALTER TABLE a ADD b int;", "3.sql": "SELECT 1;"})
    [table] = found.catalog.tables.values()
    assert [column.name for column in table.columns] == ["id"]


PRISMA = """
datasource db { provider = "postgresql" }
model Workspace {
  id    String @id @default(uuid()) @db.Uuid
  users User[]
  tags  Tag[]
  @@map("workspaces")
}
enum Role { // a
  ADMIN
}
model User {
  id          Int       @id @default(autoincrement())
  role        Role      @default(ADMIN)
  workspaceId String    @map("workspace_id") @db.Uuid
  workspace   Workspace @relation(fields: [workspaceId], references: [id], onDelete: SetNull)
  bossId      Int?
  boss        User?     @relation("boss", fields: [bossId], references: [id])
  team        User[]    @relation("boss")
  @@index([workspaceId])
}
model Tag {
  id         Int         @id
  workspaces Workspace[]
}
""".replace('datasource db { provider = "postgresql" }', 'datasource db {\n  provider = "postgresql"\n}').replace(
    "{ // a", "{"
)


def test_a_prisma_schema_is_judged_where_its_user_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gc.disable", lambda: None)
    (tmp_path / "schema.prisma").write_text(PRISMA, encoding="utf-8")
    assert main(["lint", "schema.prisma", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["incomplete"] == []
    [finding] = [each for each in document["findings"] if each["rule"] == "FK101"]
    lines = PRISMA.splitlines()
    assert "onDelete: SetNull" in lines[finding["line"] - 1]
    assert finding["constraint"] == "User_workspace_id_fkey"
    assert "model User" in lines[finding["began"]["line"] - 1]
    keys = {key.name: key for key in read_sources(find_sources([Path("schema.prisma")])).catalog.foreign_keys}
    assert set(keys) == {
        "User_workspace_id_fkey",
        "User_bossId_fkey",
        "_TagToWorkspace_A_fkey",
        "_TagToWorkspace_B_fkey",
    }
    assert (keys["User_bossId_fkey"].on_delete, keys["User_bossId_fkey"].on_update) == ("SET NULL", "CASCADE")


def test_a_prisma_schema_that_relates_by_itself_has_no_foreign_keys(tmp_path: Path) -> None:
    path = tmp_path / "schema.prisma"
    path.write_text(PRISMA.replace('"postgresql"', '"postgresql"\n  relationMode = "prisma"'), encoding="utf-8")
    assert read_sources(find_sources([path])).catalog.foreign_keys == ()


def test_the_readme_runs_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    command = readme.split("<!-- command: lint -->\n```sh\n")[1].split("\n```")[0].split()
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (folder / "1.sql").write_text(f"{A} CREATE TABLE b (id int NOT NULL REFERENCES a ON DELETE SET NULL);")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gc.disable", lambda: None)
    assert command[0] == "fkdash"
    assert main(command[1:]) == 1
    assert "::error title=FK101 set-null-on-not-null,file=db/migrations/1.sql,line=1," in capsys.readouterr().out


def test_what_is_no_file_though_it_is_called_like_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "001_a.sql").write_text("create table t (id int primary key);")
    (tmp_path / "002_gone.sql").symlink_to(tmp_path / "nowhere.sql")
    (tmp_path / "003_device.sql").symlink_to("/dev/zero")
    (tmp_path / "004_loop.sql").symlink_to(tmp_path / "004_loop.sql")
    os.mkfifo(tmp_path / "005_pipe.sql")
    said = read_sources(find_sources([tmp_path])).script.incomplete
    assert [Path(each.file).name for each in said] == [
        "002_gone.sql",
        "003_device.sql",
        "004_loop.sql",
        "005_pipe.sql",
    ]
