"""Finds the way among the tokens of an expression: what stands where, where parentheses end, what is outermost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.tokens import SIGN, WORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.reading.tokens import Token

_DEPTHS: Final = {"(": 1, "[": 1, ")": -1, "]": -1}


def is_at(tokens: Sequence[Token], at: int, value: str) -> bool:
    """Tell whether a word or a sign stands at a place, which may be none."""
    return 0 <= at < len(tokens) and tokens[at].value == value and tokens[at].kind in {WORD, SIGN}


def closing(tokens: Sequence[Token], at: int) -> int:
    """Give where the parenthesis or bracket ends that begins at a place, behind the last token where nowhere."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += _DEPTHS.get(tokens[place].value, 0) if tokens[place].kind == SIGN else 0
        if not depth:
            return place
    return len(tokens)


def outermost(tokens: Sequence[Token], begin: int, end: int) -> list[int]:
    """Give the places in a span that stand in no parentheses within it; those of `(` and `[` are among them."""
    found, at = [], begin
    while at < end:
        found.append(at)
        opens = is_at(tokens, at, "(") or is_at(tokens, at, "[")
        at = closing(tokens, at) + 1 if opens else at + 1
    return found


def bare(tokens: Sequence[Token], begin: int, end: int) -> tuple[int, int]:
    """Give a span without the parentheses around all of it."""
    opened = begin
    while opened < end and is_at(tokens, opened, "("):
        opened += 1
    if opened == begin:
        return begin, end
    # Where each of those ends, in one pass: there are dumps with thousands of them.
    ends: dict[int, int] = {}
    depth = 0
    for place in range(begin, end):
        change = _DEPTHS.get(tokens[place].value, 0) if tokens[place].kind == SIGN else 0
        depth += change
        if change < 0:
            ends.setdefault(depth, place)
    around = 0
    while around < opened - begin and ends.get(around) == end - 1 - around:
        around += 1
    return begin + around, end - around
