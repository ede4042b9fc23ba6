"""Statements of blocks that cannot change what is followed, though they look as if they could."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.named import want_all
from fkdash.catalog.files.reading.named_nodes import Names
from fkdash.catalog.files.reading.nodes import ROUTINES, SKIPPED, CreateTable, Drop, Skipped
from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.reading.tokens import STRING, NotReadError
from fkdash.catalog.files.state import DoubtfulError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.reading.nodes import Node
    from fkdash.catalog.files.reading.tokens import Cursor
    from fkdash.catalog.files.state import State

CHANGES: Final = re.compile(
    r"\b(?:create|alter|drop|execute|rename|import|call|comment\s+on\s+constraint)\b|\bset_config\b|\bsearch_path\b",
    re.IGNORECASE,
)
"""Words without which nothing that is followed can change."""

_HARMLESS: Final = re.compile(
    r"\s*(?:(?:create|alter|drop)\s+(?:policy|role|user|publication|subscription)\b"
    r"|grant\b|revoke\b|comment\s+on\b|analyze\b|vacuum\b|notify\b|insert\b|update\b|delete\b|select\b|truncate\b"
    r"|refresh\b|lock\b|reindex\b|cluster\b|copy\b|merge\b|listen\b|security\s+label\b|set\b|reset\b)"
    r"(?!.*;\s*\S)(?!.*\bsearch_path\b)",
    re.IGNORECASE | re.DOTALL,
)
_QUERY: Final = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
_PERFORM: Final = re.compile(r"^\s*perform\b", re.IGNORECASE)
_INTO: Final = re.compile(r"\binto\b", re.IGNORECASE)
_LOST: Final = re.compile(r"\s*(?:with|values|table)\b", re.IGNORECASE)
_KEPT: Final = re.compile(r"\b(?:into|insert|update|delete|merge)\b", re.IGNORECASE)
_BETWEEN: Final = frozenset({"format", "concat", "("})


def without_harmless(cursor: Cursor, span: tuple[int, int]) -> str:
    """Give the source of tokens without the EXECUTE of what cannot change anything that is followed."""
    begin, end = span
    kept: list[str] = []
    at = begin
    while at < end:
        if cursor.tokens[at].value == "execute" and is_harmless(cursor, at + 1, end):
            kept.append(cursor.source((begin, at)))
            while at < end and cursor.tokens[at].value != ";":
                at += 1
            begin = at
        at += 1
    kept.append(cursor.source((begin, end)))
    return "\n".join(kept)


def is_harmless(cursor: Cursor, at: int, end: int) -> bool:
    """Tell whether a statement that is put together begins with a text that says that it changes nothing."""
    while at < end and cursor.tokens[at].value in _BETWEEN:
        at += 1
    if at >= end or cursor.tokens[at].kind != STRING:
        return False
    text = cursor.tokens[at].value
    said = _HARMLESS.match(text)
    # SELECT … INTO makes a table.
    return said is not None and not (_QUERY.match(text) and _INTO.search(text))


def read_in_block(read: Callable[[str], Node], text: str) -> Node:
    """Read a statement as PL/pgSQL does: PERFORM is SELECT, and INTO of a query names variables, no table."""
    node = read(_PERFORM.sub("select", text))
    if isinstance(node, CreateTable) and node.query is not None and _QUERY.match(text):
        return SKIPPED
    return node


def is_lost(text: str) -> bool:
    """Tell a query that does not begin with SELECT, and of which nothing takes what it gives."""
    return _LOST.match(text) is not None and _KEPT.search(text) is None


def want_what_it_names(state: State, read: Callable[[str], Node], text: str) -> None:
    """Raise RefusedError where a statement that changes nothing which is followed names what is not there."""
    with suppress(NotReadError):
        node = read(text.rstrip("; \n"))
        if isinstance(node, Names):
            want_all(state, [each for each in node.named if each.kind != "asked"])
            with suppress(DoubtfulError):  # a word in a condition may be a variable
                want_all(state, [each for each in node.named if each.kind == "asked"])


def is_quiet(node: Node) -> bool:
    """Tell a statement after which all is as before, as it is when a function that no trigger runs is dropped."""
    dropped = isinstance(node, Drop) and node.kind in ROUTINES and all(node.signatures) and not node.cascade
    return isinstance(node, Skipped) or dropped


def may_change(cursor: Cursor, read: Callable[[str], Node], span: tuple[int, int]) -> bool:
    """Tell whether some of these statements may change what is followed; roles and policies do not."""
    text = without_harmless(cursor, span)
    if CHANGES.search(text) is None:
        return False
    try:
        return not all(is_quiet(read(each.text)) for each in split(iter([text])))
    except NotReadError:
        return True
