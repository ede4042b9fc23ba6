"""Reads the queries that blocks ask of the catalogs; `expressions.read_query` is what takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks.queries import Aggregate, Said, Source, value_in
from fkdash.catalog.files.blocks.rows import ROWS, UNKNOWN, Row
from fkdash.catalog.files.blocks.values import UnknownValueError, as_list, known
from fkdash.catalog.files.reading.tokens import QUOTED, WORD, Cursor, NotReadError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.blocks.scope import Expression, Scope

_AFTER_A_SOURCE: Final = frozenset(
    {
        "where", "join", "inner", "cross", "left", "right", "full", "natural", "on", "using", "order", "limit",
        "group", "having", "union", "intersect", "except", "loop", "for", "offset", "fetch",
    }
)  # fmt: skip
_NOT_FOLLOWED: Final = frozenset({"group", "having", "union", "intersect", "except", "left", "right", "full",
                                  "natural", "offset", "fetch", "window", "for"})  # fmt: skip
_AGGREGATES: Final = frozenset({"count", "bool_or", "bool_and", "max", "min"})


@fact
class Reading:
    """How the expressions in a query are read, which may have queries in them."""

    expression: Callable[[Cursor], Expression]
    further: Callable[[Cursor, Expression], Expression]


def query_in(cursor: Cursor, read: Reading) -> Said:
    """Take SELECT … up to what cannot belong to it; raises NotReadError for what is not followed."""
    cursor.want("select")
    distinct = cursor.take("distinct")
    sources: list[Source] = []
    conditions: list[Expression] = []
    if cursor.take("unnest", "("):
        listed = _unnested(cursor, read)
        sources.append(listed)
        aggregate, fields = None, [(listed.alias, lambda scope: next(iter(scope.rows[listed.alias].values())))]
        if not cursor.sees_any({"loop", "into", ")", ";", "order"}):
            raise cursor.stumbled()
    else:
        aggregate, fields = _fields(cursor, read)
    into = _into(cursor)
    if cursor.take("from"):
        _sources(cursor, read, sources, conditions)
    if cursor.take("where"):
        conditions.append(read.expression(cursor))
    into = into or _into(cursor)
    order = _order(cursor, read)
    limit = None
    if cursor.take("limit"):
        limit = int(cursor.now.value) if cursor.now.kind == "number" and cursor.now.value.isdigit() else None
        if limit is None:
            raise cursor.stumbled()
        cursor.at += 1
    if cursor.sees_any(_NOT_FOLLOWED) or (distinct and (aggregate or limit is not None)):
        raise cursor.stumbled()
    return Said(fields, sources, conditions, aggregate, order, limit, into)


def _fields(cursor: Cursor, read: Reading) -> tuple[Aggregate | None, list[tuple[str, Expression]]]:
    for name in _AGGREGATES:
        if cursor.take(name, "("):
            if name == "count" and cursor.take("*"):
                found: Expression = lambda _: 1  # noqa: E731 - one row, one
            else:
                found = read.expression(cursor)
            cursor.want(")")
            while cursor.take("::"):
                cursor.qualified()
            further = read.further(cursor, lambda scope: scope.rows[""][""])
            called = name
            if cursor.take("as"):
                called = cursor.name()
            if not cursor.sees_any({"from", "into", ")", ";"}):
                raise cursor.stumbled()
            return Aggregate(name, further), [(called, found)]
    fields: list[tuple[str, Expression]] = []
    while not cursor.sees_any({"from", "into", ")", ";", "where", "loop"}) and not cursor.done:
        if cursor.take("*"):
            fields.append(("*", lambda _: UNKNOWN))
        else:
            begin = cursor.at
            found = read.expression(cursor)
            name = cursor.tokens[cursor.at - 1].value if cursor.at - begin in {1, 3} else "?column?"
            if cursor.take("as") or (
                cursor.now.kind in {WORD, QUOTED} and not cursor.sees_any({"from", "into", "where", "loop"})
            ):
                name = cursor.name()
            fields.append((name, found))
        if not cursor.take(","):
            break
    return None, fields


def _into(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.take("into"):
        return ()
    cursor.take("strict")
    found = [cursor.name()]
    while cursor.take(","):
        found.append(cursor.name())
    return tuple(found)


def _sources(cursor: Cursor, read: Reading, sources: list[Source], conditions: list[Expression]) -> None:
    sources.append(_source(cursor, read))
    while True:
        if cursor.take(",") or cursor.take("cross", "join"):
            sources.append(_source(cursor, read))
            continue
        cursor.take("inner")
        if not cursor.take("join"):
            return
        sources.append(_source(cursor, read))
        if cursor.take("on"):
            conditions.append(read.expression(cursor))
        else:
            cursor.want("using")
            conditions += [_same(sources, name) for name in cursor.names()]


def _same(sources: list[Source], name: str) -> Expression:
    """Give the condition of USING: the column is the same in the last source as in one before it."""
    last = sources[-1].alias
    before = [each.alias for each in sources[:-1]]

    def run(scope: Scope) -> object:
        if last not in scope.rows:
            raise UnknownValueError
        theirs = next((scope.rows[alias][name] for alias in before if name in scope.rows[alias]), UNKNOWN)
        return known(theirs) == known(scope.rows[last].get(name, UNKNOWN))

    return run


def _source(cursor: Cursor, read: Reading) -> Source:
    if cursor.take("unnest", "("):
        return _unnested(cursor, read)
    if cursor.sees("(", "values"):
        return _values(cursor, read)
    cursor.take("only")
    name = cursor.qualified()
    known_as = name[-1]
    if len(name) > 1 and name[-2] == "information_schema":
        known_as = f"information_schema.{name[-1]}"
    elif len(name) > 1 and name[-2] != "pg_catalog":
        known_as = ""
    if known_as not in ROWS:
        raise NotReadError(f"{'.'.join(name)} is not known from files")
    return Source(_alias(cursor) or name[-1], lambda scope: list(ROWS[known_as](scope.state)))


def _alias(cursor: Cursor) -> str:
    if cursor.take("as") or (cursor.now.kind in {WORD, QUOTED} and not cursor.sees_any(_AFTER_A_SOURCE)):
        return cursor.name()
    return ""


def _unnested(cursor: Cursor, read: Reading) -> Source:
    """Take the rest of `unnest(array) AS t(x)`."""
    values = read.expression(cursor)
    cursor.want(")")
    alias = _alias(cursor) or "unnest"
    column = cursor.names()[0] if cursor.sees("(") else alias

    def rows(scope: Scope) -> list[Row]:
        found = known(values(scope))
        return [] if found is None else [{column: each} for each in as_list(found)]

    return Source(alias, rows, listed=True)


def _values(cursor: Cursor, read: Reading) -> Source:
    """Take `(VALUES (1, 'a'), (2, 'b')) AS t(x, y)`."""
    cursor.want("(", "values")
    lines: list[list[Expression]] = []
    while not lines or cursor.take(","):
        cursor.want("(")
        line = [read.expression(cursor)]
        while cursor.take(","):
            line.append(read.expression(cursor))
        cursor.want(")")
        lines.append(line)
    cursor.want(")")
    alias = _alias(cursor)
    names = cursor.names() if cursor.sees("(") else ()
    columns = [*names, *(f"column{number}" for number in range(len(names) + 1, len(lines[0]) + 1))]

    def rows(scope: Scope) -> list[Row]:
        return [dict(zip(columns, [value_in(scope, each) for each in line], strict=True)) for line in lines]

    return Source(alias, rows, listed=True)


def _order(cursor: Cursor, read: Reading) -> tuple[tuple[Expression, bool], ...]:
    found: list[tuple[Expression, bool]] = []
    if cursor.take("order", "by"):
        while True:
            expression = read.expression(cursor)
            downwards = cursor.take("desc")
            cursor.take("asc")
            found.append((expression, downwards))
            if not cursor.take(","):
                break
    return tuple(found)
