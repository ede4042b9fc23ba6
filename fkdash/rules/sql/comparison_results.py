"""What comparing and casting known and unknown values can come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from fkdash.rules.sql.values import EITHER, NULL_ONLY, SOME, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fkdash.rules.sql.values import Result, Results

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
