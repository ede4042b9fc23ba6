"""What is printed to be copied into a shell is one word there, whatever is in it."""

from __future__ import annotations

import subprocess

import pytest

from fkdash.catalog.model import TableName
from fkdash.catalog.names import name_parts, typed
from fkdash.shell import shell_word

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
