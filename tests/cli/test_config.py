"""`config check` names every mistake in both files; `config show` says what holds and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.commands import fkdash

_OPERATOR = """[profiles.prod]
dsn = "postgresql://dba:hunter2@db-eu-1/app"
environment = "production"
[profiles."my lab"]
dsn = "host=lab password=hunter2"
"""
_TEAM = """[rules]
FK301 = "info"
[[ignore]]
reason = "decided in May"
"""


def _files(folder: Path, operator: str = _OPERATOR, team: str = _TEAM) -> dict[str, str]:
    (folder / "config.toml").write_text(operator)
    (folder / "fkdash.toml").write_text(team)
    return {"FKDASH_CONFIG": str(folder / "config.toml")}


async def test_what_holds_is_shown_with_its_place_and_without_passwords(tmp_path: Path) -> None:
    team = ("--config", str(tmp_path / "fkdash.toml"))
    shown = await fkdash("config", "show", *team, "--format", "json", environment=_files(tmp_path))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "hunter2" not in shown.stdout
    held = {each["key"]: (each["value"], each["origin"]) for each in json.loads(shown.stdout)["settings"]}
    assert held["profiles.prod.dsn"] == ("user='dba' host='db-eu-1' dbname='app'", f"{tmp_path}/config.toml:2")
    assert held['profiles."my lab".dsn'] == ("host='lab'", f"{tmp_path}/config.toml:5")
    assert held["profiles.prod.read_only"] == (False, "default")
    assert held["rules.FK301"] == ("info", f"{tmp_path}/fkdash.toml:2")
    assert held["ignore[1].reason"] == ("decided in May", f"{tmp_path}/fkdash.toml:4")
    assert held["lint.paths"] == ([], "default")
    assert held["connection"][0]


async def test_files_without_a_mistake_are_ok(tmp_path: Path) -> None:
    ended = await fkdash(
        "config", "check", "--config", str(tmp_path / "fkdash.toml"), environment=_files(tmp_path)
    )
    assert ended.stdout == f"{tmp_path}/config.toml: ok\n{tmp_path}/fkdash.toml: ok\n"
    assert ended.returncode == 0


async def test_every_mistake_in_both_files_is_named_at_its_line(tmp_path: Path) -> None:
    environment = _files(
        tmp_path,
        '[profiles.a]\ndsn = 5\nread_only = "hunter2"\n',
        '[rules]\nFK999 = "off"\nFK301 = "loud"\n[lint]\npath = ["x"]\n',
    )
    team = str(tmp_path / "fkdash.toml")
    ended = await fkdash("config", "check", "--config", team, "--format", "json", environment=environment)
    assert ended.returncode == 2
    operators, teams = json.loads(ended.stdout)["files"]
    assert [each.partition(":")[0] for each in operators["mistakes"]] == ["line 2", "line 3"]
    assert [each.partition(":")[0] for each in teams["mistakes"]] == ["line 2", "line 3"]
    assert teams["warnings"] == ["line 5: lint.path is not known: did you mean paths?"]
    assert "hunter2" not in ended.stdout


async def test_a_profile_that_leads_nowhere_and_a_baseline_that_is_not_there_are_mistakes(tmp_path: Path) -> None:
    environment = _files(
        tmp_path, '[profiles.a]\ndsn = "postgresql://h/app?nonsense=1"\n', 'baseline = "no.json"\n'
    )
    ended = await fkdash("config", "check", "--config", str(tmp_path / "fkdash.toml"), environment=environment)
    assert ended.returncode == 2
    assert (
        "profiles.a: the connection string has a connection parameter that is not known: nonsense" in ended.stdout
    )
    assert "no.json cannot be read" in ended.stdout


async def test_a_baseline_stands_beside_its_file_from_wherever_fkdash_is_called_and_a_tool_must_be_known(
    tmp_path: Path,
) -> None:
    (tmp_path / "known.json").write_text('{"fkdash": 1, "kind": "baseline", "findings": []}')
    environment = _files(tmp_path, "", 'baseline = "known.json"\n')
    team = ("--config", str(tmp_path / "fkdash.toml"))
    assert (await fkdash("config", "check", *team, environment=environment)).returncode == 0
    _files(tmp_path, "", '[lint]\ntool = "drizzel"\n')
    ended = await fkdash("config", "check", *team, environment=environment)
    assert ended.returncode == 2
    assert "lint.tool: There is no migration tool drizzel. Known are drizzle, " in ended.stdout


async def test_without_files_there_is_nothing_wrong(tmp_path: Path) -> None:
    nowhere = {"FKDASH_CONFIG": str(tmp_path / "none.toml")}
    assert (await fkdash("config", "check", environment=nowhere)).returncode == 0
    assert (await fkdash("config", "show", environment=nowhere)).returncode == 0


async def test_an_unknown_key_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    environment = _files(tmp_path, "[profils.x]\n", "")
    ended = await fkdash("list", "-h", str(tmp_path), environment=environment)
    assert ended.returncode == 3
    assert ended.stderr.count("profils is not known: did you mean profiles?") <= 1
    ended = await fkdash("list", "--profile", "x", environment=environment)
    assert ended.returncode == 2
    assert "profils is not known: did you mean profiles?" in ended.stderr
