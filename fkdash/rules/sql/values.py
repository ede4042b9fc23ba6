"""Results of SQL expressions as far as they are known, and PostgreSQL's three-valued logic on them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final


class Some(Enum):
    """A value that is not NULL and of which nothing else is known."""

    SOME = "some"


SOME: Final = Some.SOME
Result = None | bool | Decimal | str | Some
Results = frozenset[Result]

NULL_ONLY: Final[Results] = frozenset({None})
NOT_NULL: Final[Results] = frozenset({SOME})
ANYTHING: Final[Results] = frozenset({None, SOME})
EITHER: Final[Results] = frozenset({True, False})
MOST_RESULTS: Final = 16


def as_condition(found: Results) -> Results:
    """Give a result as a condition: True, False or NULL."""
    truths: set[Result] = set()
    for each in found:
        truths |= {each} if each is None or isinstance(each, bool) else EITHER
    return frozenset(truths)


def negated(found: Results) -> Results:
    """Give NOT of a condition."""
    return frozenset(None if each is None else not each for each in found)


def disjunction(left: Result, right: Result) -> Result:
    """Give OR of two conditions."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def widened(found: Results) -> Results:
    """Give a result with its constants forgotten."""
    return ANYTHING if None in found else NOT_NULL


def number_of(text: str) -> Decimal | None:
    """Give a numeric constant, None for any other text."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
