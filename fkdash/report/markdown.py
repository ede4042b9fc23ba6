"""Pieces of Markdown that several documents are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator


_MARKUP: Final = re.compile(
    r"""[\\`*\[\]<>|~]          # whatever stands around them
    | (?<![^\W_])_|_(?![^\W_])  # inside a word an underline is none of Markdown's
    | &(?=[#\w])               # an entity
    | \#(?=\d)                 # somebody's issue
    | ^[\#+=-]                 # at the beginning of a line
    | (?<=^\d)[.)]             # a list
    """,
    re.VERBOSE,
)


def escaped(text: str) -> str:
    """Give text from outside so that Markdown shows it as it is; UUIDs and most names in it stay the same."""
    return _MARKUP.sub(r"\\\g<0>", plain(text))


def fenced(text: str, language: str) -> Iterator[str]:
    """Fence text with more backticks than it holds, so that nothing in it can end the block."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield from (f"{fence}{language}", text.rstrip("\n"), fence)
