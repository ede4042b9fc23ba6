"""Shells complete commands, options and names; --spec and schemas say the same to scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.cli.commands import COMMANDS
from fkdash.cli.parsers import parser_of
from fkdash.cli.snapshot import SUMMARY
from fkdash.cli.spec import EXIT_CODES, arguments_of
from fkdash.cli.typed_line import TypedLine, typed_line
from fkdash.report.documents.kinds import DOCUMENTS, schema_of
from tests.support.commands import fkdash
from tests.support.patience import LONG_ENOUGH
from tests.support.servers import TestDatabase


async def completed(*words: str, environment: dict[str, str] | None = None, shell: str = "zsh") -> list[str]:
    ended = await fkdash("--complete", shell, *words, environment=environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


async def known(*words: str, shell: str = "zsh") -> list[str]:
    """Complete what the database knows; a server that is busy is given up on, and asked by the next tab."""
    ends = time.monotonic() + LONG_ENOUGH
    while not (names := await completed(*words, shell=shell)) and time.monotonic() < ends:
        pass
    return names


def test_the_help_of_snapshot_names_every_command_that_takes_one() -> None:
    for name in COMMANDS:
        if any("--from" in each.option_strings for each in arguments_of(name)):
            assert name in SUMMARY.partition("--from")[0], name
            assert name in COMMANDS["snapshot"]


async def test_commands_options_and_choices_are_completed() -> None:
    assert {"check", "fix", "list"} <= set(await completed(""))
    assert "check" in await completed("ch")
    assert set(await completed("fix", "")) == {
        each.partition(" ")[2] for each in COMMANDS if each.startswith("fix ")
    }
    assert await completed("-h", "db", "or") == ["orphans"]
    assert {"--format", "--fail-on"} <= set(await completed("check", "--f"))
    assert await completed("check", "--format", "s") == ["sarif"]
    assert await completed("check", "--format=s") == ["--format=sarif"]
    assert await completed("check", "--rule", "FK10") == [f"FK10{n}" for n in range(1, 10)]
    assert "no-action" in await completed("fix", "plan", "x", "--option", "")


async def test_profiles_are_completed(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.prod]\ndsn = "x"\n[profiles."my lab"]\ndsn = "y"\n')
    environment = {"FKDASH_CONFIG": str(tmp_path / "config.toml")}
    assert await completed("check", "--profile", "", environment=environment) == ["prod", "'my lab'"]


@pytest.mark.newest_version
async def test_names_of_the_connected_database_are_completed_as_words_of_the_shell(database: TestDatabase) -> None:
    await database.execute(
        'create table p (id int primary key); create table "c; touch x" (pid int constraint "fk $(touch x)" references p, '
        "qid int constraint plain_fk references p)"
    )
    where = ("-h", database.socket_directory, "-U", "postgres", "-d", database.name)
    assert "plain_fk" in await known(*where, "fix", "plan", "")
    assert "'fk $(touch x)'" in await known("fix", "plan", *where, "fk")
    assert await known("orphans", "scan", *where, "--constraint", "pl") == ["plain_fk"]
    assert {"public.p", "'public.\"c; touch x\"'"} <= set(await known("list", *where, "--table", "public."))
    assert await known("list", *where, "--schema", "") == ["public"]


async def test_completion_is_silent_where_nobody_answers_or_nothing_is_right(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[[[")
    environment = {"PGHOST": str(tmp_path), "FKDASH_CONFIG": str(tmp_path / "config.toml")}
    for words in (
        ("fix", "plan", ""),
        ("list", "--table", ""),
        ("check", "--profile", ""),
        ("app", "check", ""),
    ):
        assert await completed(*words, environment=environment) == []


@pytest.mark.newest_version
async def test_bash_is_given_what_stands_behind_an_open_quote_or_a_break(database: TestDatabase) -> None:
    await database.execute(
        'create table p (id int primary key); create table c (a int constraint "fk $x\'s" references p, '
        'b int constraint "fk""`b" references p)'
    )
    where = f"fkdash -h '{database.socket_directory}' -U postgres -d {database.name} fix plan"
    for line, found in (
        (f"{where} 'fk $", ["fk $x'\\''s"]),
        (f'{where} "fk \\$', ["fk \\$x's"]),
        (f"{where} fk\\ ", ["'fk $x'\"'\"'s'"]),
        (f'{where} "fk\\"', ['fk\\"\\`b']),
        ("fkdash check --format=sa", ["sarif"]),
    ):
        assert await known(line, shell="bash") == found


@given(value=st.text("abc xyz'\"\\$`!;&|()[]{}*?<>=:@~#é", max_size=12), quote=st.sampled_from(["", "'", '"']))
def test_what_bash_is_given_means_the_name(value: str, quote: str) -> None:
    open_line = TypedLine([], "", quote)
    word = f"{quote}{open_line.completion(value)}{quote}"
    assert typed_line(f"fkdash {word}").now == value
    assert typed_line(f"fkdash {word} ").before == ["fkdash", value]


@pytest.mark.newest_version
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_completes_in_that_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "dumb",
    }
    script = subprocess.run(
        ["fkdash", "completion", shell], env=environment, capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "_fkdash").write_text(script)
    ask = {
        "bash": f"source {tmp_path}/_fkdash; COMP_LINE='fkdash check --fail-on '; COMP_POINT=${{#COMP_LINE}}; _fkdash; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        "zsh": f"compdef() {{ :; }}; compadd() {{ shift; print -l -- $@; }}; _files() {{ :; }}; source {tmp_path}/_fkdash; "
        "words=(fkdash check --fail-on ''); CURRENT=4; PREFIX=''; _fkdash",
        "fish": f"source {tmp_path}/_fkdash; complete -C 'fkdash check --fail-on '",
    }[shell]  # fmt: skip
    ended = subprocess.run([shell, "-c", ask], env=environment, capture_output=True, text=True, check=False)
    assert {"error", "warning", "info", "never"} <= {line.split("\t")[0] for line in ended.stdout.splitlines()}, (
        ended
    )


async def test_the_spec_has_every_command_option_and_exit_code() -> None:
    ended = await fkdash("--spec")
    document = json.loads(ended.stdout)
    jsonschema.validate(document, schema_of("spec"))
    commands = {each["name"]: each for each in document["commands"]}
    assert set(commands) == {"", *COMMANDS}
    for name in COMMANDS:
        options = [names for each in commands[name]["arguments"] for names in each["names"]]
        assert options == [option for action in arguments_of(name) for option in action.option_strings]
        assert parser_of(name).format_help()
    assert set(document["exit_codes"]) == set(EXIT_CODES) > {"0", "1", "2", "3", "4", "5"}


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_every_schema_is_one_and_is_printed(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(kind))
    assert schema_of(kind)["$defs"]


async def test_schemas_are_printed_and_listed() -> None:
    assert json.loads((await fkdash("schema", "check")).stdout) == schema_of("check")
    assert (await fkdash("schema")).stdout.split() == list(DOCUMENTS)
    assert (await fkdash("schema", "nonsense")).returncode == 2


@pytest.mark.newest_version
async def test_the_baseline_that_is_written_is_what_its_schema_says(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    place = tmp_path / "known.json"
    await fkdash("check", incident_database.dsn, "--write-baseline", str(place))
    jsonschema.validate(json.loads(place.read_text()), schema_of("baseline"))


def test_every_kind_of_document_in_the_source_has_a_schema() -> None:
    source = Path(__file__).parents[2] / "fkdash"
    kinds = {
        kind
        for file in source.rglob("*.py")
        for kind in re.findall(
            r'(?:"kind": |print_reports\([^)]*kind=)"([a-z-]+)"', file.read_text(encoding="utf-8")
        )
    }
    assert "lint" in kinds
    # A place in SARIF and a kind of table are no documents.
    assert kinds - {"external", "member", "ordinary"} <= set(DOCUMENTS)
