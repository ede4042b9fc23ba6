"""What is printed to be copied into a shell is one word there, whatever is in it."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fkdash
from fkdash.catalog.names import name_parts, typed
from fkdash.catalog.table_name import TableName
from fkdash.cli.commands import COMMANDS
from fkdash.shell import command, shell_word
from tests.support.commands import fkdash as program
from tests.support.servers import TestDatabase

_TEXTS = (
    "plain_name",
    "two words",
    'it\'s "quoted" `so` $HOME !x \\n',
    "line\nbreak\tand 'tab'\\",
    "escape \x1b[31m",
    "turned \u202egnp \u200b\u3164 \u0301a",
    "next line \x85 far \U000e0101 \U0001f469",
    "",
)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_shell_reads_the_word_back(text: str) -> None:
    word = shell_word(text)
    assert "\n" not in word
    assert "\x1b" not in word
    ended = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert ended.stdout.decode() == text


@pytest.mark.parametrize("name", ["users", "User", "two words", "a.b", 'a"b', "ünï", "1st", "line\nbreak"])
def test_a_typed_name_is_read_back_as_the_name(name: str) -> None:
    assert name_parts(typed(TableName("public", name))) == ("public", name)


def test_a_typed_name_has_no_more_quotes_than_it_needs() -> None:
    assert typed(TableName("public", "users_2")) == "public.users_2"


_PIECES = ("; touch planted", "$(touch planted)", "`touch planted`", "&& touch planted", "\n touch planted\n", "| sh", "> planted",
           "'", '"', "\\", "$'", "!x", "~", "*", "#", "=ls", "-x", "\udcff", "\u202e", "\x1b", "é", " ", "a")  # fmt: skip
_words = st.lists(st.sampled_from(_PIECES), max_size=5).map("".join)
_SHELLS = [each for each in ("bash", "zsh") if shutil.which(each)]


@pytest.mark.parametrize("shell", _SHELLS)
@settings(max_examples=15)
@given(commands=st.lists(st.lists(_words, min_size=1, max_size=4), min_size=20, max_size=20))
def test_a_suggested_command_gives_the_program_these_words_and_runs_nothing_else(
    shell: str, tmp_path_factory: pytest.TempPathFactory, commands: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("pasted")
    report = "fkdash() { for word in \"$@\"; do printf '%s\\0' \"$word\"; done; printf '\\1\\0'; }"
    pasted = "\n".join((report, *(command(*words) for words in commands)))
    ended = subprocess.run(
        [shell, "-c", pasted], capture_output=True, check=True, cwd=folder, env={"LC_ALL": "C.UTF-8"}
    )
    read = [part.split(b"\0")[:-1] for part in ended.stdout.split(b"\x01\0")[:-1]]
    assert read == [[os.fsencode(word) for word in words] for words in commands]
    assert not any(folder.iterdir())


_COMMAND = re.compile(rf"\bfkdash (?:{'|'.join(name.split()[0] for name in COMMANDS)})\b[^.;,:()`]* $")
_ARGUMENT = re.compile(r"--(?:confirm|confirm-database|key|like|of|table|trust-owner|value|where) ['\"]?$")


def _suggestions() -> Iterator[tuple[Path, int, ast.expr, frozenset[str]]]:
    """Give each value behind `fkdash COMMAND ...` or `--OPTION` in an f-string, and the names that are shell words there."""
    for path in Path(fkdash.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            safe = frozenset(
                name.id
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and "shell_word(" in ast.unparse(each.value)
                for target in each.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            )
            for text in (each for each in ast.walk(function) if isinstance(each, ast.JoinedStr)):
                before = ""
                for piece in text.values:
                    if isinstance(piece, ast.FormattedValue) and (
                        _COMMAND.search(before) or _ARGUMENT.search(before)
                    ):
                        yield path, piece.lineno, piece.value, safe
                    before += str(piece.value) if isinstance(piece, ast.Constant) else "VALUE"


def test_every_value_in_a_suggested_command_is_quoted_for_the_shell() -> None:
    found = list(_suggestions())
    assert len(found) > 10
    bare = [
        f"{path.name}:{line}: {ast.unparse(value)}"
        for path, line, value, safe in found
        if not ast.unparse(value).startswith(("shell_word(", "command("))
        and not (isinstance(value, ast.Name) and value.id in safe)
    ]
    assert bare == []


@pytest.mark.newest_version
async def test_the_way_back_can_be_pasted_where_the_folder_of_journals_has_an_odd_name(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    state = tmp_path / "Application Support; touch planted; $(touch planted) 'x'"
    state.mkdir()
    name = "users_primary_workspace_id_workspaces_id_fk"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PG")},
        "XDG_STATE_HOME": str(state),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    confirm = ["--yes", "--confirm", name]
    applied = await program(
        "fix", "apply", name, "--option", "no-action", *confirm, "--format", "json", incident_database.dsn,
        environment=environment,
    )  # fmt: skip
    assert applied.returncode == 0, applied.stderr
    suggested = json.loads(applied.stdout)["next_step"].partition(": ")[2]
    undone = await asyncio.to_thread(
        partial(subprocess.run, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False),
        ["bash", "-c", f"{suggested} {' '.join(confirm)}"],
    )
    assert undone.returncode == 0, undone.stderr
    assert await incident_database.value("select confdeltype = 'n' from pg_constraint where conname = $1", name)
    assert [each.name for each in tmp_path.iterdir()] == [state.name]
