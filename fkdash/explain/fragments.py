"""Reads what is left of a message that was cut off: its DETAIL alone, or its beginning up to part of a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.explain.clues import Clues, Kind
from fkdash.explain.sentences import QUOTES
from fkdash.explain.statements import operators_statement
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION, RESTRICT_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.explain.vocabulary import Vocabulary

_MARK: Final = rf"\\*[{QUOTES}]"
_NAME: Final = rf"{_MARK}([^{QUOTES}\n\\]{{1,130}}){_MARK}"
_KEY: Final = r"Key \(([^()\n=]{1,1000})\)=\((?:[^\n]{0,2000}?)\) is "
_DETAILS: Final = (
    (Kind.HELD, FOREIGN_KEY_VIOLATION, re.compile(rf"{_KEY}still referenced from table {_NAME}")),
    (Kind.HELD, RESTRICT_VIOLATION, re.compile(rf"{_KEY}referenced from table {_NAME}")),
    (Kind.MISSING, FOREIGN_KEY_VIOLATION, re.compile(rf"{_KEY}not present in table {_NAME}")),
)
# What a pager, a column or a log's limit puts where it cuts.
_END: Final = r"\s{0,3}(?:>|\.{2,3}|…|[\[(<](?:\.\.\.|…|truncated)[\])>])?\s{0,9}$"
_CUT_OFF: Final = re.compile(
    rf"(update or delete|insert or update) on table {_NAME} violates (RESTRICT setting of )?"
    rf"foreign key constraint {_MARK}([^{QUOTES}\n\\]{{1,130}}?){_END}",
    re.MULTILINE,
)

# A narrower screen, or a pager, keeps less; GORM's own error keeps nothing but that a key is violated.
_NO_KEY: Final = re.compile(
    rf"(?:(update or delete|insert or update) on table {_NAME} violates (RESTRICT setting of )?"
    r"foreign(?: key(?: constraint)?)?|(?:^|[:\d\]=] ?\"?)violates foreign key constraint)"
    rf"\"?{_END}",
    re.MULTILINE,
)
_CUT_NULL: Final = re.compile(
    rf"null value in column {_NAME}(?: of relation {_MARK}([^{QUOTES}\n\\]{{0,130}}?)\\*[{QUOTES}]?"
    rf"|(?: [a-z-]{{1,12}}){{0,3}}?){_END}",
    re.MULTILINE,
)


def fragments(text: str, known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    """Give the violated keys and NULLs that a text tells of without a whole message, each with its place."""
    for kind, sqlstate, detail in _DETAILS:
        for found in detail.finditer(text):
            columns = tuple(name.strip().strip('"') for name in found[1].split(","))
            if kind is Kind.HELD:
                yield found.start(), Clues(sqlstate, kind, columns=columns, table=found[2])
            else:
                yield found.start(), Clues(sqlstate, kind, columns=columns, referenced=found[2])
    for found in _CUT_OFF.finditer(text):
        names = [name for name in known.keys if name.startswith(found[4])]
        if len(names) != 1:
            continue
        if found[1].startswith("update"):
            state = RESTRICT_VIOLATION if found[3] else FOREIGN_KEY_VIOLATION
            yield found.start(), Clues(state, Kind.HELD, constraint=names[0], referenced=found[2])
        else:
            yield found.start(), Clues(FOREIGN_KEY_VIOLATION, Kind.MISSING, constraint=names[0], table=found[2])
    yield from _cut_nulls(text, known)
    for found in _NO_KEY.finditer(text):
        state = RESTRICT_VIOLATION if found[3] else FOREIGN_KEY_VIOLATION
        statement = operators_statement(text[found.end() :]) or operators_statement(text[: found.start()])
        match (found[1] or "").split(" "):
            case ["update", *_]:
                yield found.start(), Clues(state, Kind.HELD, referenced=found[2], statement=statement)
            case ["insert", *_]:
                yield found.start(), Clues(state, Kind.MISSING, table=found[2], statement=statement)
            case _ if statement is not None:
                yield found.start(), Clues(state, Kind.KEY, statement=statement)


def _cut_nulls(text: str, known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    for found in _CUT_NULL.finditer(text):
        tables = [name for name in known.tables if name.startswith(found[2])] if found[2] else []
        table = tables[0] if len(tables) == 1 else ""
        yield found.start(), Clues(NOT_NULL_VIOLATION, Kind.NULL, columns=(found[1],), table=table)
