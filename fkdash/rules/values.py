"""Results of SQL expressions as far as they are known, and PostgreSQL's three-valued logic on them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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

_NUMBERS: Final = frozenset(
    {
        exp.DType.SMALLINT,
        exp.DType.INT,
        exp.DType.BIGINT,
        exp.DType.DECIMAL,
        exp.DType.FLOAT,
        exp.DType.DOUBLE,
    }
)
_INTEGERS: Final = frozenset({exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT})
_STRINGS: Final = frozenset({exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.UUID})
COMPARISONS: Final[Mapping[type[exp.Expr], Callable[[Decimal, Decimal], bool]]] = {
    exp.EQ: lambda left, right: left == right,
    exp.NEQ: lambda left, right: left != right,
    exp.GT: lambda left, right: left > right,
    exp.GTE: lambda left, right: left >= right,
    exp.LT: lambda left, right: left < right,
    exp.LTE: lambda left, right: left <= right,
}


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


def compared(kind: type[exp.Expr], left: Result, right: Result) -> Results:
    """Give what comparing two values with the operator of this kind of node can come to."""
    if left is None or right is None:
        return NULL_ONLY
    if isinstance(left, bool) and isinstance(right, bool):
        return frozenset({COMPARISONS[kind](Decimal(left), Decimal(right))})
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return frozenset({COMPARISONS[kind](left, right)})
    if isinstance(left, str) and isinstance(right, str) and kind in {exp.EQ, exp.NEQ}:
        return _compared_strings(left, right, equal=kind is exp.EQ)
    return EITHER


def _compared_strings(left: str, right: str, *, equal: bool) -> Results:
    """Compare; a collation may call strings equal that differ in case or in trailing blanks."""
    if left == right:
        return frozenset({equal})
    if left.casefold().strip() == right.casefold().strip() or not (left + right).isascii():
        return EITHER
    return frozenset({not equal})


def number_of(text: str) -> Decimal | None:
    """Give a numeric constant, None for any other text."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def cast_to(value: Result, to: exp.Expr) -> Result:
    """Give a value after a cast; SOME where the cast may change it."""
    if value is None:
        return None
    kind = to.this if isinstance(to, exp.DataType) else None
    if isinstance(value, str | Decimal) and kind in _NUMBERS:
        number = number_of(str(value))
        exact = number is not None and number.is_finite()
        whole = exact and number is not None and number == number.to_integral_value()
        return number if number is not None and exact and (whole or kind not in _INTEGERS) else SOME
    if isinstance(value, str) and kind in _STRINGS and not to.expressions:
        return value
    if isinstance(value, bool) and kind is exp.DType.BOOLEAN:
        return value
    return SOME
