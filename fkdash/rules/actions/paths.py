"""The ways that CASCADE takes a delete on, to foreign keys at which it fails."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.rules.actions.cascades import cascade_parents, cascades, cascades_from, roots

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.cascades import Cascade

_LONGEST_PATH: Final = 12
MOST_TABLES: Final = 200
"""Past how many tables no further ways are looked for."""


@fact
class Path:
    """The way a delete takes: the CASCADE keys in order, and the foreign key at which it fails."""

    cascades: tuple[ForeignKey, ...]
    last: ForeignKey

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """All foreign keys on the way, the failing one last."""
        return (*self.cascades, self.last)

    @property
    def words(self) -> str:
        """`organizations → workspaces → users`, the middle left out where it is long."""
        names = [self.cascades[0].referenced.shown, *(key.table.shown for key in self.keys)]
        if len(names) > _LONGEST_PATH:
            names = [*names[: _LONGEST_PATH // 2], "…", *names[-_LONGEST_PATH // 2 :]]
        return " → ".join(names)


class PathsInto:
    """The ways from every CASCADE key to foreign keys that fail, the shortest of each first.

    Many CASCADE keys lead to the same table: how it goes on from there is worked out once, and only as far as
    somebody asks.
    """

    def __init__(self, catalog: Catalog, failing: Iterable[ForeignKey]) -> None:
        self._catalog = catalog
        self._at: dict[TableName, list[ForeignKey]] = {}
        tops, reached = roots(catalog), cascade_parents(catalog)
        for key in failing:
            end = tops.get(key.referenced, key.referenced)
            if end in reached:
                self._at.setdefault(end, []).append(key)
        self._onward = _onward(catalog, self._at) if self._at else {}
        self._from: dict[tuple[TableName, int], _Walk] = {}

    def each(
        self, wanted: Callable[[Path], bool], *, most: int, known: Collection[ForeignKey] = ()
    ) -> Iterator[Path]:
        """Give for each CASCADE key the shortest way on to a foreign key that fails, where it is `wanted`.

        Where that is not, ways of at most so many CASCADE keys are looked for past it: 0 looks for no others.
        Keys whose way is known are passed over.
        """
        for first in cascades(self._catalog) if self._at else ():
            if first.child not in self._onward or first.child == first.parent or first.key in known:
                continue
            keys, last = _follow(first, self._onward)
            path = next((path for key in self._at[last] if wanted(path := Path(keys, key))), None)
            if path is None and len(keys) <= most:
                path = next((path for path in self._ways_on(first, most) if wanted(path)), None)
            if path is not None:
                yield path

    def _ways_on(self, first: Cascade, most: int) -> Iterator[Path]:
        """Give ways from a CASCADE key to foreign keys that fail, the shortest first, over few tables."""
        start = (first.child, most)
        walk = self._from.get(start)
        if walk is None:
            walk = self._from[start] = _Walk(_ways_from(self._catalog, first.child, self._at, most - 1))
        return (Path((first.key, *between), key) for between, key in walk)


_Way = tuple[tuple["ForeignKey", ...], "ForeignKey"]


class _Walk:
    """Ways that are found one by one, and kept for whoever asks next."""

    def __init__(self, ways: Iterator[_Way]) -> None:
        self._ways = ways
        self._found: list[_Way] = []

    def __iter__(self) -> Iterator[_Way]:
        yield from self._found
        for way in self._ways:
            self._found.append(way)
            yield way


def _ways_from(
    catalog: Catalog, table: TableName, at: Mapping[TableName, Iterable[ForeignKey]], most: int
) -> Iterator[_Way]:
    """Give the ways of at most so many CASCADE keys from a table to where something fails, the nearest first."""
    below = cascades_from(catalog)
    step: dict[TableName, Cascade | None] = {table: None}
    level = [table]
    for steps in range(most + 1):
        if not level:
            return
        deeper: list[TableName] = []
        for here in level:
            if len(step) >= MOST_TABLES:
                return
            failing = at.get(here)
            if failing is not None:
                between = _back(here, step)
                for key in failing:
                    yield between, key
            for each in below.get(here, ()) if steps < most else ():
                child = each.child
                if child not in step:
                    step[child] = each
                    deeper.append(child)
        level = deeper


def _back(table: TableName, step: Mapping[TableName, Cascade | None]) -> tuple[ForeignKey, ...]:
    """Give the keys that lead from where the steps begin to a table."""
    keys: list[ForeignKey] = []
    while (each := step[table]) is not None:
        keys.append(each.key)
        table = each.parent
    return tuple(reversed(keys))


def _onward(catalog: Catalog, ends: Iterable[TableName]) -> Mapping[TableName, Cascade | None]:
    """Give for each table from which one of the ends can be reached the next step; None at an end."""
    into: dict[TableName, list[Cascade]] = {}
    for each in cascades(catalog):
        into.setdefault(each.child, []).append(each)
    step: dict[TableName, Cascade | None] = dict.fromkeys(ends)
    waiting = deque(step)
    while waiting:
        for each in into.get(waiting.popleft(), ()):
            if each.parent not in step:
                step[each.parent] = each
                waiting.append(each.parent)
    return step


def _follow(
    first: Cascade, onward: Mapping[TableName, Cascade | None]
) -> tuple[tuple[ForeignKey, ...], TableName]:
    """Give the keys on the way and the table at its end."""
    keys = [first.key]
    last = first.child
    while (step := onward[last]) is not None:
        keys.append(step.key)
        last = step.child
    return tuple(keys), last
