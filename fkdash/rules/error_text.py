"""Reads a pasted error, whatever printed it: psql, a driver, a framework, the server's log, in any language.

Words differ, names do not: everything in any kind of quotation marks is a name,
so are the values of fields such as `constraint:`; the SQLSTATE, the class an
error is raised as and the statement in its context are looked for as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fkdash.db.text import plain

_QUOTED: Final = re.compile(
    r'"((?:[^"\n]|"")+)"'
    r"|'([^'\n]+)'"
    r"|`([^`\n]+)`"
    r"|»\s*([^«»\n]+?)\s*«"
    r"|«\s*([^«»\n]+?)\s*»"
    r"|[„“”]([^„“”\n]+)[“”]"
    r"|\u2018([^\u2018\u2019\n]+)\u2019"
    r"|「([^」\n]+)」"
)
_ODD: Final = re.compile("[\"'`\\\\»«„“”\u2018\u2019「」]")
_FIELD: Final = re.compile(
    r"(?im)^\W*(?:(?:schema|table|column|constraint|data\s?type)(?:[ _]name)?|datatype)\W?\s*[:=]\s*"
    r"[\"'`]?([^\s\"'`,}]+)"
)
_TABLE_FIELD: Final = re.compile(r"(?im)^\W*table(?:[ _]name)?\W?\s*[:=]\s*[\"'`]?[^\s\"'`,}]")
_OPENING, _CLOSING = "[\"'`»«„“”\u2018「]\\s?", "\\s?[\"'`»«“”\u2019」]"
_LINE_OF_LOG: Final = re.compile("\\n\\t+")
_WORD: Final = re.compile(r"[^\W\d][\w$]*")
_SQLSTATE: Final = re.compile(r"\b(23502|23503|23001|23505|23514|23P01|428C9)\b")
_CLASSES: Final = (
    (re.compile(r"(?i)not_?\s?null_?\s?violation"), "23502"),
    (re.compile(r"(?i)foreign_?\s?key_?\s?violation|InvalidForeignKey"), "23503"),
    (re.compile(r"(?i)restrict_?\s?violation"), "23001"),
    (re.compile(r"(?i)unique_?\s?violation|RecordNotUnique"), "23505"),
    (re.compile(r"(?i)check_?\s?violation"), "23514"),
    (re.compile(r"(?i)exclusion_?\s?violation"), "23P01"),
)
_PHRASES: Final = (
    ("violates restrict setting", "23001"),
    ("violates not-null constraint", "23502"),
    ("does not allow null values", "23502"),
    ("violates foreign key constraint", "23503"),
    ("violates unique constraint", "23505"),
    ("violates check constraint", "23514"),
    ("violates exclusion constraint", "23P01"),
    ("can only be updated to default", "428C9"),
)
_NAME: Final = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_STATEMENT: Final = re.compile(
    rf"(?i)\b(delete\s+from|update|insert\s+into)\s+(?:only\s+)?({_NAME})(?:\s*\.\s*({_NAME}))?"
)
_ACTION: Final = re.compile(rf"(?i)\b(?:delete\s+from|update)\s+only\s+({_NAME})\s*\.\s*({_NAME})")


@dataclass(frozen=True, slots=True)
class Clues:
    """What a pasted error gives away.

    `still_referenced` tells the two kinds of foreign key violation apart: a row
    that is still referred to (True) or one that refers to nothing (False), None
    where the text does not say it in English. `names` come from quotation marks
    and fields, `words` from everywhere; both in the order of the text.
    `statement` is the operator's own DELETE, UPDATE or INSERT with its table's
    parts; `action` the table of a referential action's internal statement.
    `names_table` says that the table which the error is about seems to be named,
    as PostgreSQL and the drivers' fields do, but not every message.
    """

    sqlstate: str
    names: tuple[str, ...]
    words: frozenset[str]
    statement: tuple[str, tuple[str, ...]] | None = None
    action: tuple[str, str] | None = None
    still_referenced: bool | None = None
    names_table: bool = True


def is_odd(name: str) -> bool:
    """Tell whether a name can be mistaken in a message, which doubles no quotation mark in it."""
    return plain(name) != name or bool(_ODD.search(name))


def read_error(text: str, odd_names: Collection[str] = ()) -> Clues:
    """Give the clues in a pasted error; the SQLSTATE is empty where the text does not say it.

    `odd_names` are names for which `is_odd` holds; they are found as they are, or as they are shown.
    """
    flat = _flat(text)
    action = _ACTION.search(flat)
    odd, rest = _odd_names_in(flat, odd_names)
    quoted = [
        (found.start(), next(filter(None, found.groups())).replace('""', '"')) for found in _QUOTED.finditer(rest)
    ]
    names = [name for _, name in sorted([*odd, *quoted])] + _FIELD.findall(rest)
    # A statement in quotation marks hides the names in it.
    names += [part for name in names if " " in name for part in _inner(name)]
    return Clues(
        sqlstate=_sqlstate(flat),
        names=tuple(dict.fromkeys(names)),
        words=frozenset(_WORD.findall(flat)),
        statement=_statement(flat),
        action=(_bare(action[1]), _bare(action[2])) if action else None,
        still_referenced=_still_referenced(flat.lower()),
        names_table=_names_table(rest, odd_names=len(odd)),
    )


def _flat(text: str) -> str:
    """Give a text without escapes, and without the tabs that lines begin with in the server's log."""
    for escape, meant in (("\\\\", "\\"), ('\\"', '"'), ("\\'", "'"), ("\\n", "\n")):
        text = text.replace(escape, meant)
    return _LINE_OF_LOG.sub("\n", text)


def _odd_names_in(flat: str, odd_names: Collection[str]) -> tuple[list[tuple[int, str]], str]:
    """Give the odd names that stand in quotation marks, each with its place, and the text without them."""
    found: list[tuple[int, str]] = []
    for name in sorted(odd_names, key=len, reverse=True):
        spellings = "|".join({re.escape(_flat(name)), re.escape(_flat(plain(name)))})
        for match in re.finditer(f"{_OPENING}(?:{spellings}){_CLOSING}", flat):
            found.append((match.start(), name))
            flat = flat[: match.start()] + " " * len(match[0]) + flat[match.end() :]
    return found, flat


def _names_table(text: str, *, odd_names: int) -> bool:
    lowered = text.lower()
    if _TABLE_FIELD.search(text) or "of relation" in lowered:
        return True
    if any(phrase in lowered for phrase in ("violates not-null constraint", "can only be updated to default")):
        return False
    # In other languages the one sentence has both in quotation marks.
    return any(len(_QUOTED.findall(line)) + odd_names > 1 for line in text.splitlines())


def _sqlstate(text: str) -> str:
    explicit = _SQLSTATE.search(text)
    if explicit:
        return explicit[1]
    for pattern, sqlstate in _CLASSES:
        if pattern.search(text):
            return sqlstate
    lowered = text.lower()
    return next((sqlstate for phrase, sqlstate in _PHRASES if phrase in lowered), "")


def _still_referenced(text: str) -> bool | None:
    if "update or delete on table" in text or "referenced from table" in text:
        return True
    return False if "insert or update on table" in text or "is not present in table" in text else None


def _statement(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Give the first statement that is not a referential action's (those say ONLY and OPERATOR)."""
    for found in _STATEMENT.finditer(text):
        verb, first, second = found.groups()
        rest = text[found.end() : found.end() + 200].lower()
        internal = " only " in found[0].lower() and ("operator(" in rest or "= null" in rest)
        if internal or first.lower() in {"or", "on"}:
            continue
        parts = tuple(_bare(part) for part in (first, second) if part)
        return verb.split()[0].upper(), parts
    return None


def _inner(text: str) -> list[str]:
    return [next(filter(None, found)) for found in _QUOTED.findall(text)]


def _bare(name: str) -> str:
    """Give a name as the catalog stores it."""
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()
