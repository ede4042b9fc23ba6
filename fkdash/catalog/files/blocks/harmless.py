"""Statements of blocks that cannot change what is followed, though they look as if they could."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import ROUTINES, SKIPPED, CreateTable, Drop, Skipped
from fkdash.catalog.files.reading.tokens import STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.reading.nodes import Node
    from fkdash.catalog.files.reading.tokens import Cursor

_HARMLESS: Final = re.compile(
    r"\s*(?:(?:create|alter|drop)\s+(?:policy|role|user|publication|subscription)\b"
    r"|grant\b|revoke\b|comment\s+on\b|analyze\b|vacuum\b|notify\b|insert\b|update\b|delete\b)"
    r"(?!.*;\s*\S)(?!.*\bsearch_path\b)",
    re.IGNORECASE | re.DOTALL,
)
_QUERY: Final = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
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


def read_in_block(read: Callable[[str], Node], text: str) -> Node:
    """Read a statement as PL/pgSQL does: INTO of a query names variables and makes no table."""
    node = read(text)
    if isinstance(node, CreateTable) and node.query is not None and _QUERY.match(text):
        return SKIPPED
    return node


def is_quiet(node: Node) -> bool:
    """Tell a statement after which all is as before, as it is when a function that no trigger runs is dropped."""
    dropped = isinstance(node, Drop) and node.kind in ROUTINES and not node.plain and not node.cascade
    return isinstance(node, Skipped) or dropped
