"""Drizzle projects of other shapes: journals, configurations and schemas as teams write them; no server, no tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fkdash.fix.export.model import UnfitFolderError
from fkdash.fix.export.write import write
from tests.fix.export.plans import export
from tests.fix.export.test_migrations import ENTRY, drizzle

CONFIG = "export default defineConfig({ dialect: 'postgresql', schema: './src/schema', out: './drizzle' });\n"
COLUMN = "primaryWorkspaceId: integer('primary_workspace_id').notNull()"
WORKSPACES = "export const workspaces = pgTable('workspaces', { id: integer('id').primaryKey() });\n"
REFERENCE = ".references((): AnyPgColumn => workspaces.id, { onDelete: 'set null' })"


def project(root: Path, files: dict[str, str], *, config: str = CONFIG) -> Path:
    drizzle(root / "drizzle")
    for name, text in {"package.json": "{}", "drizzle.config.ts": config, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def edited(root: Path, option: str = "no-action") -> str:
    """Give the text of the schema file that an export edits."""
    made = export("drizzle", root, option, edit_schema=True)
    texts = [change.content.decode() for change in made.files if change.path.suffix == ".ts"]
    assert len(texts) == 1, made.incomplete
    return texts[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (REFERENCE, REFERENCE.replace("set null", "no action")),
        (
            ".references(\n    // who pays\n    () => workspaces.id,\n    { onUpdate: 'cascade', /* so it is */ onDelete: `set null` as const },\n  )",
            ".references(\n    // who pays\n    () => workspaces.id,\n    { onUpdate: 'cascade', /* so it is */ onDelete: `no action` as const },\n  )",
        ),
        (
            ".references(() => workspaces.id,)",
            ".references(() => workspaces.id, { onDelete: 'no action' },)",
        ),
    ],
)  # fmt: skip
def test_the_action_of_a_columns_reference_is_edited_and_nothing_else(
    before: str, after: str, tmp_path: Path
) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{\n  {COLUMN}REFERENCE,\n}});\n"
    text += "export const usersRelations = relations(users, ({ one }) => ({ workspace: one(workspaces) }));\n"
    project(tmp_path, {"src/schema/index.ts": text.replace("REFERENCE", before)})
    assert edited(tmp_path) == text.replace("REFERENCE", after)


@pytest.mark.parametrize("options", ["{ ...cascade }", "{ onDelete }", "cascade", "{ onDelete: action }"])
def test_an_action_that_stands_elsewhere_is_named_and_not_written_over(options: str, tmp_path: Path) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{\n  {COLUMN}.references(() => workspaces.id, {options}),\n}});\n"
    project(tmp_path, {"src/schema/index.ts": text})
    made = export("drizzle", tmp_path, edit_schema=True)
    assert not any(change.path.suffix == ".ts" for change in made.files)
    assert [(each.file and each.file.name, each.line) for each in made.incomplete] == [("index.ts", 3)]


FOREIGN = (
    "foreignKey({ NAMED columns: [t.primaryWorkspaceId], foreignColumns: [workspaces.id] }).onDelete('set null')"
)


@pytest.mark.parametrize("extra", ["(t) => [\n  KEYS,\n]", "(t) => ({\n  some: KEYS,\n})"])
def test_of_several_keys_of_a_column_the_one_of_the_name_is_edited(extra: str, tmp_path: Path) -> None:
    own = FOREIGN.replace("NAMED", "name: 'users_primary_workspace_id_fkey', /* ours */")
    other = FOREIGN.replace("NAMED", "name: 'another',")
    keys = f"{own},\n  {'other: ' if 'some' in extra else ''}{other}"
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {COLUMN} }}, {extra.replace('KEYS', keys)});\n"
    project(tmp_path, {"src/schema/index.ts": text})
    assert edited(tmp_path) == text.replace(own, own.replace("set null", "no action"))


@pytest.mark.parametrize(
    ("casing", "column"),
    [("snake_case", "primaryWorkspaceId"), ("snake_case", "primary_workspaceID"), ("", "primary_workspace_id")],
)
def test_a_column_without_a_name_of_its_own_has_the_one_that_casing_gives(
    casing: str, column: str, tmp_path: Path
) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {column}: integer().notNull(){REFERENCE} }});\n"
    said = f" casing: '{casing}'," if casing else " // casing: 'snake_case',\n"
    project(tmp_path, {"src/schema/index.ts": text}, config=CONFIG.replace("({", "({" + said))
    assert edited(tmp_path, "drop-not-null") == text.replace(".notNull()", "")


CREATORS = {
    "computed": ("pgTableCreator((name) => `u${PREFIX}${name}`)", "createTable('rs', "),
    "as-it-is": ("pgTableCreator(name => name)", "createTable('users', "),
    "returned": ("pgTableCreator((n) => { return `us${n}`; })", "createTable('ers', "),
}


@pytest.mark.parametrize(("creator", "call"), CREATORS.values(), ids=CREATORS)
def test_tables_of_a_creator_in_another_file_are_found(creator: str, call: str, tmp_path: Path) -> None:
    text = f"import {{ createTable }} from '../creator';\n{WORKSPACES}export const users = {call}{{ {COLUMN}{REFERENCE} }});\n"
    project(tmp_path, {"src/schema/index.ts": text, "src/creator.ts": f"export const createTable = {creator};\n"})
    assert edited(tmp_path) == text.replace("set null", "no action")


IMPORTED = {
    "renamed": (
        "import { foreignKey as fk, pgTable as table } from 'drizzle-orm/pg-core';\n",
        f"table('users', {{ {COLUMN} }}, (t) => [FK.onDelete('set null')])".replace("FK", "fk({ columns: [t.primaryWorkspaceId], foreignColumns: [w.id] })"),
    ),
    "together": (
        "import * as pg from 'drizzle-orm/pg-core';\n",
        f"pg.pgTable('users', {{ {COLUMN} }}, (t) => [FK.onDelete('set null')])".replace("FK", "pg.foreignKey({ columns: [t.primaryWorkspaceId], foreignColumns: [w.id] })"),
    ),
    "with-row-security": ("", f"pgTable.withRLS('users', {{ {COLUMN}{REFERENCE} }})"),
    "schema-with-row-security": ("const own = pgSchema('public');\n", f"own.table.withRLS('users', {{ {COLUMN}{REFERENCE} }})"),
}  # fmt: skip


@pytest.mark.parametrize(("imports", "table"), IMPORTED.values(), ids=IMPORTED)
def test_what_is_imported_under_another_name_is_known_by_it(imports: str, table: str, tmp_path: Path) -> None:
    text = f"{imports}export const users = {table};\n"
    project(tmp_path, {"src/schema/index.ts": text})
    assert edited(tmp_path) == text.replace("set null", "no action")


@pytest.mark.parametrize(
    "pattern",
    [
        "./src/**.ts",
        "./src/**/*.ts",
        "./src/***/*.ts",
        "src/**",
        "./src/{a,schema}/*.{js,ts}",
        "../web/src/*/*.ts",
    ],
)
def test_a_pattern_for_the_schema_means_what_it_means_to_drizzle_kit(pattern: str, tmp_path: Path) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {COLUMN}{REFERENCE} }});\n"
    place = "src/users.ts" if pattern == "./src/**.ts" else "src/schema/users.ts"
    project(tmp_path / "web", {place: text}, config=CONFIG.replace("./src/schema", pattern))
    assert edited(tmp_path / "web") == text.replace("set null", "no action")


def test_tables_of_another_schema_in_another_file_are_told_apart(tmp_path: Path) -> None:
    twin = f"import {{ auth }} from './schemas';\nexport const users = auth.table('users', {{ {COLUMN}{REFERENCE} }});\n"
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {COLUMN}{REFERENCE} }});\n"
    files = {"a.ts": twin, "b.ts": text, "schemas.ts": "export const auth = pgSchema('auth');\n"}
    project(tmp_path, {f"src/schema/{name}": content for name, content in files.items()})
    assert edited(tmp_path) == text.replace("set null", "no action")


def test_paths_of_a_configuration_start_where_drizzle_kit_is_run(tmp_path: Path) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {COLUMN}{REFERENCE} }});\n"
    project(tmp_path, {"src/schema/index.ts": text})
    (tmp_path / "config").mkdir()
    config = (tmp_path / "drizzle.config.ts").rename(tmp_path / "config/drizzle.config.ts")
    config.write_text(CONFIG.replace("out:", "migrations: { table: 'ours' }, out:"))
    made = export("drizzle", tmp_path)
    assert '"drizzle"."ours"' in made.mark_applied[0]
    assert edited(tmp_path) == text.replace("set null", "no action")


def test_the_schema_is_looked_for_in_the_package_of_the_migrations_only(tmp_path: Path) -> None:
    text = f"{WORKSPACES}export const users = pgTable('users', {{ {COLUMN}{REFERENCE} }});\n"
    computed = "export default defineConfig({ out: path.join(__dirname, 'drizzle'), schema: schemaPath });\n"
    project(tmp_path / "a", {}, config=computed)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/package.json").write_text("{}")
    (tmp_path / "b/schema.ts").write_text(text)
    made = export("drizzle", tmp_path, edit_schema=True)
    assert not any(change.path.suffix == ".ts" for change in made.files)
    assert any("is not found in the schema" in each.reason for each in made.incomplete)


def test_a_journal_without_breakpoints_goes_on_without_them(tmp_path: Path) -> None:
    folder = drizzle(tmp_path, entries=[{**ENTRY, "breakpoints": False}])
    write(export("drizzle", tmp_path).files)
    entry = json.loads((folder / "meta/_journal.json").read_text())["entries"][-1]
    assert entry["breakpoints"] is False
    assert "statement-breakpoint" not in (folder / f"{entry['tag']}.sql").read_text()


SWAP = (
    'ALTER TABLE "users" DROP CONSTRAINT "users_primary_workspace_id_fkey", ADD CONSTRAINT '
    '"users_primary_workspace_id_fkey" FOREIGN KEY ("primary_workspace_id") REFERENCES "public"."workspaces"("id") '
    "ON DELETE no action ON UPDATE no action NOT VALID;"
)
PLAIN = {
    "no-action": [SWAP, 'ALTER TABLE "users" VALIDATE CONSTRAINT "users_primary_workspace_id_fkey";'],
    "drop-not-null": ['ALTER TABLE "users" ALTER COLUMN "primary_workspace_id" DROP NOT NULL;'],
}


@pytest.mark.parametrize("option", PLAIN)
def test_the_migration_is_what_drizzles_generator_would_write_with_a_limit_and_an_early_swap(
    option: str, tmp_path: Path
) -> None:
    drizzle(tmp_path)
    text = export("drizzle", tmp_path, option).files[0].content.decode()
    assert text == "\n--> statement-breakpoint\n".join(["SET LOCAL lock_timeout = '5s';", *PLAIN[option]]) + "\n"


def test_two_snapshots_that_follow_the_same_one_are_refused(tmp_path: Path) -> None:
    second = {**ENTRY, "idx": 1, "when": 2, "tag": "0001_other"}
    folder = drizzle(tmp_path, entries=[ENTRY, second])
    (folder / "0001_other.sql").write_text("select 1;")
    (folder / "meta/0001_snapshot.json").write_text((folder / "meta/0000_snapshot.json").read_text())
    with pytest.raises(UnfitFolderError, match="follow the same snapshot"):
        export("drizzle", tmp_path)


def test_a_journal_that_ends_elsewhere_than_the_snapshots_is_refused(tmp_path: Path) -> None:
    folder = drizzle(tmp_path, entries=[ENTRY, {**ENTRY, "idx": 1, "when": 2, "tag": "0001_custom"}])
    (folder / "0001_custom.sql").write_text("select 1;")
    with pytest.raises(UnfitFolderError, match="ends with 0001_custom, the snapshots with 0000_snapshot"):
        export("drizzle", tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"version": "6"}, "is of version 6, not 7"), ({"tables": {}}, "does not know the table public.users")],
)
def test_a_snapshot_of_another_version_or_schema_is_refused(
    change: dict[str, object], reason: str, tmp_path: Path
) -> None:
    snapshot = drizzle(tmp_path) / "meta/0000_snapshot.json"
    snapshot.write_text(json.dumps({**json.loads(snapshot.read_text()), **change}))
    with pytest.raises(UnfitFolderError, match=reason):
        export("drizzle", tmp_path)


def renamed(folder: Path, tag: str, snapshot: str) -> None:
    (folder / "0000_init.sql").rename(folder / f"{tag}.sql")
    (folder / "meta/0000_snapshot.json").rename(folder / "meta" / snapshot)


@pytest.mark.parametrize(
    ("tag", "snapshot", "prefix"),
    [
        ("20240101000000_init", "20240101000000_snapshot.json", "20261129040000"),
        ("1700000000_init", "1700000000_snapshot.json", "1795924800"),
        ("_init", "_snapshot.json", ""),
    ],
)
def test_every_prefix_of_drizzle_kit_goes_on(tag: str, snapshot: str, prefix: str, tmp_path: Path) -> None:
    folder = drizzle(tmp_path, entries=[{**ENTRY, "tag": tag}])
    renamed(folder, tag, snapshot)
    write(export("drizzle", tmp_path).files)
    entry = json.loads((folder / "meta/_journal.json").read_text())["entries"][-1]
    assert entry["tag"].startswith(f"{prefix}_users_primary")
    assert (folder / f"{entry['tag']}.sql").is_file()
    state = json.loads((folder / f"meta/{prefix}_snapshot.json").read_text())
    assert state["prevId"] == "a"


def one(root: Path, *, key: str) -> Path:
    """Write a folder of 1.x that knows one foreign key."""
    ddl = [
        {"entityType": "fks", "schema": "public", "table": "users", "name": key, "onDelete": "SET NULL", "onUpdate": "NO ACTION"}
    ]  # fmt: skip
    state = {"version": "9", "dialect": "postgres", "id": "a", "prevIds": [], "type": "base", "ddl": ddl}
    folder = root / "20240101000000_init"
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text("select 1;")
    (folder / "snapshot.json").write_text(json.dumps(state, indent=2))
    return root


def test_of_a_repositorys_two_kinds_of_drizzle_that_with_the_key_is_meant(tmp_path: Path) -> None:
    old = drizzle(tmp_path / "a/drizzle", entries=[ENTRY])
    snapshot = old / "meta/0000_snapshot.json"
    kept = snapshot.read_text()
    snapshot.write_text(kept.replace("users_primary_workspace_id_fkey", "other"))
    new = one(tmp_path / "b/drizzle", key="users_primary_workspace_id_fkey")
    assert new in export("drizzle", tmp_path).files[-1].path.parents

    snapshot.write_text(kept)
    with pytest.raises(UnfitFolderError, match="several Drizzle folders"):
        export("drizzle", tmp_path)
    state = new / "20240101000000_init/snapshot.json"
    state.write_text(state.read_text().replace("users_primary_workspace_id_fkey", "other"))
    assert old in export("drizzle", tmp_path).files[-1].path.parents


def test_a_folder_with_both_kinds_of_drizzle_is_refused_as_drizzle_kit_refuses_it(tmp_path: Path) -> None:
    folder = one(drizzle(tmp_path / "drizzle", entries=[ENTRY]), key="users_primary_workspace_id_fkey")
    for named in (tmp_path, folder):
        with pytest.raises(UnfitFolderError, match=r"of Drizzle 0\.x .* and of 1\.x"):
            export("drizzle", named)


def _paths(document: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    below = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in below:
        yield from _paths(value, (*at, key))


@pytest.mark.parametrize("kind", ["0.x", "1.x"])
@pytest.mark.parametrize("value", [None, [], {}, "", 0, -1.5, True, "\ud800", [None], {"a": None}], ids=repr)
def test_whatever_stands_in_a_journal_or_snapshot_is_taken_or_refused_with_the_reason(
    value: object, kind: str, tmp_path: Path
) -> None:
    name = "users_primary_workspace_id_fkey"
    folder = drizzle(tmp_path / "drizzle") if kind == "0.x" else one(tmp_path / "drizzle", key=name)
    for path in folder.rglob("*.json"):
        kept = path.read_text()
        for at in _paths(json.loads(kept)):
            document = {"": json.loads(kept)}
            place: Any = document
            for key in ("", *at)[:-1]:
                place = place[key]
            place[("", *at)[-1]] = value
            path.write_text(json.dumps(document[""]))
            with suppress(UnfitFolderError):
                for change in export("drizzle", tmp_path).files:
                    change.content.decode()
        path.write_text(kept)
