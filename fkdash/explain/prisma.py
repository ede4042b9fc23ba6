"""Prisma's errors as the object that they are, where a log or an API prints no message of theirs."""

from __future__ import annotations

import re
from typing import Final

from fkdash.explain.clues import Clues, Kind
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION, UNIQUE_VIOLATION

_CODES: Final = {
    "P2002": (UNIQUE_VIOLATION, Kind.UNIQUE),
    "P2003": (FOREIGN_KEY_VIOLATION, Kind.KEY),
    "P2011": (NOT_NULL_VIOLATION, Kind.NULL),
}
_CODE: Final = re.compile(r"\bcode[\"']?\s*[:=]\s*[\"'](P20(?:02|03|11))\b")
# { field_name: 'a_fkey (index)' }, { constraint: [ 'a' ] }, { constraint: { index: 'a_fkey' } }, { target: … }
_WHAT: Final = re.compile(
    r"\b(?:field_name|constraint|target)[\"']?\s*:\s*(?:\{\s*[\"']?(?:index|fields)[\"']?\s*:\s*)?"
    r"(?:\[([^\]\n\[]{1,1000})\]|[\"'`]([^\"'`\n]{1,200}?)(?: \(index\))?[\"'`])"
)
_NAME: Final = re.compile(r"[\"'`]([^\"'`\n]{1,130})[\"'`]")


def prisma_error(text: str) -> Clues | None:
    """Give what an object of Prisma's tells: a constraint by its name, or the columns it is over."""
    code = _CODE.search(text)
    what = _WHAT.search(text)
    if code is None or what is None:
        return None
    sqlstate, kind = _CODES[code[1]]
    columns = tuple(_NAME.findall(what[1] or ""))
    if kind is Kind.NULL and what[2]:
        columns = (what[2],)
    named = what[2] if what[2] and kind is not Kind.NULL else ""
    return Clues(sqlstate, kind, constraint=named, columns=columns) if columns or named else None
