"""Which functions a query calls, told from its tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.spans import closing, is_at
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, NotReadError, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.reading.tokens import Token

_QUERY: Final = re.compile(r"\s*\(*\s*(?:select|with|values)\b", re.IGNORECASE)
_WRITES: Final = frozenset({"insert", "update", "delete", "merge"})
_BEFORE_CALLS: Final = frozenset(
    {"all", "distinct", "else", "in", "is", "operator", "over", "then", "when", "where"}
)
"""Words that are no names of what an alias could follow, beside the reserved ones."""


def calls(text: str) -> Iterator[tuple[str, str]]:
    """Give schema, "" for none, and name of each function that a query calls; nothing for other statements.

    What writes rows is none: what it calls makes values.
    """
    if _QUERY.match(text) is None:
        return
    try:
        tokens = tokens_of(text)
    except NotReadError:
        return
    if any(_writes(tokens, at) for at in range(len(tokens))):
        return
    for at in _called(tokens):
        qualified = is_at(tokens, at - 1, ".") and at > 1
        yield (tokens[at - 2].value if qualified else "", tokens[at].value)


def names_called(tokens: Sequence[Token]) -> frozenset[str]:
    """Give the names of the functions that a query, or the action of a rule, calls."""
    return frozenset(tokens[at].value for at in _called(tokens))


def _called(tokens: Sequence[Token]) -> Iterator[int]:
    """Give where the name of a function stands that is called."""
    for at, token in enumerate(tokens):
        if is_name(token) and at + 1 < len(tokens) and is_at(tokens, at + 1, "(") and not _is_alias(tokens, at):
            yield at


def _writes(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a statement that writes rows begins there: first in WITH's parentheses, or behind them."""
    return (
        tokens[at].kind == WORD
        and tokens[at].value in _WRITES
        and any(is_at(tokens, at - 1, each) for each in "()")
    )


def _is_alias(tokens: Sequence[Token], at: int) -> bool:
    """Tell a name for a row's columns, `f() AS x (a int)`, or a query's, `WITH x (a) AS (…)`, from a call."""
    if not at or is_at(tokens, at - 1, "."):
        return False
    before = tokens[at - 1]
    if before.kind in {WORD, QUOTED}:
        named = before.kind == QUOTED or (is_name(before) and before.value not in _BEFORE_CALLS)
        if named or before.value == "as":
            return True
    elif before.kind == SIGN and before.value in {")", "]"}:
        return True
    behind = closing(tokens, at + 1) + 1
    return is_at(tokens, behind, "as") and any(
        is_at(tokens, behind + 1, each) for each in ("(", "not", "materialized")
    )
