"""Which folder of a repository is meant, and how its names and numbers go on: shapes beside the usual one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.errors import FkdashError
from fkdash.fix.export.folder import required_folder
from fkdash.fix.export.model import UnfitFolderError
from fkdash.fix.export.table import NAMES
from fkdash.fix.export.write import write
from tests.fix.export.plans import export

TABLE = "CREATE TABLE users (id int);\n"
OTHER = "CREATE TABLE bills (id int);\n"


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def made(tool: str, root: Path, option: str = "no-action") -> list[str]:
    return [str(change.path.relative_to(root.resolve())) for change in export(tool, root, option).files]


def test_the_folder_that_is_named_is_meant_though_folders_below_it_fit_as_well(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"20240101000000_a.sql": "-- migrate:up\n", "old/20230101000000_b.sql": f"-- migrate:up\n{TABLE}"},
    )
    assert {Path(name).parent for name in made("dbmate", tmp_path)} == {Path()}


@pytest.mark.parametrize("tool", [name for name in NAMES if name not in {"psql", "liquibase", "pgtap"}])
def test_what_is_wrong_with_a_folder_is_said_without_options_that_the_dashboard_does_not_have(
    tmp_path: Path, tool: str
) -> None:
    for folder in (tmp_path, tmp_path / "nosuch"):
        with pytest.raises(FkdashError) as refused:
            export(tool, required_folder(folder))
        assert " --" not in str(refused.value), refused.value


def test_a_service_that_speaks_of_power_users_is_not_the_one_of_users(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a/db/migrations/20240101000000_a.sql": "-- migrate:up\nCREATE TABLE power_users (id int);\n",
            "b/db/migrations/20240101000000_b.sql": f"-- migrate:up\n{TABLE}",
        },
    )
    assert all(name.startswith("b/") for name in made("dbmate", tmp_path))


PRISMA_LOCK = 'provider = "postgresql"\n'


def test_the_only_prisma_folder_is_doubted_where_it_never_speaks_of_the_table(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "bills/prisma/migrations/migration_lock.toml": PRISMA_LOCK,
            "bills/prisma/migrations/20240101000000_init/migration.sql": OTHER,
        },
    )
    assert any("speaks of users" in note for note in export("prisma", tmp_path).notes)
    put(tmp_path, {"bills/prisma/migrations/20240101000000_init/migration.sql": TABLE})
    assert not any("speaks of users" in note for note in export("prisma", tmp_path).notes)


def migration(operations: str = "", *, after: str = "", more: str = "") -> str:
    return (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [{after}]\n{more}    operations = [{operations}]\n"
    )


REFERENCE = "models.ForeignKey(to='x.workspace', on_delete=models.DO_NOTHING)"


def users(name: str = "User", field: str = "primary_workspace") -> str:
    return f"migrations.CreateModel('{name}', [('{field}', {REFERENCE})], options={{'db_table': 'users'}})"


def test_the_only_django_app_is_doubted_where_it_never_speaks_of_the_table(tmp_path: Path) -> None:
    put(tmp_path, {"bills/migrations/0001_initial.py": migration("migrations.CreateModel('Bill', [])")})
    assert any("speaks of users" in note for note in export("django", tmp_path).notes)
    put(tmp_path, {"bills/migrations/0001_initial.py": migration(users())})
    assert not any("speaks of users" in note for note in export("django", tmp_path).notes)


def test_an_app_is_called_what_its_own_migrations_call_it_wherever_they_lie(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "db/people/0001_initial.py": migration(users()),
            "db/people/0002_more.py": migration(after="('accounts', '0001_initial'), ('auth', '0012_alter')"),
        },
    )
    text = export("django", tmp_path / "db/people").files[0].content.decode()
    assert "('accounts', '0002_more')" in text


def test_what_follows_a_squashed_django_migration_is_the_last_one(tmp_path: Path) -> None:
    replaces = "    replaces = [('core', '0001_initial'), ('core', '0002_two')]\n"
    put(
        tmp_path / "core/migrations",
        {
            "0001_initial.py": migration(users()),
            "0002_two.py": migration(after="('core', '0001_initial')"),
            "0001_squashed_0002_two.py": migration(users(), more=replaces),
            "0003_three.py": migration(after="('core', '0002_two')"),
        },
    )
    first = export("django", tmp_path).files[0]
    assert "('core', '0003_three')" in first.content.decode()
    assert first.path.name.startswith("0004_")


@pytest.mark.parametrize("second", ["0002", "0002_more", "2nd_thoughts"])
def test_django_migrations_without_a_name_have_numbers_too(second: str, tmp_path: Path) -> None:
    put(
        tmp_path / "core/migrations",
        {"0001.py": migration(users()), f"{second}.py": migration(after="('core', '0001')")},
    )
    first = export("django", tmp_path).files[0]
    assert first.path.name.startswith("0003_" if second.startswith("0") else "0002_")
    assert f"('core', '{second}')" in first.content.decode()


@pytest.mark.parametrize(
    "renames",
    [
        f"{users('Person')}, migrations.RenameModel('Person', 'User')",
        f"{users(field='own')}, migrations.RenameField('user', 'own', 'primary_workspace')",
        (
            "migrations.CreateModel('User', []), migrations.AlterModelTable('user', 'users'), "
            f"migrations.AddField('user', 'primary_workspace', {REFERENCE})"
        ),
    ],
)
def test_djangos_state_is_followed_through_renamed_models_and_fields(renames: str, tmp_path: Path) -> None:
    put(tmp_path, {"core/migrations/0001_initial.py": migration(renames)})
    text = export("django", tmp_path, "drop-not-null").files[0].content.decode()
    assert "model_name='user'" in text
    assert "name='primary_workspace'" in text
    assert "null=True" in text


def test_a_field_that_only_its_own_migration_can_say_is_left_to_the_team(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "core/migrations/0001_initial.py": f"TO = 'x.workspace'\n{migration(users())}".replace(
                "to='x.workspace'", "to=TO"
            )
        },
    )
    made = export("django", tmp_path, "drop-not-null")
    assert "AlterField" not in made.files[0].content.decode()
    assert any("the migration's state does not have it" in each.reason for each in made.incomplete)


PGTAP = "SELECT plan(1);\nSELECT has_table('{}');\n"


def test_a_pgtap_test_goes_to_the_service_of_the_table(tmp_path: Path) -> None:
    put(tmp_path, {"a/t/001-bills.sql": PGTAP.format("bills"), "b/t/001-users.sql": PGTAP.format("users")})
    assert [name.split("/")[0] for name in made("pgtap", tmp_path)] == ["b"]
    put(tmp_path, {"a/t/001-bills.sql": PGTAP.format("users")})
    with pytest.raises(UnfitFolderError, match="several pgTAP folders"):
        export("pgtap", tmp_path)


def test_a_pgtap_test_goes_to_the_outermost_of_one_services_folders(tmp_path: Path) -> None:
    put(tmp_path, {"t/001-users.sql": PGTAP.format("users"), "t/more/001-users.sql": PGTAP.format("users")})
    assert [Path(name).parent for name in made("pgtap", tmp_path)] == [Path("t")]


def test_flyways_versions_go_on_from_the_highest_of_the_location(tmp_path: Path) -> None:
    location = "app/src/main/resources/db/migration"
    put(
        tmp_path,
        {
            f"{location}/2024/V1__init.sql": TABLE,
            f"{location}/2025/V7__more.sql": OTHER,
            f"{location}/V3__between.sql": OTHER,
        },
    )
    first, second = made("flyway", tmp_path)
    assert first.startswith(f"{location}/2025/V8__")
    assert second.startswith(f"{location}/2025/V9__")
    inside = made("flyway", tmp_path / location / "2024")
    assert inside[0].startswith("V8__")


def test_flyways_folders_of_several_databases_stand_each_for_itself(tmp_path: Path) -> None:
    put(
        tmp_path / "db/migration",
        {"h2/V1__init.sql": OTHER, "h2/V2__more.sql": OTHER, "postgresql/V1__init.sql": TABLE},
    )
    assert made("flyway", tmp_path)[0].startswith("db/migration/postgresql/V2__")


def test_gooses_migrations_in_go_have_numbers_too(tmp_path: Path) -> None:
    put(tmp_path, {"00001_init.sql": f"-- +goose Up\n{TABLE}", "00002_data.go": "package migrations\n"})
    assert [name[:5] for name in made("goose", tmp_path)] == ["00003", "00004"]


def test_rails_dumps_of_another_database_and_the_version_of_an_earlier_migration(tmp_path: Path) -> None:
    put(
        tmp_path / "db",
        {
            "queue_migrate/20240101000000_init.rb": "class Init < ActiveRecord::Migration[7.1]\nend # users\n",
            "queue_migrate/20240101000001_more.rb": "class More < OurMigration\nend\n",
            "migrate/20240101000000_bills.rb": "class Bills < ActiveRecord::Migration[7.1]\nend\n",
            "seeds/001_users.rb": "User.create!\n",
        },
    )
    found = export("rails", tmp_path)
    assert all("< ActiveRecord::Migration[7.1]" in each.content.decode() for each in found.files)
    assert [each.file and each.file.name for each in found.incomplete] == ["queue_schema.rb"]


@pytest.mark.parametrize(
    ("last", "argument", "runner"),
    [
        (
            "exports.up = async ({ context: queryInterface }) => {};",
            "{ context: queryInterface }",
            "queryInterface.sequelize",
        ),
        (
            "exports.up = async ({ context }) => { await context.createTable() }",
            "{ context }",
            "context.sequelize",
        ),
        (
            "exports.up = async ({ context: sequelize }) => { await sequelize.query('') }",
            "{ context: sequelize }",
            "sequelize",
        ),
    ],
)
def test_umzugs_migrations_take_what_the_last_one_took_and_are_named_as_it_was(
    last: str, argument: str, runner: str, tmp_path: Path
) -> None:
    put(tmp_path, {"2024.01.01T00.00.00.init.js": last})
    (change,) = export("sequelize", tmp_path).files
    assert change.path.name.startswith("2026.11.29T04.00.00.users-primary") or change.path.name.startswith(
        "2026.11.29T04.00.00.users_primary"
    )
    text = change.content.decode()
    assert f"async up({argument}) {{" in text
    assert f" await {runner}.transaction(" in text
    assert f" await {runner}.query(" in text


def test_node_pg_migrates_times_in_utc_go_on_with_the_time(tmp_path: Path) -> None:
    put(tmp_path, {"20240101000000000_init.js": "exports.up = (pgm) => {};"})
    assert [name.split("_")[0] for name in made("node-pg-migrate", tmp_path)] == [
        "20261129040000000",
        "20261129040000001",
    ]


def test_a_list_of_typeorms_migrations_is_named_where_the_new_one_must_be_added(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "package.json": "{}",
            "src/migrations/1700000000000-Init.ts": "export class Init1700000000000 implements MigrationInterface {}",
            "src/data-source.ts": "import { Init1700000000000 } from './migrations/1700000000000-Init';\n\n"
            "export default new DataSource({\n  migrations: [Init1700000000000],\n});\n",
        },
    )
    (missing,) = export("typeorm", tmp_path / "src/migrations").incomplete
    assert (missing.file and missing.file.name, missing.line) == ("data-source.ts", 4)
    assert "UsersPrimaryWorkspaceFkNoAction1795924800000" in missing.reason
    put(tmp_path, {"src/data-source.ts": "export default new DataSource({ migrations: ['src/migrations/*'] });\n"})
    assert export("typeorm", tmp_path).incomplete == ()


def revision(own: str, down: str | None, *, labels: str = "None", text: str = "") -> str:
    return f"revision = '{own}'\ndown_revision = {down!r}\nbranch_labels = {labels}\n# {text}\n"


def test_an_alembic_chain_over_several_locations_is_followed_to_its_head(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "alembic/env.py": "",
            "alembic/versions/aaa_init.py": revision("aaa", None, text="users"),
            "app/versions/bbb_more.py": revision("bbb", "aaa"),
        },
    )
    (change,) = export("alembic", tmp_path).files
    assert change.path.parent.relative_to(tmp_path.resolve()) == Path("app/versions")
    assert 'down_revision = "bbb"' in change.content.decode()


def test_of_alembics_labelled_branches_that_of_the_table_goes_on_and_others_are_refused(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "versions/aaa_.py": revision("aaa", None, labels="('people',)", text="users"),
            "versions/bbb_.py": revision("bbb", "aaa"),
            "versions/ccc_.py": revision("ccc", None, labels="('bills',)"),
        },
    )
    (change,) = export("alembic", tmp_path).files
    assert 'down_revision = "bbb"' in change.content.decode()
    for path in (tmp_path / "versions").iterdir():
        path.write_text(path.read_text().replace("('people',)", "None").replace("('bills',)", "None"))
    with pytest.raises(UnfitFolderError, match="must have one head"):
        export("alembic", tmp_path)


def test_an_alembic_id_that_begins_as_another_one_does_is_another_one(tmp_path: Path) -> None:
    chain = {f"versions/{n}_.py": revision(str(n), str(n - 1) if n > 1 else None) for n in range(1, 11)}
    put(tmp_path, chain)
    (change,) = export("alembic", tmp_path).files
    assert 'revision = "11"\ndown_revision = "10"' in change.content.decode()


def test_an_alembic_id_may_be_said_by_its_beginning_and_is_no_code(tmp_path: Path) -> None:
    put(tmp_path, {"versions/a_.py": revision("abc123", None), "versions/b_.py": revision('d"', "abc")})
    text = export("alembic", tmp_path).files[0].content.decode()
    assert r'down_revision = "d\""' in text
    compile(text, "revision", "exec")


def test_outside_alembics_transaction_the_limit_is_the_sessions_and_is_given_back(tmp_path: Path) -> None:
    put(tmp_path, {"versions/aaa_.py": revision("aaa", None)})
    text = export("alembic", tmp_path).files[0].content.decode()
    inside = text.partition("autocommit_block():")[2].partition("def downgrade")[0]
    said = ("SET lock_timeout = ", "VALIDATE CONSTRAINT", "RESET lock_timeout")
    places = [inside.index(each) for each in said]
    assert places == sorted(places)
    assert "SET LOCAL" not in inside


def test_alembics_file_template_may_stand_in_pyproject(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "pyproject.toml": '[tool.alembic]\nfile_template = "%%(year)d_%%(rev)s"\n',
            "migrations/versions/aaa_.py": revision("aaa", None, text="users"),
        },
    )
    assert made("alembic", tmp_path)[0].startswith("migrations/versions/2026_")


def test_a_folder_that_changed_after_the_export_was_made_is_not_written_over(tmp_path: Path) -> None:
    put(tmp_path, {"20240101000000_a.sql": "-- migrate:up\n"})
    files = export("dbmate", tmp_path).files
    files[1].path.write_text("somebody else's")
    with pytest.raises(Exception, match="is there already"):
        write(files)
    assert not files[0].path.exists()


def test_line_ends_go_on_from_a_file_of_any_encoding_and_a_folder_may_be_called_sql(tmp_path: Path) -> None:
    (tmp_path / "z.sql").mkdir()
    (tmp_path / "b.sql").write_bytes("-- r\u00e9f\u00e9rences\r\nselect 1;\r\n".encode("latin-1"))
    (change,) = export("psql", tmp_path).files
    assert change.content.count(b"\n") == change.content.count(b"\r\n") > 0


def test_a_folder_of_more_files_than_are_looked_into_is_not_doubted(tmp_path: Path) -> None:
    put(tmp_path, {f"db/{20240101000000 + n}_a.sql": "-- migrate:up\n" for n in range(2001)})
    assert not any("speaks of users" in note for note in export("dbmate", tmp_path).notes)
