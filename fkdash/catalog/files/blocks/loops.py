"""Loops of blocks: what a FOR or FOREACH goes through, round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks.expressions import read_expression, read_query
from fkdash.catalog.files.blocks.values import UnknownValueError, as_list, known
from fkdash.catalog.files.reading.tokens import Cursor, NotReadError
from fkdash.catalog.files.state import RefusedError
from fkdash.fact import fact
from fkdash.sqlstates import NULL_VALUE_NOT_ALLOWED

if TYPE_CHECKING:
    from fkdash.catalog.files.blocks.variables import Variables

MOST_ROUNDS: Final = 10_000


class ContinuedError(Exception):
    """CONTINUE ends the round."""


class ExitedError(Exception):
    """EXIT ends the loop."""


@fact
class Rounds:
    """What the variables hold in each round; `ordered` says that no other order could have come."""

    rounds: tuple[dict[str, object], ...]
    ordered: bool


def take_label(cursor: Cursor) -> None:
    """Pass over `<<name>>`, if that comes next."""
    if cursor.take("<<"):
        cursor.name()
        cursor.want(">>")


def read_rounds(cursor: Cursor, variables: Variables, *, live: bool) -> Rounds | None:
    """Take the head of a loop up to its LOOP.

    None, and nothing taken, where what it goes through cannot be told; a loop that is not `live` has no rounds.
    """
    at = cursor.at
    try:
        found = _foreach(cursor, variables, live) if cursor.take("foreach") else _for(cursor, variables, live)
    except (NotReadError, UnknownValueError):
        cursor.at = at
        return None
    return found


def _foreach(cursor: Cursor, variables: Variables, live: bool) -> Rounds:  # noqa: FBT001 - handed on as it came
    name = cursor.name()
    cursor.want("in", "array")
    expression = read_expression(cursor)
    cursor.want("loop")
    if not live:
        return Rounds((), ordered=True)
    values = known(expression(variables.scope))
    if values is None:
        raise RefusedError(NULL_VALUE_NOT_ALLOWED, "FOREACH expression must not be null")
    return _bounded(tuple({name: each} for each in as_list(values)), ordered=True)


def _for(cursor: Cursor, variables: Variables, live: bool) -> Rounds:  # noqa: FBT001 - handed on as it came
    cursor.want("for")
    names = [cursor.name()]
    while cursor.take(","):
        names.append(cursor.name())
    cursor.want("in")
    downwards = cursor.take("reverse")
    if not downwards and (cursor.sees("select") or cursor.sees("(", "select")):
        return _of_query(cursor, variables, names, live)
    first = read_expression(cursor)
    cursor.want("..")
    last = read_expression(cursor)
    step = read_expression(cursor) if cursor.take("by") else None
    cursor.want("loop")
    if not live:
        return Rounds((), ordered=True)
    bounds = [known(each(variables.scope)) for each in (first, last)]
    width = known(step(variables.scope)) if step is not None else 1
    low, high = bounds
    if not isinstance(low, int) or not isinstance(high, int) or not isinstance(width, int) or width < 1:
        raise UnknownValueError
    numbers = range(low, high - 1, -width) if downwards else range(low, high + 1, width)
    if len(numbers) > MOST_ROUNDS:
        raise UnknownValueError
    return Rounds(tuple({names[0]: each} for each in numbers), ordered=True)


def _of_query(cursor: Cursor, variables: Variables, names: list[str], live: bool) -> Rounds:  # noqa: FBT001 - as it came
    closing = cursor.take("(")
    query = read_query(cursor)
    if closing:
        cursor.want(")")
    cursor.want("loop")
    if not live:
        return Rounds((), ordered=True)
    records = query.records(variables.scope)
    rounds: tuple[dict[str, object], ...]
    if len(names) == 1 and names[0] in variables.records:
        rounds = tuple({names[0]: each} for each in records)
    elif "*" in {name for name, _ in query.fields}:
        # The number of columns decides what the variables hold.
        raise UnknownValueError
    else:
        rounds = tuple(dict(zip(names, each.values(), strict=False)) for each in records)
    return _bounded(rounds, ordered=query.ordered or len(records) <= 1)


def _bounded(rounds: tuple[dict[str, object], ...], *, ordered: bool) -> Rounds:
    if len(rounds) > MOST_ROUNDS:
        raise UnknownValueError
    return Rounds(rounds, ordered)
