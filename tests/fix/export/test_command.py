"""`fkdash fix export --tool`: what is printed, what is written, and where the plan comes from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from fkdash.fix.export.model import Exported, FileChange
from fkdash.report.documents.kinds import schema_of
from fkdash.report.fix.export import export_diff
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version
KEY = "users_primary_workspace_id_workspaces_id_fk"
NAMED = ("fix", "export", KEY, "--option", "no-action", "--tool", "dbmate", "--dir")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    migrations = tmp_path / "team" / "db" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "20240101000000_init.sql").write_text("-- migrate:up\nselect 1;\n-- migrate:down\n")
    return migrations


async def test_the_document_keeps_its_contract_and_nothing_is_written(
    incident_database: TestDatabase, folder: Path
) -> None:
    done = await fkdash(*NAMED, str(folder), "--format", "json", incident_database.dsn)
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema_of("export"))
    assert [(each["action"], each["sha256_before"]) for each in document["files"]] == [("create", None)] * 2
    assert len(list(folder.iterdir())) == 1


async def test_a_plan_in_a_file_needs_no_database(incident_database: TestDatabase, folder: Path) -> None:
    planned = await fkdash("fix", "plan", KEY, "--option", "no-action", "--format", "json", incident_database.dsn)
    plan = folder.parent / "plan.json"
    plan.write_text(planned.stdout)
    done = await fkdash(*NAMED, str(folder), "--from", str(plan), environment={"PGHOST": "/nowhere"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("+++ b/") == 2
    other = await fkdash(*NAMED[:4], "cascade", *NAMED[5:], str(folder), "--from", str(plan))
    assert other.returncode == 2
    besides = await fkdash(*NAMED, str(folder), "--from", str(plan), "--keep-validated")
    assert (besides.returncode, "--keep-validated cannot say it too" in besides.stderr) == (2, True)


async def test_a_snapshot_gives_the_same_files_as_the_database(
    incident_database: TestDatabase, folder: Path
) -> None:
    taken = await fkdash("snapshot", "-o", str(folder.parent / "snapshot.json"), incident_database.dsn)
    assert taken.returncode == 0, taken.stderr
    named = (*NAMED, str(folder), "--format", "json")
    away = await fkdash(*named, "--from", str(folder.parent / "snapshot.json"), environment={"PGHOST": "/nowhere"})
    here = await fkdash(*named, incident_database.dsn)
    contents = [[each["content"] for each in json.loads(done.stdout)["files"]] for done in (away, here)]
    assert contents[0] == contents[1]
    both = await fkdash(*named, "--from", str(folder.parent / "snapshot.json"), incident_database.dsn)
    assert (both.returncode, both.stdout) == (2, "")


async def test_after_a_live_fix_the_plan_comes_from_its_journal_which_then_says_so(
    incident_database: TestDatabase, folder: Path, tmp_path: Path
) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    dsn = incident_database.dsn
    applied = await fkdash(
        "fix", "apply", KEY, "--option", "no-action", "--yes", "--confirm", KEY, dsn, environment=state
    )
    assert applied.returncode == 0, applied.stderr
    done = await fkdash(*NAMED, str(folder), "--write", dsn, environment=state)
    assert done.returncode == 0, done.stderr
    written = sorted(folder.iterdir())[1].read_text()
    assert "ON DELETE SET NULL" in written.partition("-- migrate:down")[2]
    journal = next((tmp_path / "state").rglob("*.jsonl"))
    assert json.loads(journal.read_text().splitlines()[-1])["event"] == "exported"
    shown = await fkdash("fix", "show", str(journal), environment=state)
    assert shown.returncode == 0, shown.stderr


async def test_a_folder_that_does_not_fit_ends_with_4_and_a_reason(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    done = await fkdash(*NAMED, str(tmp_path), "--write", incident_database.dsn)
    assert (done.returncode, done.stdout) == (4, "")
    assert "is no dbmate project" in done.stderr


def test_the_diff_is_cut_into_lines_where_a_line_feed_is_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "schema.ts"
    before, after = (f"a\f{word}\u2028b\n".encode() for word in ("old", "new"))
    shown = export_diff(Exported("drizzle", (FileChange(path, after, before),)), tmp_path)
    assert shown == "--- a/schema.ts\n+++ b/schema.ts\n@@ -1 +1 @@\n-a\\x0cold\\u2028b\n+a\\x0cnew\\u2028b\n"


def git(folder: Path, *words: str) -> str:
    own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    return subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


async def test_a_dirty_work_tree_is_said_and_neither_it_nor_what_watches_it_is_touched(
    incident_database: TestDatabase, folder: Path, tmp_path: Path
) -> None:
    git(folder, "init", "-q", "..")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    clean = await fkdash(*NAMED, str(folder), incident_database.dsn)
    assert "uncommitted" not in clean.stderr
    (folder / "20240101000000_init.sql").write_text("-- migrate:up\nselect 2;\n-- migrate:down\n")
    (folder / "notes.txt").write_text("mine")
    git(folder, "config", "core.fsmonitor", f"touch {tmp_path / 'ran'}; false")
    index = next(folder.parent.rglob("index"))
    before = index.read_bytes(), index.stat().st_mtime_ns
    dirty = await fkdash(*NAMED, str(folder), "--write", incident_database.dsn)
    assert "note: 2 paths have uncommitted changes in this work tree" in dirty.stderr
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert not (tmp_path / "ran").exists()
    assert git(folder, "-c", "core.fsmonitor=false", "diff", "--cached") == ""


@pytest.mark.parametrize(
    ("tool", "first"),
    [
        ("supabase", "supabase/migrations/20240101000000_init.sql"),
        ("golang-migrate", "migrations/000003_init.up.sql"),
        ("flyway", "db/migration/V2.9__init.sql"),
    ],
)
async def test_a_date_that_is_typed_is_the_same_in_a_migration_whatever_the_role_that_runs_it_has_set(
    database: TestDatabase, tmp_path: Path, tool: str, first: str
) -> None:
    await database.execute(
        "create table days (day date, span interval, id int, primary key (day, span, id));"
        "insert into days select d, s, 1 from unnest(array['2026-05-06', '2026-06-05']::date[]) d, "
        "  unnest(array['-1 day +2:03:04', '-1 day -2:03:04']::interval[]) s;"
        "create table visits (day date, span interval, id int, constraint vk foreign key (day, span, id) "
        "  references days on delete set default)"
    )
    path = tmp_path / first
    path.parent.mkdir(parents=True)
    path.write_text("select 1;\n")
    values = ("--value", "day=05/06/2026", "--value", "span=-1 2:03:04", "--value", "id=1")
    named = ("fix", "export", "vk", "--option", "set-column-default", *values, "--tool", tool)
    done = await fkdash(*named, "--dir", str(tmp_path), "--format", "json", database.dsn)
    assert done.returncode == 0, done.stderr
    [script] = [each["content"] for each in json.loads(done.stdout)["files"] if "down" not in each["path"]]
    await database.execute("set DateStyle = 'SQL, DMY'; set IntervalStyle = 'sql_standard'")
    await database.execute(script)
    await database.execute("insert into visits default values; reset DateStyle")
    assert await database.value(
        "select day = make_date(2026, 5, 6) and span = make_interval(days => -1, secs => 7384) from visits"
    )


async def test_a_migration_sets_nothing_for_a_default_that_means_the_same_everywhere(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table p (id numeric(9,2) primary key); insert into p values (1);"
        "create table c (p_id numeric(9,2) constraint ck references p on delete set default)"
    )
    (tmp_path / "000003_init.up.sql").write_text("select 1;\n")
    named = ("fix", "export", "ck", "--option", "set-column-default", "--value", "1", "--tool", "golang-migrate")
    done = await fkdash(*named, "--dir", str(tmp_path), database.dsn)
    assert "SET DEFAULT '1'::" in done.stdout
    assert "lock_timeout" in done.stdout
    assert "DateStyle" not in done.stdout
