"""Queries that blocks ask of the catalogs: sources joined, conditions, an order, a limit, and counting."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks import expressions
from fkdash.catalog.files.blocks.rows import ROWS, UNKNOWN, Row
from fkdash.catalog.files.blocks.values import UnknownValueError, as_list, known
from fkdash.catalog.files.reading.tokens import QUOTED, WORD, Cursor, NotReadError
from fkdash.fact import deriving_fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fkdash.catalog.files.blocks.expressions import Expression, Scope

_MOST_STEPS: Final = 500_000
_AFTER_A_SOURCE: Final = frozenset(
    {
        "where", "join", "inner", "cross", "left", "right", "full", "natural", "on", "using", "order", "limit",
        "group", "having", "union", "intersect", "except", "loop", "for", "offset", "fetch",
    }
)  # fmt: skip
_NOT_FOLLOWED: Final = frozenset({"group", "having", "union", "intersect", "except", "left", "right", "full",
                                  "natural", "offset", "fetch", "window", "for"})  # fmt: skip
_AGGREGATES: Final = frozenset({"count", "bool_or", "bool_and", "max", "min"})


@deriving_fact
class Source:
    """Something that has rows; `listed` says that the block itself lists them, in their order."""

    alias: str
    rows: Callable[[Scope], list[Row]]
    listed: bool = False


@deriving_fact
class Aggregate:
    """count and the like, with what is done with the value."""

    name: str
    further: Expression

    def over(self, values: list[object], scope: Scope) -> object:
        """Give what it comes to."""
        row: dict[str, Row] = {"": {"": _aggregated(self.name, values)}}
        return known(self.further(expressions.Scope(scope.state, row, scope)))


@deriving_fact
class Said:
    """A query as it was read; `fields` are what its rows have in order, `into` the variables that take them."""

    fields: list[tuple[str, Expression]]
    sources: list[Source]
    conditions: list[Expression]
    aggregate: Aggregate | None = None
    order: tuple[tuple[Expression, bool], ...] = ()
    limit: int | None = None
    into: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether it says in which order its rows come; listed values come as they are listed."""
        return bool(self.order) or (bool(self.sources) and all(each.listed for each in self.sources))

    def __call__(self, scope: Scope) -> list[tuple[object, ...]]:
        """Give its rows; raises UnknownValueError where they cannot be told."""
        if self.aggregate:
            return [(self.aggregate.over([self.fields[0][1](each) for each in self._matching(scope)], scope),)]
        return [tuple(_value(each, expression) for _, expression in self.fields) for each in self._found(scope)]

    def records(self, scope: Scope) -> list[Row]:
        """Give its rows by the names of their fields."""
        if self.aggregate:
            return [{self.fields[0][0]: self(scope)[0][0]}]
        found: list[Row] = []
        for each in self._found(scope):
            record: Row = {}
            for name, expression in self.fields:
                everything = {key: value for row in each.rows.values() for key, value in row.items()}
                record |= everything if name == "*" else {_free(record, name): _value(each, expression)}
            found.append(record)
        return found

    def exists(self, scope: Scope) -> bool:
        """Tell whether it has a row; one that is sure is enough, whatever cannot be told of others."""
        if self.aggregate:
            return True
        unknown = [False]
        for _ in self._matching(scope, unknown):
            return True
        if unknown[0]:
            raise UnknownValueError
        return False

    def _found(self, scope: Scope) -> list[Scope]:
        found = _sorted(list(self._matching(scope)), self.order)
        if self.limit is None or self.limit >= len(found):
            return found
        if not self.ordered:
            # Which of several rows comes first is not said, so it is not known.
            raise UnknownValueError
        return found[: self.limit]

    def _matching(self, scope: Scope, unknown: list[bool] | None = None) -> Iterator[Scope]:
        """Give the rows joined; `unknown` is marked for one that cannot be told, without it that raises."""
        steps = 0
        tables = [(each.alias, each.rows(scope)) for each in self.sources]
        waiting: list[tuple[int, dict[str, Row]]] = [(0, {})]
        while waiting:
            depth, rows = waiting.pop()
            whole = depth == len(tables)
            here = expressions.Scope(scope.state, rows, scope, whole=whole)
            try:
                if not self._may_match(here):
                    continue
            except UnknownValueError:
                if unknown is None:
                    raise
                unknown[0] = True
                continue
            if whole:
                yield here
                continue
            alias, table = tables[depth]
            steps += len(table)
            if steps > _MOST_STEPS:
                raise UnknownValueError
            waiting += [(depth + 1, {**rows, alias: row}) for row in reversed(table)]

    def _may_match(self, scope: Scope) -> bool:
        """Tell whether no condition rules out what has been joined so far; raises where one cannot be told."""
        unknown = False
        for condition in self.conditions:
            try:
                if known(condition(scope)) is not True:
                    return False
            except UnknownValueError:
                unknown = True
        if unknown and scope.whole:
            raise UnknownValueError
        return True


def _free(record: Row, name: str) -> str:
    """Give a name for a field that has none of its own, so that it is not taken for another."""
    return name if name not in record else f"{name}{len(record)}"


def _value(scope: Scope, expression: Expression) -> object:
    try:
        return expression(scope)
    except UnknownValueError:
        return UNKNOWN


def _aggregated(name: str, values: list[object]) -> object:
    there = [known(each) for each in values if each is not None]
    if name == "count":
        return len(there)
    if not there:
        return None
    if name == "bool_or":
        return any(there)
    if name == "bool_and":
        return all(there)
    if not all(isinstance(each, int) for each in there):
        raise UnknownValueError
    numbers = [each for each in there if isinstance(each, int)]
    return max(numbers) if name == "max" else min(numbers)


def _sorted(found: list[Scope], order: tuple[tuple[Expression, bool], ...]) -> list[Scope]:
    def key(scope: Scope) -> list[object]:
        return [known(expression(scope)) for expression, _ in order]

    def compared(one: tuple[list[object], Scope], other: tuple[list[object], Scope]) -> int:
        for (_, downwards), first, second in zip(order, one[0], other[0], strict=True):
            if first == second:
                continue
            smaller = _smaller(first, second)
            return (1 if downwards else -1) * (1 if smaller else -1)
        return 0

    if not order:
        return found
    return [scope for _, scope in sorted(((key(each), each) for each in found), key=cmp_to_key(compared))]


def _smaller(one: object, other: object) -> bool:
    if isinstance(one, int) and isinstance(other, int):
        return one < other
    if isinstance(one, str) and isinstance(other, str):
        return one.encode() < other.encode()
    raise UnknownValueError


def one_value(query: Said) -> Expression:
    """Give a query as an expression: its only value, NULL for no row."""

    def run(scope: Scope) -> object:
        rows = query(scope)
        if len(rows) > 1:
            raise UnknownValueError
        return known(rows[0][0]) if rows else None

    return run


def read_query(cursor: Cursor) -> Said:
    """Take SELECT … up to what cannot belong to it; raises NotReadError for what is not followed."""
    cursor.want("select")
    distinct = cursor.take("distinct")
    sources: list[Source] = []
    conditions: list[Expression] = []
    if cursor.take("unnest", "("):
        listed = _unnested(cursor)
        sources.append(listed)
        aggregate, fields = None, [(listed.alias, lambda scope: next(iter(scope.rows[listed.alias].values())))]
        if not cursor.sees_any({"loop", "into", ")", ";", "order"}):
            raise cursor.stumbled()
    else:
        aggregate, fields = _fields(cursor)
    into = _into(cursor)
    if cursor.take("from"):
        _sources(cursor, sources, conditions)
    if cursor.take("where"):
        conditions.append(expressions.read_expression(cursor))
    into = into or _into(cursor)
    order = _order(cursor)
    limit = None
    if cursor.take("limit"):
        limit = int(cursor.now.value) if cursor.now.kind == "number" and cursor.now.value.isdigit() else None
        if limit is None:
            raise cursor.stumbled()
        cursor.at += 1
    if cursor.sees_any(_NOT_FOLLOWED) or (distinct and (aggregate or limit is not None)):
        raise cursor.stumbled()
    return Said(fields, sources, conditions, aggregate, order, limit, into)


def _fields(cursor: Cursor) -> tuple[Aggregate | None, list[tuple[str, Expression]]]:
    for name in _AGGREGATES:
        if cursor.take(name, "("):
            if name == "count" and cursor.take("*"):
                found: Expression = lambda _: 1  # noqa: E731 - one row, one
            else:
                found = expressions.read_expression(cursor)
            cursor.want(")")
            while cursor.take("::"):
                cursor.qualified()
            further = expressions.read_further(cursor, lambda scope: scope.rows[""][""])
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
            found = expressions.read_expression(cursor)
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


def _sources(cursor: Cursor, sources: list[Source], conditions: list[Expression]) -> None:
    sources.append(_source(cursor))
    while True:
        if cursor.take(",") or cursor.take("cross", "join"):
            sources.append(_source(cursor))
            continue
        cursor.take("inner")
        if not cursor.take("join"):
            return
        sources.append(_source(cursor))
        if cursor.take("on"):
            conditions.append(expressions.read_expression(cursor))
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


def _source(cursor: Cursor) -> Source:
    if cursor.take("unnest", "("):
        return _unnested(cursor)
    if cursor.sees("(", "values"):
        return _values(cursor)
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


def _unnested(cursor: Cursor) -> Source:
    """Take the rest of `unnest(array) AS t(x)`."""
    values = expressions.read_expression(cursor)
    cursor.want(")")
    alias = _alias(cursor) or "unnest"
    column = cursor.names()[0] if cursor.sees("(") else alias

    def rows(scope: Scope) -> list[Row]:
        found = known(values(scope))
        return [] if found is None else [{column: each} for each in as_list(found)]

    return Source(alias, rows, listed=True)


def _values(cursor: Cursor) -> Source:
    """Take `(VALUES (1, 'a'), (2, 'b')) AS t(x, y)`."""
    cursor.want("(", "values")
    lines: list[list[Expression]] = []
    while not lines or cursor.take(","):
        cursor.want("(")
        line = [expressions.read_expression(cursor)]
        while cursor.take(","):
            line.append(expressions.read_expression(cursor))
        cursor.want(")")
        lines.append(line)
    cursor.want(")")
    alias = _alias(cursor)
    names = cursor.names() if cursor.sees("(") else ()
    columns = [*names, *(f"column{number}" for number in range(len(names) + 1, len(lines[0]) + 1))]

    def rows(scope: Scope) -> list[Row]:
        return [dict(zip(columns, [_value(scope, each) for each in line], strict=True)) for line in lines]

    return Source(alias, rows, listed=True)


def _order(cursor: Cursor) -> tuple[tuple[Expression, bool], ...]:
    found: list[tuple[Expression, bool]] = []
    if cursor.take("order", "by"):
        while True:
            expression = expressions.read_expression(cursor)
            downwards = cursor.take("desc")
            cursor.take("asc")
            found.append((expression, downwards))
            if not cursor.take(","):
                break
    return tuple(found)
