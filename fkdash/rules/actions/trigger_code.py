"""What a trigger function of PL/pgSQL does with the row it fires for, as far as its text says so.

The text is read, never run. A BEFORE row trigger decides with what it returns: NULL skips the row; in a DELETE
NEW is NULL and skips it too; in an UPDATE OLD puts everything back (manual, "Trigger Functions").
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.catalog.model import Table
    from fkdash.catalog.surroundings import Trigger

_TOKEN: Final = re.compile(
    r"""(?P<gap>\s+|--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>[eEuU]?&?'(?:[^'\\]|''|\\.)*'|(?P<tag>\$\w*\$).*?(?P=tag))"""
    r"""|(?P<name>"(?:[^"]|"")+")"""
    r"""|(?P<word>[^\W\d][\w$]*)"""
    r"""|(?P<sign>:=|<>|!=|[^\s\w])"""
    r"""|(?P<number>\d[\w.]*)""",
    re.DOTALL,
)
_HARMLESS: Final = frozenset(
    {
        "pg_catalog.suppress_redundant_updates_trigger",
        "pg_catalog.tsvector_update_trigger",
        "pg_catalog.tsvector_update_trigger_column",
    }
)
"""Built in, and no RETURN of theirs keeps a key from being written."""
_STARTS: Final = frozenset({";", "begin", "then", "else", "loop"})
_WRITING: Final = frozenset({"delete", "update", "merge", "truncate", "execute", "perform", "call", "copy"})
_DETOURS: Final = frozenset({"exception", "loop", "case"})
_COALESCE: Final = ("coalesce", "(")


class Fate(StrEnum):
    """What a BEFORE row trigger makes of the write it fires for."""

    CARRIED_OUT = "carried out"
    SWALLOWED = "swallowed"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@fact
class Code:
    """What a function's text says: what it may return (`old`, `new`, `null`), the columns of NEW it assigns.

    `assigned` has `*` for NEW as a whole. `writes` says that it may change rows of tables by statements of its
    own.
    """

    returned: frozenset[str]
    assigned: frozenset[str]
    writes: bool


def fires(trigger: Trigger, event: str, table: Table, columns: Collection[str]) -> bool:
    """Tell whether a trigger that users made fires for a statement; `columns` are those that an UPDATE sets."""
    if trigger.constraint is not None or trigger.enabled not in "OA" or event not in trigger.events:
        return False
    if event != "UPDATE" or not trigger.columns:
        return True
    named = {
        table.columns_by_number[number].name for number in trigger.columns if number in table.columns_by_number
    }
    return not named.isdisjoint(columns)


def fate(trigger: Trigger, event: str, columns: Collection[str]) -> Fate:
    """Give what a BEFORE row trigger makes of a DELETE, or of an UPDATE that sets `columns`."""
    if trigger.code is not None and trigger.code.name in _HARMLESS:
        return Fate.CARRIED_OUT
    code = code_of(trigger, event)
    if code is None or not code.returned or not code.returned <= {"old", "new", "null"}:
        return Fate.UNKNOWN
    if not code.returned <= {"old" if event == "DELETE" else "new"}:
        return Fate.SWALLOWED
    if event == "UPDATE" and not code.assigned.isdisjoint({"*", *columns}):
        return Fate.CHANGED
    return Fate.CARRIED_OUT


def is_quiet(trigger: Trigger, event: str) -> bool:
    """Tell whether a trigger's code surely changes no rows by statements of its own."""
    if trigger.code is not None and trigger.code.name in _HARMLESS:
        return True
    code = code_of(trigger, event)
    return code is not None and not code.writes


def code_of(trigger: Trigger, event: str) -> Code | None:
    """Give what the text of a trigger's function says for an event; None where it cannot be read."""
    code = trigger.code
    if code is None or code.language != "plpgsql" or code.source is None:
        return None
    return _read(code.source, event)


@lru_cache(maxsize=4096)
def _read(source: str, event: str) -> Code | None:
    tokens = _tokens(source)
    if tokens is None or "begin" not in tokens:
        return None
    body = _reached(tokens[tokens.index("begin") :], event)
    return Code(frozenset(_returned(body, event)), frozenset(_assigned(body)), not _WRITING.isdisjoint(body))


def _tokens(source: str) -> list[str] | None:
    """Give words in lower case, quoted names without quotes, strings in theirs; None where it is none of it."""
    found: list[str] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            return None
        position = match.end()
        kind = match.lastgroup
        if kind == "word":
            found.append(match[0].lower())
        elif kind == "name":
            found.append(match[0][1:-1].replace('""', '"'))
        elif kind != "gap":
            found.append(match[0])
    return found


def _reached(tokens: Sequence[str], event: str) -> list[str]:
    """Leave out the branches of IF that ask for another event, and what comes after a RETURN for all."""
    straight = _DETOURS.isdisjoint(tokens)
    kept, _, _ = _block(tokens, 0, event, straight=straight)
    return kept


def _block(tokens: Sequence[str], position: int, event: str, *, straight: bool) -> tuple[list[str], int, bool]:
    """Give the reached tokens of a block, where it ends (at ELSIF, ELSE or END IF), and whether it returns."""
    kept: list[str] = []
    ended = False
    while position < len(tokens):
        each = tokens[position]
        starts = position == 0 or tokens[position - 1] in _STARTS
        if starts and (each in {"elsif", "elseif", "else"} or tokens[position : position + 2] == ["end", "if"]):
            return kept, position, ended
        if starts and each == "if":
            inner, position, returns = _branches(tokens, position, event, straight=straight)
            kept += [] if ended else inner
            ended = ended or returns
            continue
        if not ended:
            kept.append(each)
        if starts and each == "return" and straight:
            end = _until(tokens, position, {";"})
            kept += tokens[position + 1 : end + 1] if not ended else []
            position, ended = end, True
        position += 1
    return kept, position, ended


def _branches(tokens: Sequence[str], position: int, event: str, *, straight: bool) -> tuple[list[str], int, bool]:
    """Give what may be reached of an IF with all its branches, where it ends, and whether every way returns."""
    kept: list[str] = []
    endings: list[bool] = []
    decided = False
    while position < len(tokens) and tokens[position] in {"if", "elsif", "elseif", "else"}:
        holds: bool | None = True
        begin = position + 1
        if tokens[position] != "else":
            then = _until(tokens, position, {"then"})
            holds = _about_event(tokens[begin:then], event)
            if not decided:
                kept += ["if", *tokens[begin:then], ";"] if holds is None else []
            begin = then + 1
        inner, position, returns = _block(tokens, begin, event, straight=straight)
        if not decided and holds is not False:
            kept += ["then", *inner]
            endings.append(returns)
            decided = holds is True
    return [*kept, ";"], position + 3, decided and all(endings)


def _about_event(condition: Sequence[str], event: str) -> bool | None:
    """Tell whether a condition on TG_OP holds; None for any other."""
    words = [each for each in condition if each not in "()"]
    if not words or words[0] != "tg_op":
        return None
    if "or" in words:
        parts = [_about_event(part, event) for part in _split(words, "or")]
        return None if None in parts else any(parts)
    named = {each[1:-1] for each in words if each.startswith("'")}
    if "and" in words or not named or len(words) != _length(words, len(named)):
        return None
    if words[1] in {"=", "in"}:
        return event in named
    return event not in named if words[1] in {"<>", "!="} or words[1:3] == ["not", "in"] else None


def _length(words: Sequence[str], named: int) -> int:
    """Give how long a plain comparison of TG_OP with that many constants is."""
    commas = named - 1
    return 1 + (2 if "not" in words else 1) + named + commas


def _split(words: Sequence[str], separator: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == separator:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _until(tokens: Sequence[str], position: int, ends: Collection[str]) -> int:
    while position < len(tokens) and tokens[position] not in ends:
        position += 1
    return position


def _returned(tokens: Sequence[str], event: str) -> list[str]:
    found = []
    for position, each in enumerate(tokens):
        if each == "return" and (position == 0 or tokens[position - 1] in _STARTS):
            what = list(tokens[position + 1 : _until(tokens, position, {";"})])
            while len(what) > 2 and what[0] == "(" and what[-1] == ")":  # noqa: PLR2004 - a pair and what is in it
                what = what[1:-1]
            found.append(_value(what, event))
    return found


def _value(what: Sequence[str], event: str) -> str:
    if tuple(what[:2]) == _COALESCE and what[-1:] == [")"] and set(what[2:-1]) <= {"old", "new", ","}:
        # In a DELETE NEW is NULL, in an UPDATE neither is.
        return "old" if event == "DELETE" and "old" in what else what[2]
    return what[0] if len(what) == 1 else "?"


def _assigned(tokens: Sequence[str]) -> list[str]:
    found = []
    for position, each in enumerate(tokens):
        before = tokens[position - 1] if position else ";"
        if each != "new":
            continue
        following = list(tokens[position + 1 : position + 4])
        if before in _STARTS and following[:1] in ([":="], ["="]):
            found.append("*")
        elif following[:1] == ["."] and len(following) > 1 and (before in _STARTS or _is_target(tokens, position)):
            found.append(following[1])
        elif following[:1] != ["."] and _is_target(tokens, position):
            found.append("*")
    return found


def _is_target(tokens: Sequence[str], position: int) -> bool:
    """Tell whether a variable stands in the list behind INTO."""
    while position > 0 and tokens[position] not in {";", "from", "where", "values", "select"}:
        position -= 1
        if tokens[position] == "into":
            return True
    return False
