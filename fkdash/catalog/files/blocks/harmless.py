"""Statements put together of which the first words tell that they cannot change what is followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.tokens import STRING

if TYPE_CHECKING:
    from fkdash.catalog.files.tokens import Cursor

_HARMLESS: Final = re.compile(
    r"\s*(?:(?:create|alter|drop)\s+(?:policy|role|user|publication|subscription)\b"
    r"|grant\b|revoke\b|comment\s+on\b|analyze\b|vacuum\b|notify\b|insert\b|update\b|delete\b)"
    r"(?!.*;\s*\S)(?!.*\bsearch_path\b)",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN: Final = frozenset({"format", "("})


def without_harmless(cursor: Cursor, span: tuple[int, int]) -> str:
    """Give the source of tokens without the EXECUTE of what cannot change anything that is followed."""
    begin, end = span
    kept: list[str] = []
    at = begin
    while at < end:
        if cursor.tokens[at].value == "execute" and _is_harmless(cursor, at + 1, end):
            kept.append(cursor.source((begin, at)))
            while at < end and cursor.tokens[at].value != ";":
                at += 1
            begin = at
        at += 1
    kept.append(cursor.source((begin, end)))
    return "\n".join(kept)


def _is_harmless(cursor: Cursor, at: int, end: int) -> bool:
    while at < end and cursor.tokens[at].value in _BETWEEN:
        at += 1
    return at < end and cursor.tokens[at].kind == STRING and _HARMLESS.match(cursor.tokens[at].value) is not None
