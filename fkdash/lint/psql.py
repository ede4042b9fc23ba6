"""What psql keeps in a session beside the server: variables, conditions, and whether it commits by itself.

Variables that the files do not set are those of a call without `-v`: not there. Where that decides over something
that matters it is doubted, as whoever calls psql may say otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.tokens import NotReadError, after_comment, string_value
from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.reading.splitting import Statement

_REFERENCE: Final = r""":(?:(?P<plain>\w+)|'(?P<text>\w+)'|"(?P<name>\w+)"|\{\?(?P<there>\w+)\})"""
_MAY_REFER: Final = re.compile(r""":[\w'"{]""")
_IN_SQL: Final = re.compile(
    rf"""
    [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | (?P<comment>/\*)
    | (?P<dollar>(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$) | :: | := | {_REFERENCE}
    """,
    re.VERBOSE | re.DOTALL,
)
_ARGUMENT: Final = re.compile(
    rf"""\s*(?:(?P<string>'(?:[^'\\]|\\.|'')*')|(?P<shell>`[^`]*`)|{_REFERENCE}|(?P<kept>"[^"]*"|:|[^\s'"`:\\]+))""",
    re.VERBOSE,
)
_COMMAND: Final = re.compile(r"\\(\w+|\?|!|\\|\.)?(.*)", re.DOTALL)
_WORD: Final = re.compile(r"\w+")
_WHOLE_LINE: Final = frozenset({"copy", "!"})
_BEFORE_CALLS: Final = frozenset({"select", "call", "set", "do", "perform", "execute"})
_TRUE: Final = ("true", "yes", "on", "1")
_FALSE: Final = ("false", "no", "off", "0")
_SHELL_ASKS: Final = re.compile(r"\s*(?:echo|date|clear|cls|true|sleep|printf|pwd|chcp|cat|ls)\b[^;&|`$<>]*$")


@dataclass(slots=True)
class _Condition:
    r"""An \if: which part of it runs, and whether that is known. `begins` is where it stands."""

    begins: Statement
    above: bool
    runs: bool
    taken: bool
    known: bool
    doubted: bool = False
    ends: bool = field(default=False)


@fact
class Command:
    """One psql command with its arguments; None stands for one that files do not tell."""

    word: str
    arguments: tuple[str | None, ...]
    rest: str


class Psql:
    """A session of psql."""

    def __init__(self) -> None:
        self.variables: dict[str, str | None] = {}
        self.conditions: list[_Condition] = []

    @property
    def runs(self) -> bool:
        """Whether what stands here is run."""
        return all(each.runs for each in self.conditions)

    @property
    def commits(self) -> bool:
        """Whether every statement is a transaction of its own."""
        said = self.variables.get("AUTOCOMMIT", "on")
        return _truth(said or "on") is not False

    def unsure(self) -> Statement | None:
        r"""Give the \if that decides here without being known, once; None where nothing does."""
        for each in self.conditions:
            if not each.known and not each.doubted:
                each.doubted = True
                return each.begins
        return None

    # --- commands

    def commands(self, line: str) -> Iterator[Command]:
        """Give the commands of a line."""
        while line:
            found = _COMMAND.match(line)
            if found is None:
                return
            word, rest = found.group(1) or "", found.group(2)
            if word in _WHOLE_LINE or word == "\\":
                yield Command(word, (), rest)
                return
            arguments: list[str | None] = []
            at, glued = 0, False
            while (part := _ARGUMENT.match(rest, at)) is not None:
                value = self._argument(part)
                if glued and not rest[at].isspace() and arguments:
                    before = arguments.pop()
                    value = before + value if before is not None and value is not None else None
                arguments.append(value)
                at, glued = part.end(), True
            line = rest[at:].lstrip()
            yield Command(word, tuple(arguments), rest[:at].strip())

    def _argument(self, part: re.Match[str]) -> str | None:
        if part.group("string") is not None:
            try:
                return string_value(f"E{part.group('string')}")
            except NotReadError:
                return None
        if part.group("shell") is not None:
            return None
        if part.group("kept") is not None:
            return part.group("kept")
        return self._referred(part)

    def _referred(self, part: re.Match[str]) -> str | None:
        """Give what a reference stands for, None where that is not known."""
        asked = part.group("there")
        if asked is not None:
            return "TRUE" if asked in self.variables else None
        plain, text, name = part.group("plain", "text", "name")
        value = self.variables.get(plain or text or name)
        if value is None or plain is not None:
            return value
        return literal(value) if text is not None else quoted(value)

    def set(self, arguments: tuple[str | None, ...]) -> None:
        r"""Carry out \set: what stands behind the name is put together."""
        if arguments and arguments[0]:
            parts = arguments[1:]
            self.variables[arguments[0]] = None if None in parts else "".join(each or "" for each in parts)

    def forget(self, query: str, prefix: str) -> None:
        """Forget the variables that a query's result may set: its columns are called by words of it."""
        words = set(_WORD.findall(query))
        self.variables |= {f"{prefix}{each}": None for each in words}

    # --- conditions

    def condition(self, command: Command, statement: Statement) -> str:
        r"""Carry out \if and what belongs to it; give what is wrong with it, "" for nothing."""
        if command.word == "if":
            truth = _truth(command.arguments[0]) if command.arguments else False
            known = truth is not None
            self.conditions.append(
                _Condition(statement, self.runs, runs=truth is True, taken=truth is True, known=known)
            )
            return ""
        if not self.conditions or (self.conditions[-1].ends and command.word != "endif"):
            return f"there is no \\if for this \\{command.word}"
        last = self.conditions[-1]
        if command.word == "endif":
            self.conditions.pop()
        elif command.word == "else":
            last.runs, last.taken, last.ends = not last.taken, True, True
        else:
            truth = _truth(command.arguments[0]) if command.arguments else False
            last.known = last.known and truth is not None
            last.runs = not last.taken and truth is True
            last.taken = last.taken or last.runs
        return ""

    # --- statements

    def filled_in(self, text: str) -> tuple[str, bool]:
        """Give a statement with the values of variables in place of their names, where they are known.

        Also tells whether one that is not known may be a function, or what is set.
        """
        if not _MAY_REFER.search(text):
            return text, False
        done: list[str] = []
        at = copied = 0
        calls = False
        while (found := _IN_SQL.search(text, at)) is not None:
            at = found.end()
            if found.group("comment"):
                at = after_comment(text, at) or len(text)
            elif any(found.group("plain", "text", "name", "there")):
                value = self._referred(found)
                if value is not None or found.group("there"):
                    done += (text[copied : found.start()], value or "FALSE")
                    copied = at
                elif not found.group("text"):
                    calls = calls or _calls(text, found.start(), at)
        return "".join((*done, text[copied:])), calls


def _calls(text: str, begin: int, end: int) -> bool:
    """Tell whether what stands there is called like a function, or is the first thing in a query or a setting."""
    if text[end:].lstrip()[:1] == "(":
        return True
    words = text[:begin].rsplit(maxsplit=1)
    return bool(words) and words[-1].lower() in _BEFORE_CALLS


def asks_only(shell: str) -> bool:
    """Tell whether a shell command does nothing but print."""
    return _SHELL_ASKS.match(shell) is not None


def _truth(said: str | None) -> bool | None:
    """Give what psql takes a word for: an unambiguous beginning will do, and what is no truth is none."""
    if said is None:
        return None
    word = said.lower()
    if any(each.startswith(word) and word != "o" for each in _TRUE if word):
        return True
    return False if any(each.startswith(word) for each in _FALSE if word) else None
