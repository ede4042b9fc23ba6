r"""SQL that somebody pastes into psql, spelled so that no name and no constant in it can be read as more.

Names belong to whoever made the table. A line break in one puts its rest on a line of its own, where a terminal, a
comment's end or a psql command (`\!`) may take it for something else; a backslash is psql's and, by a setting,
the server's; `${` begins a placeholder of Flyway, Liquibase and others, in quotes and comments too. So a name or a
constant with any of them is written with Unicode escapes, which need none (manual, "Identifiers and Key Words":
U&"..." UESCAPE). Statements of ours then hold no control character but their line breaks, and neither of the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.db.literals import literal
from fkdash.db.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN: Final = re.compile(
    r"""
    (?P<comment>--[^\n\r]*)
  | (?P<block>/\*.*?\*/)
  | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
  | (?P<unicode>[uU]&(?:"(?:[^"]|"")*"|'(?:[^']|'')*'))
  | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*')
  | (?P<other>[bBxX]'[^']*')
  | (?P<word>[^\W\d][\w$]*)
  | (?P<string>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
    """,
    re.VERBOSE | re.DOTALL,
)
_PARAMETER: Final = re.compile(rf"{_TOKEN.pattern} | \$(?P<number>\d+)", re.VERBOSE | re.DOTALL)
_ESCAPE: Final = "%"
_PLACEHOLDER: Final = "${"
_BACKSLASHED: Final = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SHORT: Final = 0xFFFF
_TAG: Final = "fkdash"


def for_psql(sql: str) -> str:
    """Give statements with the same meaning, names and constants spelled as above; `sql` is otherwise unchanged.

    They mean the same where standard_conforming_strings is on, which `SETTINGS` says; elsewhere such a constant
    is refused by the server.
    """
    return _TOKEN.sub(_spelled, sql)


def with_constants(sql: str, arguments: Sequence[object]) -> str:
    """Give a statement with its parameters ($1 ...) as constants: texts, lists of texts, and NULL."""

    def constant(match: re.Match[str]) -> str:
        return _constant(arguments[int(match["number"]) - 1]) if match["number"] else match[0]

    return _PARAMETER.sub(constant, sql)


def _constant(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return literal("{" + ",".join("NULL" if each is None else _element(str(each)) for each in value) + "}")
    return literal(str(value))


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def in_comment(text: str) -> str:
    r"""Give text for a comment of one line: what cannot be seen, and a backslash, by its number as <U+000A>."""
    shown = "".join(f"<U+{ord(each):04X}>" if _unfit(each) else each for each in text)
    return shown.replace(_PLACEHOLDER, f"<U+{ord(_PLACEHOLDER[0]):04X}>{_PLACEHOLDER[1:]}")


def dollar_quoted(body: str) -> str:
    """Give a string constant of several lines, between tags that occur nowhere in it (manual, "Constants")."""
    tag, number = f"${_TAG}$", 1
    while tag in body:
        number += 1
        tag = f"${_TAG}{number}$"
    return f"{tag}\n{body}\n{tag}"


def _spelled(match: re.Match[str]) -> str:
    text, kind = match[0], match.lastgroup
    if kind == "comment":
        return in_comment(text)
    if kind == "name":
        return _quoted(text[1:-1].replace('""', '"'), '"') if _any_unfit(text) else text
    if kind == "string":
        return _quoted(text[1:-1].replace("''", "'"), "'") if _any_unfit(text) else text
    if kind == "escaped":
        return _quoted(_BACKSLASHED.sub(_meant, text[2:-1].replace("''", "'")), "'")
    return text


def _quoted(text: str, quote: str) -> str:
    if not _any_unfit(text):
        return f"{quote}{text.replace(quote, quote * 2)}{quote}"
    spelled = "".join(map(_by_number, text)).replace(quote, quote * 2)
    spelled = spelled.replace(_PLACEHOLDER, f"{_ESCAPE}{ord(_PLACEHOLDER[0]):04X}{_PLACEHOLDER[1:]}")
    return f"U&{quote}{spelled}{quote} UESCAPE '{_ESCAPE}'"


def _by_number(character: str) -> str:
    if character == _ESCAPE:
        return _ESCAPE * 2
    if not _unfit(character):
        return character
    number = ord(character)
    return f"{_ESCAPE}{number:04X}" if number <= _SHORT else f"{_ESCAPE}+{number:06X}"


def _meant(match: re.Match[str]) -> str:
    """Give what a backslash and what follows mean in E'...'; a number above ASCII is a byte, left as it was."""
    octal, byte, short, long, letter = match.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    return chr(int(octal, 8) if octal else int(byte or short or long, 16))


def _any_unfit(text: str) -> bool:
    return _PLACEHOLDER in text or any(map(_unfit, text))


def _unfit(character: str) -> bool:
    return character == "\\" or plain(character) != character


PSQL_SETTINGS: Final = """\\set ON_ERROR_STOP on
\\set AUTOCOMMIT on
"""
"""What a script for psql begins with, whatever ~/.psqlrc has set."""

SETTINGS: Final = """SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET default_transaction_isolation = 'read committed';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = postgres;
"""
"""What every script begins with: it depends on these, whatever a database or a role has set."""

WHOSE_RIGHTS: Final = (
    "It runs with the rights of whoever pastes it, and so does what it sets off: triggers, checks and index "
    "expressions of the tables. Run it as the tables' owner."
)
"""What every script says of itself: fkdash looks at what others planted, a script in psql does not."""
