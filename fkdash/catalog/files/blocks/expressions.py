"""Reads the expressions of a block and gives what they come to, over the rows and variables in reach.

Every expression becomes a function of a Scope. It raises UnknownValueError where its value cannot be told; a false
side of AND and a true side of OR decide whatever the other side is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fkdash.catalog.files.blocks.queries import Said, one_value
from fkdash.catalog.files.blocks.reading_queries import Reading, query_in
from fkdash.catalog.files.blocks.rows import UNKNOWN
from fkdash.catalog.files.blocks.scope import Expression, Scope
from fkdash.catalog.files.blocks.values import (
    UnknownValueError,
    as_list,
    call,
    cast,
    compare,
    known,
    like,
)
from fkdash.catalog.files.reading.tokens import NUMBER, QUOTED, STRING, WORD, Cursor

_COMPARISONS: Final = frozenset(
    {"=", "<>", "!=", "<", ">", "<=", ">=", "@>", "<@", "||", "~", "~*", "!~", "+", "-"}
)
_NOT_NAMES: Final = frozenset({"case", "when", "then", "else", "from", "where", "select", "interval", "row"})
_WITHOUT_PARENTHESES: Final = frozenset({"current_schema", "current_user", "session_user", "current_database"})


def read_expression(cursor: Cursor) -> Expression:
    """Take an expression; raises NotReadError for what is none that is known here."""
    found = _both(cursor)
    while cursor.take("or"):
        found = _joined(found, _both(cursor), decides=True)
    return found


def read_query(cursor: Cursor) -> Said:
    """Take a query; raises NotReadError for what is not followed."""
    return query_in(cursor, Reading(read_expression, read_further))


def _both(cursor: Cursor) -> Expression:
    found = _negated(cursor)
    while cursor.take("and"):
        found = _joined(found, _negated(cursor), decides=False)
    return found


def _joined(one: Expression, other: Expression, *, decides: bool) -> Expression:
    """Give AND or OR; a side that `decides` does so whatever the other is."""

    def run(scope: Scope) -> object:
        found: list[object] = []
        for side in (one, other):
            try:
                value = side(scope)
            except UnknownValueError:
                value = UNKNOWN
            if value is decides:
                return decides
            found.append(value)
        if UNKNOWN in found:
            raise UnknownValueError
        return None if None in found else not decides

    return run


def _negated(cursor: Cursor) -> Expression:
    if not cursor.take("not"):
        return _compared(cursor)
    inner = _negated(cursor)

    def run(scope: Scope) -> object:
        value = known(inner(scope))
        return None if value is None else not value

    return run


def _compared(cursor: Cursor) -> Expression:
    return read_further(cursor, _primary(cursor))


def read_further(cursor: Cursor, left: Expression) -> Expression:
    """Take what is done with a value that was taken already: operators, IS, IN, LIKE."""
    while True:
        spelled = cursor.take("operator", "(", "pg_catalog", ".")
        if cursor.now.kind == "sign" and cursor.now.value in _COMPARISONS:
            left = _operation(cursor, left, spelled=spelled)
        elif cursor.take("is"):
            left = _is(cursor, left)
        elif cursor.take("isnull"):
            left = _null_test(left, negated=False)
        elif cursor.take("notnull"):
            left = _null_test(left, negated=True)
        elif cursor.sees("in") or cursor.sees("not", "in"):
            negated = cursor.take("not")
            cursor.want("in")
            left = _in(cursor, left, negated=negated)
        elif cursor.sees_any({"like", "ilike"}) or cursor.sees("not", "like") or cursor.sees("not", "ilike"):
            negated = cursor.take("not")
            left = _like(left, _folds(cursor), _primary(cursor), negated=negated)
        elif cursor.take("collate"):
            cursor.qualified()
        else:
            return left


def _folds(cursor: Cursor) -> bool:
    return cursor.word() == "ilike"


def _operation(cursor: Cursor, left: Expression, *, spelled: bool = False) -> Expression:
    """Take an operation from its sign on, which is in parentheses where OPERATOR(schema.sign) is `spelled` out."""
    sign = cursor.now.value
    cursor.at += 1
    if spelled:
        cursor.want(")")
    quantifier = cursor.sees("any", "(") or cursor.sees("some", "(") or cursor.sees("all", "(")
    if quantifier:
        every = cursor.word() == "all"
        cursor.want("(")
        values = _listed(cursor)
        cursor.want(")")

        def run_many(scope: Scope) -> object:
            results = [compare(scope.state, sign, left(scope), each) for each in values(scope)]
            return all(results) if every else any(results)

        return run_many
    # || binds more than a comparison does.
    right = _primary(cursor)
    while sign != "||" and cursor.sees("||"):
        right = _operation(cursor, right)
    return lambda scope: compare(scope.state, sign, left(scope), right(scope))


def _listed(cursor: Cursor) -> Callable[[Scope], list[object]]:
    """Take what stands in the parentheses of ANY or IN: a query, or an array."""
    if cursor.sees("select"):
        query = read_query(cursor)
        return lambda scope: [row[0] for row in query(scope)]
    inner = read_expression(cursor)

    def run(scope: Scope) -> list[object]:
        value = known(inner(scope))
        return [] if value is None else as_list(value)

    return run


def _is(cursor: Cursor, left: Expression) -> Expression:
    negated = cursor.take("not")
    if cursor.take("null"):
        return _null_test(left, negated=negated)
    if cursor.take("distinct", "from"):
        right = _primary(cursor)

        def run(scope: Scope) -> object:
            one, other = known(left(scope)), known(right(scope))
            if one is None or other is None:
                return (one is not other) is not negated
            return (compare(scope.state, "<>", one, other) is True) is not negated

        return run
    wanted = cursor.take("true")
    if not wanted:
        cursor.want("false")
    return lambda scope: (known(left(scope)) is wanted) is not negated


def _null_test(left: Expression, *, negated: bool) -> Expression:
    return lambda scope: (known(left(scope)) is None) is not negated


def _in(cursor: Cursor, left: Expression, *, negated: bool) -> Expression:
    cursor.want("(")
    if cursor.sees("select"):
        values = _listed(cursor)
    else:
        listed = [read_expression(cursor)]
        while cursor.take(","):
            listed.append(read_expression(cursor))

        def values(scope: Scope) -> list[object]:
            return [each(scope) for each in listed]

    cursor.want(")")

    def run(scope: Scope) -> object:
        results = [compare(scope.state, "=", left(scope), each) for each in values(scope)]
        if True in results:
            return not negated
        return None if None in results else negated

    return run


def _like(left: Expression, folding: bool, right: Expression, *, negated: bool) -> Expression:  # noqa: FBT001 - taken in this order
    def run(scope: Scope) -> object:
        found = like(left(scope), right(scope), folding=folding)
        return None if found is None else found is not negated

    return run


def _primary(cursor: Cursor) -> Expression:
    found = _simple(cursor)
    while True:
        if cursor.take("::"):
            found = _cast(found, *_type(cursor))
        elif cursor.take("["):
            found = _element(found, read_expression(cursor))
            cursor.want("]")
        else:
            return found


def _type(cursor: Cursor) -> tuple[str, bool]:
    name = cursor.qualified()[-1]
    if name == "character":
        cursor.take("varying")
    if cursor.sees("("):
        cursor.pass_parentheses()
    return name, cursor.take("[", "]")


def _cast(inner: Expression, name: str, array: bool) -> Expression:  # noqa: FBT001 - as the type is taken
    return lambda scope: cast(scope.state, known(inner(scope)), name, array=array)


def _element(inner: Expression, place: Expression) -> Expression:
    def run(scope: Scope) -> object:
        values, number = known(inner(scope)), known(place(scope))
        if values is None or not isinstance(number, int):
            return None
        held = as_list(values)
        return held[number - 1] if 0 < number <= len(held) else None

    return run


def _constant(value: object) -> Expression:
    return lambda _: value


def _simple(cursor: Cursor) -> Expression:  # noqa: PLR0911 - one line for each case
    now = cursor.now
    if now.kind == STRING:
        return _constant(cursor.string())
    if now.kind == NUMBER and now.value.isdigit():
        cursor.at += 1
        return _constant(int(now.value))
    for word, value in (("true", True), ("false", False), ("null", None)):
        if cursor.take(word):
            return _constant(value)
    if cursor.take("exists", "("):
        query = read_query(cursor)
        cursor.want(")")
        return query.exists
    if cursor.sees("(", "select"):
        cursor.want("(")
        one = one_value(read_query(cursor))
        cursor.want(")")
        return one
    if cursor.take("("):
        inner = read_expression(cursor)
        cursor.want(")")
        return inner
    if cursor.take("array", "["):
        return _array(cursor)
    if cursor.take("array", "("):
        query = read_query(cursor)
        cursor.want(")")
        return lambda scope: [row[0] for row in query(scope)]
    if cursor.take("cast", "("):
        inner = read_expression(cursor)
        cursor.want("as")
        found = _cast(inner, *_type(cursor))
        cursor.want(")")
        return found
    if now.kind not in {WORD, QUOTED} or (now.kind == WORD and now.value in _NOT_NAMES):
        raise cursor.stumbled()
    return _named(cursor)


def _array(cursor: Cursor) -> Expression:
    listed: list[Expression] = []
    while not cursor.take("]"):
        listed.append(read_expression(cursor))
        cursor.take(",")
    return lambda scope: [known(each(scope)) for each in listed]


def _named(cursor: Cursor) -> Expression:
    """Take a column, a variable or a function."""
    name = cursor.qualified()
    if not cursor.sees("("):
        if len(name) == 1 and name[0] in _WITHOUT_PARENTHESES:
            return lambda scope: call(scope.state, name[0], ())
        if len(name) == 1:
            return lambda scope: scope.column(name[0])
        return lambda scope: scope.column_of(name[-2], name[-1])
    cursor.want("(")
    if cursor.take("*", ")"):
        raise cursor.stumbled()
    values: list[Expression] = []
    while not cursor.take(")"):
        values.append(read_expression(cursor))
        cursor.take(",")
    built_in = len(name) == 1 or name[-2] == "pg_catalog"

    def run(scope: Scope) -> object:
        if not built_in:
            raise UnknownValueError
        return call(scope.state, name[-1], [each(scope) for each in values])

    return run
