"""What `fix export --tool pgtap` writes, run by pgTAP: it fails before the fix and passes after it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase, psql
from tests.tools import installed
from tests.tools.projects import KEY, TABLES

_SHADOWS = (Path(__file__).parents[1] / "security" / "shadows.sql").read_text(encoding="utf-8")

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]


def run(database: TestDatabase, file: Path) -> str:
    done = subprocess.run(
        [str(psql()), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database.dsn, "-f", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("option", ["no-action", "drop-not-null", "cascade"])
async def test_a_test_fails_before_the_fix_passes_after_it_and_leaves_and_runs_nothing_else(
    option: str, database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    pgtap = installed.pgtap()
    if pgtap is None:
        pytest.skip("Debian's postgresql-15-pgtap cannot be downloaded here")
    run(database, pgtap)
    await database.execute(TABLES)
    folder = tmp_path / "tests"
    folder.mkdir()
    done = await fkdash(
        "fix", "export", KEY, "--option", option, "--tool", "pgtap", "--dir", str(folder), "--write", database.dsn
    )
    assert done.returncode == 0, done.stderr
    [file] = folder.iterdir()

    assert "\nnot ok" in run(database, file)
    applied = await fkdash("fix", "apply", KEY, "--option", option, "--yes", "--confirm", KEY, database.dsn)
    assert applied.returncode == 0, applied.stderr
    told = run(database, file)
    assert "not ok" not in told
    planned = int(told.split("\n", 1)[0].removeprefix("1.."))
    assert told.count("\nok ") == planned
    assert await database.value("select count(*) from users") == 0

    await database.execute(_SHADOWS)
    await database.execute(f"alter database {database.name} set search_path = shadow, pg_catalog, public")
    log = Path(database.socket_directory) / "server.log"
    before = log.read_bytes().count(b"SHADOW ")
    assert run(database, file) == told
    assert log.read_bytes().count(b"SHADOW ") == before
