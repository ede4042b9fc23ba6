"""Plain SQL, a script or a test, is not laid among the migrations of another tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.fix.export.model import UnfitFolderError
from tests.fix.export.plans import export
from tests.fix.export.test_folders import OTHER, TABLE, made, put

OTHERS = {
    "drizzle": {"meta/_journal.json": '{"entries": [{"tag": "0000_a"}]}', "0000_a.sql": TABLE},
    "drizzle-1": {"20240101000000_a/migration.sql": TABLE, "20240101000000_a/snapshot.json": "{}"},
    "broken": {"meta/_journal.json": "<<<<<<<", "0000_a.sql": TABLE},
    "dbmate": {"20240101000000_a.sql": f"-- migrate:up\n{TABLE}"},
    "flyway": {"V1__a.sql": TABLE},
    "liquibase": {"a.sql": f"--liquibase formatted sql\n--changeset a:b\n{TABLE}"},
    "node-pg-migrate": {"1_a.sql": f"-- Up Migration\n{TABLE}"},
}


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("tool", ["psql", "pgtap"])
def test_no_script_is_laid_among_another_tools_migrations(
    tool: str, files: dict[str, str], tmp_path: Path
) -> None:
    folder = put(tmp_path / "db", files)
    named = [folder, *(each for each in folder.iterdir() if each.is_dir() and each.name != "meta")]
    for each in (tmp_path, *named) if tool == "psql" else named:
        with pytest.raises(UnfitFolderError, match="does not belong among them"):
            export(tool, each)


@pytest.mark.parametrize("tool", ["psql", "pgtap"])
def test_what_lies_beside_the_project_is_not_looked_into(tool: str, tmp_path: Path) -> None:
    put(tmp_path, {"other/V1__a.sql": TABLE, "db/001-a.sql": TABLE, "migration.sql": TABLE})
    assert [Path(name).name for name in made(tool, tmp_path / "db")] == [
        "002-users_primary_workspace_fk_no_action.sql"
    ]


def test_a_folder_of_scripts_beside_another_tools_is_the_one_for_psql(tmp_path: Path) -> None:
    put(tmp_path, {"migrations/V1__a.sql": TABLE, "scripts/001-a.sql": OTHER})
    assert made("psql", tmp_path) == ["scripts/002-users_primary_workspace_fk_no_action.sql"]
