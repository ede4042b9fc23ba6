"""Options stand before and after a command; a word that is a command is never taken for a database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fkdash.cli.command_words import command_in
from fkdash.cli.commands import COMMANDS
from fkdash.cli.parsers import options_before
from fkdash.errors import UsageError
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase


@pytest.mark.parametrize(
    ("typed", "command", "words"),
    [
        ("", "", ""),
        ("app", "", "app"),
        ("-d check", "", "-d check"),
        ("-h check -U list", "", "-h check -U list"),
        ("check", "check", ""),
        ("check app --format json", "check", "app --format json"),
        ("--profile prod check", "check", "--profile prod"),
        ("--profile prod check app --format json", "check", "app --format json --profile prod"),
        ("-h db -p 5433 -U dba fix plan key --option cascade", "fix plan", "key --option cascade -h db -p 5433 -U dba"),
        ("fix --profile prod plan key", "fix plan", "key --profile prod"),
        ("-w --read-only list", "list", "-w --read-only"),
        ("--host=db -hdb list", "list", "--host=db -hdb"),
        ("--profiles check", "check", "--profiles"),
        ("--profiles a,b check", "check", "--profiles a,b"),
        ("--profiles check app", "check", "app --profiles"),
        ("--profile check list", "list", "--profile check"),
        ("-d x explain -- -a", "explain", "-d x -- -a"),
        ("fix", "fix", ""),
        ("fix -?", "fix", "-?"),
        ("-? fix", "fix", "-?"),
        ("fix plan undo", "fix plan", "undo"),
        ("-- check", "", "-- check"),
    ],
)  # fmt: skip
def test_the_command_is_found_wherever_options_stand(typed: str, command: str, words: str) -> None:
    assert command_in(typed.split(), COMMANDS, options_before) == (command, words.split())


@pytest.mark.parametrize("typed", ["app check", "-h db app check", "--ascii app fix plan x"])
def test_a_command_behind_a_database_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="is a command") as refused:
        command_in(typed.split(), COMMANDS, options_before)
    assert "-d " in refused.value.next_step


@pytest.mark.parametrize("typed", [["check", "list"], ["list", "check"], ["check", "app", "fix"], ["orphans", "scan", "check"]])  # fmt: skip
async def test_a_database_named_like_a_command_is_named_with_d(typed: list[str]) -> None:
    ended = await fkdash(*typed)
    assert ended.returncode == 2
    assert f"a database of that name is -d {typed[-1]}" in ended.stderr


async def test_the_help_of_a_group_ends_well(tmp_path: Path) -> None:
    for arguments in (
        ("fix", "--help"),
        ("fix", "-?"),
        ("orphans", "--help"),
        ("--help", "fix"),
        ("config", "-?"),
    ):
        ended = await fkdash(*arguments)
        assert ended.returncode == 0
        assert "COMMAND" in ended.stdout
    ended = await fkdash("fix", "-h", str(tmp_path))
    assert ended.returncode == 2
    assert "fkdash fix plan" in ended.stderr


async def test_two_databases_are_not_one(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.prod]\ndsn = "prod"\n')
    ended = await fkdash(
        "list", "app", "--profile", "prod", environment={"FKDASH_CONFIG": str(tmp_path / "config.toml")}
    )
    assert ended.returncode == 2
    assert "by --profile and as an argument" in ended.stderr


@pytest.mark.newest_version
async def test_options_before_the_command_lead_to_the_same_database(incident_database: TestDatabase) -> None:
    where = ("-h", incident_database.socket_directory, "-U", "postgres", "-d", incident_database.name)
    before, after = await fkdash(*where, "list"), await fkdash("list", *where)
    assert before.returncode == 0
    assert before.stdout == after.stdout


@pytest.mark.newest_version
@pytest.mark.parametrize("command", [["check"], ["check", "--format", "json"], ["list", "--format", "json"], ["list"], ["list", "--format", "csv"],
    ["check", "--format", "jsonl"], ["snapshot"]])  # fmt: skip
def test_a_result_that_a_full_disk_refuses_is_said(incident_database: TestDatabase, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "fkdash", *command, incident_database.dsn], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert ended.returncode == 3
    assert "The result could not be written: No space left on device." in ended.stderr


@pytest.mark.newest_version
async def test_a_check_with_nothing_new_does_not_count_what_is_known(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    baseline = str(tmp_path / "known.json")
    await fkdash("check", incident_database.dsn, "--write-baseline", baseline)
    ended = await fkdash("check", incident_database.dsn, "--baseline", baseline)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[1].startswith("nothing new (")
    assert "error" not in ended.stdout.splitlines()[1]
