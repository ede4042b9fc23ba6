"""Reads what is left of a message that was cut off: its DETAIL alone, or its beginning up to part of a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.explain.clues import Clues, Kind
from fkdash.explain.sentences import QUOTES
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION

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
_CUT_OFF: Final = re.compile(
    rf"(update or delete|insert or update) on table {_NAME} violates (RESTRICT setting of )?"
    rf"foreign key constraint {_MARK}([^{QUOTES}\n\\]{{1,130}}?)(?:\.\.\.|…)?\s{{0,9}}$",
    re.MULTILINE,
)


def fragments(text: str, known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    """Give the violated keys that a text tells of without a whole message, each with its place in the text."""
    for kind, sqlstate, detail in _DETAILS:
        for found in detail.finditer(text):
            columns = tuple(name.strip().strip('"') for name in found[1].split(","))
            table = {"table" if kind is Kind.HELD else "referenced": found[2]}
            yield found.start(), Clues(sqlstate, kind, columns=columns, **table)
    for found in _CUT_OFF.finditer(text):
        names = [name for name in known.keys if name.startswith(found[4])]
        if len(names) != 1:
            continue
        if found[1].startswith("update"):
            state = RESTRICT_VIOLATION if found[3] else FOREIGN_KEY_VIOLATION
            yield found.start(), Clues(state, Kind.HELD, constraint=names[0], referenced=found[2])
        else:
            yield found.start(), Clues(FOREIGN_KEY_VIOLATION, Kind.MISSING, constraint=names[0], table=found[2])
