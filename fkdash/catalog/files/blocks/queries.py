"""What queries that blocks ask of the catalogs come to: sources joined, conditions, an order, counting."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks.rows import UNKNOWN, Row
from fkdash.catalog.files.blocks.scope import Expression, Scope
from fkdash.catalog.files.blocks.values import UnknownValueError, known
from fkdash.fact import deriving_fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_STEPS: Final = 500_000


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
        return known(self.further(Scope(scope.state, row, scope)))


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
        return [tuple(value_in(each, expression) for _, expression in self.fields) for each in self._found(scope)]

    def records(self, scope: Scope) -> list[Row]:
        """Give its rows by the names of their fields."""
        if self.aggregate:
            return [{self.fields[0][0]: self(scope)[0][0]}]
        found: list[Row] = []
        for each in self._found(scope):
            record: Row = {}
            for name, expression in self.fields:
                everything = {key: value for row in each.rows.values() for key, value in row.items()}
                record |= everything if name == "*" else {_free(record, name): value_in(each, expression)}
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
            here = Scope(scope.state, rows, scope, whole=whole)
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


def value_in(scope: Scope, expression: Expression) -> object:
    """Give what an expression comes to, UNKNOWN where that cannot be told."""
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
