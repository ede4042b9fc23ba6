"""Where deletes go: the graph of CASCADE, with what they can run into.

A node is a table, a partition counting as its partitioned table. Every walk is
made once for the whole catalog, backwards from what fails, so that a hundred
thousand foreign keys cost one pass.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.fact import fact
from fkdash.rules.actions.enforcement import running
from fkdash.rules.actions.rivals import acts_before, overtaken, rewriters, tables_with_rivals
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

_LONGEST_PATH: Final = 12
_FARTHEST_ANCESTOR: Final = 6
_MOST_ANCESTORS: Final = 100
_MOST_TABLES: Final = 200


class Cascade(NamedTuple):
    """A foreign key whose CASCADE runs, with the tables that stand for its two in the graph."""

    key: ForeignKey
    parent: TableName
    child: TableName


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
        names = [self.cascades[0].referenced.name, *(key.table.name for key in self.keys)]
        if len(names) > _LONGEST_PATH:
            names = [*names[: _LONGEST_PATH // 2], "…", *names[-_LONGEST_PATH // 2 :]]
        return " → ".join(names)


@once_per_catalog
def roots(catalog: Catalog) -> Mapping[TableName, TableName]:
    """Give for each partition the partitioned table at the top; other tables are left out."""
    found: dict[TableName, TableName] = {}
    for name, table in catalog.tables.items():
        top = table
        while top.partition_of is not None and top.partition_of in catalog.tables:
            top = catalog.tables[top.partition_of]
        if top is not table:
            found[name] = top.name
    return found


def node(catalog: Catalog, name: TableName) -> TableName:
    """Give the table that stands for this one in the graph."""
    return roots(catalog).get(name, name)


@once_per_catalog
def cascades(catalog: Catalog) -> tuple[Cascade, ...]:
    """Give the foreign keys whose ON DELETE CASCADE runs."""
    tops = roots(catalog)
    return tuple(
        Cascade(key, tops.get(key.referenced, key.referenced), tops.get(key.table, key.table))
        for key in running(catalog, catalog.foreign_keys, Statement.DELETE)
        if key.on_delete is Action.CASCADE
    )


@once_per_catalog
def cascade_children(catalog: Catalog) -> Mapping[TableName, AbstractSet[TableName]]:
    """Give for each table those that its deletes cascade to directly, in the catalog's order."""
    found: dict[TableName, dict[TableName, None]] = {}
    for each in cascades(catalog):
        found.setdefault(each.parent, {})[each.child] = None
    return {name: children.keys() for name, children in found.items()}


@once_per_catalog
def cascade_parents(catalog: Catalog) -> Mapping[TableName, AbstractSet[TableName]]:
    """Give for each table those whose deletes cascade to it directly, in the catalog's order."""
    found: dict[TableName, dict[TableName, None]] = {}
    for each in cascades(catalog):
        found.setdefault(each.child, {})[each.parent] = None
    return {name: parents.keys() for name, parents in found.items()}


@once_per_catalog
def refusing(catalog: Catalog) -> tuple[ForeignKey, ...]:
    """Give the foreign keys that refuse to let a referenced row go: NO ACTION and RESTRICT.

    Where a twin over the same columns acts first, nothing is left that could be refused.
    """
    found = [
        key
        for key in running(catalog, catalog.foreign_keys, Statement.DELETE)
        if (key.on_delete is Action.NO_ACTION or key.on_delete is Action.RESTRICT) and key.table != key.referenced
    ]
    if tables_with_rivals(catalog):
        found = [
            key
            for key in found
            if not any(acts_before(catalog, other, key) for other in overtaken(catalog, key, Statement.DELETE))
        ]
    return tuple(found)


def paths_into(
    catalog: Catalog, failing: Iterable[ForeignKey], wanted: Callable[[Path], bool], *, farther: bool
) -> tuple[Path, ...]:
    """Give for each CASCADE key the shortest way on to a foreign key that fails, where it is `wanted`.

    Where that is not, `farther` has longer ways looked for as well, past what the first one ends at.
    """
    tops = roots(catalog)
    reached = cascade_parents(catalog)
    at: dict[TableName, list[ForeignKey]] = {}
    for key in failing:
        end = tops.get(key.referenced, key.referenced)
        if end in reached:
            at.setdefault(end, []).append(key)
    if not at:
        return ()
    onward = _onward(catalog, at)
    found = []
    for each in cascades(catalog):
        if each.child not in onward or each.child == each.parent:
            continue
        keys, last = _follow(each, onward)
        path = next((path for key in at[last] if wanted(path := Path(keys, key))), None)
        if path is None and farther:
            path = next((path for path in _ways_on(catalog, each, at) if wanted(path)), None)
        if path is not None:
            found.append(path)
    return tuple(found)


def _ways_on(catalog: Catalog, first: Cascade, at: Mapping[TableName, Sequence[ForeignKey]]) -> Iterator[Path]:
    """Give ways from a CASCADE key to foreign keys that fail, the shortest first, over few tables."""
    below = _cascades_from(catalog)
    way: dict[TableName, tuple[ForeignKey, ...]] = {first.child: (first.key,)}
    waiting = deque(way)
    while waiting and len(way) < _MOST_TABLES:
        table = waiting.popleft()
        yield from (Path(way[table], key) for key in at.get(table, ()))
        for each in below.get(table, ()):
            if each.child not in way:
                way[each.child] = (*way[table], each.key)
                waiting.append(each.child)


@once_per_catalog
def _cascades_from(catalog: Catalog) -> Mapping[TableName, Sequence[Cascade]]:
    found: dict[TableName, list[Cascade]] = {}
    for each in cascades(catalog):
        found.setdefault(each.parent, []).append(each)
    return found


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


def taken_by(catalog: Catalog, first: TableName, name: TableName, steps: int) -> str:
    """Say how a delete in `first` may have deleted a row of a table within so many steps; empty if it cannot.

    Where there are too many tables above to tell, it may.
    """
    top, table = node(catalog, first), node(catalog, name)
    if top == table:
        return f"a row of {name.name} may be the very one that is deleted"
    return deleted_by(catalog, first, name, steps)


def deleted_by(catalog: Catalog, first: TableName, name: TableName, steps: int) -> str:
    """Say how cascades of a delete in `first` may have deleted a row of a table within so many steps."""
    top, table = node(catalog, first), node(catalog, name)
    above = ancestors(catalog, table)
    if top in above and above[top] <= steps:
        return f"{first.name} cascades to {name.name} as well: what that deletes by then cannot fail any more"
    if len(above) > _MOST_ANCESTORS or (top not in above and steps > _FARTHEST_ANCESTOR):
        return f"{first.name} may cascade to {name.name} on other ways as well"
    return ""


def rewritten_by(catalog: Catalog, first: TableName, key: ForeignKey, steps: int) -> str:
    """Say how a delete in `first` may have written a key's columns within so many steps; empty if it cannot."""
    top = node(catalog, first)
    for other in rewriters(catalog, key):
        at = node(catalog, other.referenced)
        if at == node(catalog, key.referenced):
            continue
        above = ancestors(catalog, at)
        if top == at or len(above) > _MOST_ANCESTORS or (top in above and above[top] < steps):
            return (
                f"{other.name} ({other.on_delete}) may rewrite {' and '.join(other.set_columns)} of the row first"
            )
    return ""


def ancestors(catalog: Catalog, name: TableName) -> Mapping[TableName, int]:
    """Give the tables whose deletes cascade to this one with the number of steps, the nearest hundred or so."""
    parents = cascade_parents(catalog)
    found: dict[TableName, int] = {}
    level: Iterable[TableName] = (name,)
    for steps in range(1, _FARTHEST_ANCESTOR + 1):
        above = {parent for table in level for parent in parents.get(table, ())} - found.keys()
        if not above:
            break
        found |= dict.fromkeys(above, steps)
        if len(found) > _MOST_ANCESTORS:
            break
        level = above
    return found
