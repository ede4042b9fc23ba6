"""What a migration does, and what a folder must be for it: nothing here needs a server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.errors import StoppedError
from fkdash.fix.export.migration import migration_of
from fkdash.fix.export.model import FileChange, Kind, UnfitFolderError
from fkdash.fix.export.table import NAMES
from fkdash.fix.export.write import write
from tests.fix.export.plans import export, plan_for
from tests.tools import more_projects, projects
from tests.tools.documented import DOCUMENTED

FIRST = {
    "dbmate": ("db/migrations/20240101000000_init.sql", "-- migrate:up\nselect 1;\n-- migrate:down\n"),
    "goose": ("sql/00007_init.sql", "-- +goose Up\nselect 1;\n-- +goose Down\n"),
    "golang-migrate": ("migrations/000003_init.up.sql", "select 1;\n"),
    "flyway": ("src/main/resources/db/migration/V2.9__init.sql", "select 1;\n"),
    "supabase": ("supabase/migrations/20240101000000_init.sql", "select 1;\n"),
    "psql": ("changes/041-init.sql", "select 1;\n"),
    "rails": ("db/migrate/20240101000000_init.rb", "class Init < ActiveRecord::Migration[7.1]\nend\n"),
    "knex": ("migrations/20240101000000_init.ts", "export async function up(knex: Knex) {}\n"),
    "sequelize": ("migrations/20240101000000-init.js", "module.exports = { async up(queryInterface) {} };\n"),
    "typeorm": ("src/migrations/1700000000000-Init.ts", "export class Init1700000000000 implements MigrationInterface {}\n"),
    "node-pg-migrate": ("migrations/1700000000000_init.ts", "export async function up(pgm: MigrationBuilder) {}\n"),
    "prisma": ("prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n'),
}  # fmt: skip
NEXT = {
    "goose": ("00008_users_primary_workspace_fk_no_action.sql", "00009_users_primary_workspace_fk_no_action_validate.sql"),
    "flyway": ("V2.10__users_primary_workspace_fk_no_action.sql", "V2.11__users_primary_workspace_fk_no_action_validate.sql"),
    "psql": ("042-users_primary_workspace_fk_no_action.sql",),
    "rails": (
        "20261129040000_users_primary_workspace_fk_no_action.rb",
        "20261129040001_users_primary_workspace_fk_no_action_validate.rb",
    ),
    "golang-migrate": (
        "000004_users_primary_workspace_fk_no_action.down.sql",
        "000004_users_primary_workspace_fk_no_action.up.sql",
        "000005_users_primary_workspace_fk_no_action_validate.down.sql",
        "000005_users_primary_workspace_fk_no_action_validate.up.sql",
    ),
    "sequelize": ("20261129040000-users-primary-workspace-fk-no-action.js",),
    "typeorm": ("1795924800000-UsersPrimaryWorkspaceFkNoAction.ts",),
}  # fmt: skip


def test_every_tool_is_run_or_its_documented_rules_are_and_the_readme_counts_them() -> None:
    run = {project.tool for project in (projects.PROJECTS | more_projects.PROJECTS).values()} | set(DOCUMENTED)
    assert set(NAMES) - run == {"drizzle", "pgtap"}, "these two have a test file of their own in tests/tools"
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert f"--tool drizzle --dir .` and {len(NAMES) - 2} other tools; `--tool pgtap`" in readme


def lay(folder: Path, tool: str) -> Path:
    name, text = FIRST[tool]
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    if tool == "prisma":
        first = path.parent / "20240101000000_init"
        first.mkdir()
        (first / "migration.sql").write_text("select 1;\n")
    return path.parent


@pytest.mark.parametrize(
    ("tool", "twin"),
    [("goose", "7_other.sql"), ("golang-migrate", "3_other.up.sql"), ("flyway", "V2.9.0__other.sql")],
)
def test_a_folder_with_one_number_twice_is_refused_as_its_tool_refuses_it(
    tool: str, twin: str, tmp_path: Path
) -> None:
    folder = lay(tmp_path, tool)
    (folder / twin).write_text(FIRST[tool][1])
    with pytest.raises(UnfitFolderError, match="has the same number as"):
        export(tool, tmp_path)


@pytest.mark.parametrize("tool", sorted(set(FIRST) - {"prisma"}))
def test_the_root_and_the_folder_of_migrations_lead_to_the_same_files(tool: str, tmp_path: Path) -> None:
    below = lay(tmp_path, tool)
    paths = [change.path for change in export(tool, tmp_path).files]
    assert paths == [change.path for change in export(tool, below).files]
    assert all(path.parent == below for path in paths)


@pytest.mark.parametrize("tool", sorted(NEXT))
def test_names_and_numbers_go_on_from_the_folder(tool: str, tmp_path: Path) -> None:
    lay(tmp_path, tool)
    assert tuple(change.path.name for change in export(tool, tmp_path).files) == NEXT[tool]


@pytest.mark.parametrize("tool", sorted(set(NAMES) - {"psql", "pgtap"}))
def test_a_folder_of_no_such_tool_is_refused(tool: str, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    with pytest.raises(UnfitFolderError) as refused:
        export(tool, tmp_path)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("tool", sorted(FIRST))
def test_every_tools_export_says_with_whose_rights_it_runs(tool: str, tmp_path: Path) -> None:
    lay(tmp_path, tool)
    assert any("with the rights of the role that connects" in note for note in export(tool, tmp_path).notes)


@pytest.mark.parametrize("tool", sorted(FIRST))
def test_a_migration_that_is_there_already_is_not_written_again(tool: str, tmp_path: Path) -> None:
    lay(tmp_path, tool)
    write(export(tool, tmp_path).files)
    with pytest.raises(UnfitFolderError, match="there already"):
        export(tool, tmp_path)


@pytest.mark.parametrize("tool", sorted(FIRST))
def test_the_folders_line_ends_are_kept(tool: str, tmp_path: Path) -> None:
    for path in lay(tmp_path, tool).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for change in export(tool, tmp_path).files:
        assert change.content.count(b"\n") == change.content.count(b"\r\n") > 0


@pytest.mark.parametrize("name", ["2fa_tokens", "2fa", "\u0661"])
def test_a_migrations_name_begins_with_a_letter_as_the_class_of_it_must(name: str) -> None:
    assert migration_of(plan_for("no-action"), name=name).slug[0].isalpha()


def test_migrations_of_tables_of_one_name_in_two_schemas_have_names_of_their_own() -> None:
    plan = plan_for("no-action")
    key = replace(plan.key, table=plan.key.table._replace(schema="billing"))
    assert migration_of(replace(plan, key=key)).slug == f"billing_{migration_of(plan).slug}"


def test_validating_is_a_part_of_its_own_and_the_way_back_is_exactly_what_was_declared() -> None:
    change, check = migration_of(plan_for("no-action")).parts
    assert (change.kind, check.kind) == (Kind.CHANGE, Kind.CHECK)
    (back,) = change.down
    assert back.sql == (
        'ALTER TABLE "public"."users"\n  DROP CONSTRAINT "users_primary_workspace_id_fkey",\n'
        '  ADD CONSTRAINT "users_primary_workspace_id_fkey" FOREIGN KEY ("primary_workspace_id") '
        'REFERENCES "public"."workspaces" ("id") ON DELETE SET NULL'
    )
    assert "oid <>" not in change.up[0].done


@pytest.mark.parametrize("major", [14, 18])
def test_the_way_back_of_a_nullable_column_is_the_same_on_every_version(major: int) -> None:
    (part,) = migration_of(plan_for("drop-not-null", major=major)).parts
    assert [each.sql for each in part.down] == [
        'ALTER TABLE "public"."users" ALTER COLUMN "primary_workspace_id" SET NOT NULL'
    ]


def test_an_index_is_built_outside_a_transaction(tmp_path: Path) -> None:
    lay(tmp_path, "dbmate")
    (change,) = export("dbmate", tmp_path, "create-index").files
    text = change.content.decode()
    assert "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS" in text
    assert "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY" in text


def test_nothing_is_overwritten_and_what_was_begun_is_taken_back(tmp_path: Path) -> None:
    there = tmp_path / "there.sql"
    there.write_text("theirs")
    with pytest.raises(StoppedError, match="is there already"):
        write([FileChange(tmp_path / "new.sql", b"ours"), FileChange(there, b"ours")])
    assert [path.name for path in tmp_path.iterdir()] == ["there.sql"]
    assert there.read_text() == "theirs"


def test_a_file_that_changed_since_the_diff_was_shown_is_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal.json"
    journal.write_text("somebody else's")
    with pytest.raises(StoppedError, match="changed meanwhile"):
        write([FileChange(tmp_path / "new.sql", b"ours"), FileChange(journal, b"ours", before=b"as it was")])
    assert [path.name for path in tmp_path.iterdir()] == ["journal.json"]


def test_a_write_that_the_disk_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoppedError):
        write([FileChange(tmp_path / "new.sql", b"ours"), FileChange(tmp_path / "file" / "below.sql", b"ours")])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


PRISMA = """model Workspace {
  id    Int    @id
  users User[]
  @@map("workspaces")
}

model User {
  id                 Int       @id
  // primaryWorkspaceId Int @map("primary_workspace_id")
  primaryWorkspaceId Int       @map("primary_workspace_id")
  primaryWorkspace   Workspace @relation(fields: [primaryWorkspaceId], references: [id]ACTION)
  @@map("users")
}
"""


@pytest.mark.parametrize(
    ("option", "action", "expected"),
    [
        ("no-action", ", onDelete: SetNull", PRISMA.replace("ACTION", ", onDelete: NoAction")),
        ("no-action", "", PRISMA.replace("ACTION", ", onDelete: NoAction")),
        (
            "drop-not-null",
            ", onDelete: SetNull",
            PRISMA.replace("ACTION", ", onDelete: SetNull")
            .replace("  primaryWorkspaceId Int  ", "  primaryWorkspaceId Int?  ")
            .replace("primaryWorkspace   Workspace ", "primaryWorkspace   Workspace? "),
        ),
        (
            "drop-not-null",
            "",
            PRISMA.replace("ACTION", ", onDelete: SetNull")
            .replace("  primaryWorkspaceId Int  ", "  primaryWorkspaceId Int?  ")
            .replace("primaryWorkspace   Workspace ", "primaryWorkspace   Workspace? "),
        ),
    ],
)
def test_the_prisma_schema_says_what_the_migration_does(
    option: str, action: str, expected: str, tmp_path: Path
) -> None:
    lay(tmp_path, "prisma")
    schema = tmp_path / "prisma/schema.prisma"
    schema.write_text(PRISMA.replace("ACTION", action))
    made = export("prisma", tmp_path, option, edit_schema=True)
    assert [change.content.decode() for change in made.files if change.path == schema] == [expected]
    assert made.suggested == ()
    (suggested,) = export("prisma", tmp_path, option).suggested
    assert suggested.content.decode() == expected


def test_what_a_comment_of_the_prisma_schema_says_of_names_is_no_name(tmp_path: Path) -> None:
    lay(tmp_path, "prisma")
    schema = tmp_path / "prisma/schema.prisma"
    text = PRISMA.replace("ACTION", ", onDelete: SetNull")
    text = text.replace("model Workspace {\n", 'model Workspace {\n  // formerly @@map("users")\n')
    text = text.replace("id                 Int       @id\n", 'id  Int  @id // not @map("primary_workspace_id")\n')
    schema.write_text(text)
    made = export("prisma", tmp_path, edit_schema=True)
    assert [change.content.decode() for change in made.files if change.path == schema] == [
        text.replace("SetNull", "NoAction")
    ]


def drizzle(folder: Path, **changes: object) -> Path:
    """Write a Drizzle folder of one migration, with these changes to its journal."""
    key = {"name": "users_primary_workspace_id_fkey", "onDelete": "set null", "onUpdate": "no action"}
    column = {"name": "primary_workspace_id", "type": "integer", "notNull": True}
    table = {"columns": {"primary_workspace_id": column}, "foreignKeys": {key["name"]: key}}
    state = {"id": "a", "prevId": "0", "version": "7", "dialect": "postgresql", "tables": {"public.users": table}}
    entry = {"idx": 0, "version": "7", "when": 1, "tag": "0000_init", "breakpoints": True}
    journal = {"version": "7", "dialect": "postgresql", "entries": [entry], **changes}
    (folder / "meta").mkdir(parents=True)
    (folder / "0000_init.sql").write_text("select 1;")
    (folder / "meta/0000_snapshot.json").write_text(json.dumps(state, indent=2))
    (folder / "meta/_journal.json").write_text(json.dumps(journal, indent=2))
    return folder


ENTRY = {"idx": 0, "version": "7", "when": 1, "tag": "0000_init", "breakpoints": True}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dialect": "mysql"}, "not of PostgreSQL"),
        ({"entries": []}, "lists no migration"),
        ({"entries": [ENTRY, {**ENTRY, "idx": 1, "when": 2, "tag": "0001_gone"}]}, "of which there is no file"),
        ({"entries": [ENTRY, ENTRY]}, "do not increase"),
        ({"entries": [{**ENTRY, "tag": "../../etc/0000_init"}]}, "no list of entries"),
        ({"entries": "all"}, "no list of entries"),
    ],
)
def test_a_drizzle_journal_that_does_not_fit_its_files_is_refused_with_the_reason(
    changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    drizzle(tmp_path, **changes)
    with pytest.raises(UnfitFolderError, match=reason):
        export("drizzle", tmp_path)


def test_a_drizzle_folder_with_a_file_that_never_runs_is_refused(tmp_path: Path) -> None:
    drizzle(tmp_path)
    (tmp_path / "0001_forgotten.sql").write_text("select 1;")
    with pytest.raises(UnfitFolderError, match="does not list"):
        export("drizzle", tmp_path)


def test_the_drizzle_journal_is_written_last_and_its_time_is_the_largest(tmp_path: Path) -> None:
    later = {**ENTRY, "when": 9_999_999_999_999}
    drizzle(tmp_path, entries=[later])
    made = export("drizzle", tmp_path)
    assert [change.path.name for change in made.files][-1] == "_journal.json"
    assert json.loads(made.files[-1].content)["entries"][-1]["when"] == 10_000_000_000_000
    write(made.files)
    with pytest.raises(UnfitFolderError, match="already"):
        export("drizzle", tmp_path)


@pytest.mark.parametrize("tool", ["flyway", "dbmate", "rails", "goose"])
def test_a_folder_that_nobody_named_and_that_never_speaks_of_the_table_is_doubted(
    tool: str, tmp_path: Path
) -> None:
    folder = lay(tmp_path, tool)
    doubted = export(tool, tmp_path).notes
    assert any("speaks of users" in note for note in doubted)
    assert not any("speaks of users" in note for note in export(tool, folder).notes)
    first = tmp_path / FIRST[tool][0]
    first.write_text(first.read_text() + "-- create table users (id int);\n")
    assert not any("speaks of users" in note for note in export(tool, tmp_path).notes)
