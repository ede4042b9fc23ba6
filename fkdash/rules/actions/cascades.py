"""Where deletes go: the graph of CASCADE, with what they can run into.

A node is a table, a partition counting as its partitioned table. Every walk is
made once for the whole catalog, backwards from what fails, so that a hundred
thousand foreign keys cost one pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.enforcement import running
from fkdash.rules.actions.rivals import acts_before, overtaken, rewriters, tables_with_rivals
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

FARTHEST_ANCESTOR: Final = 6
"""How many steps up it is known what cascades to a table."""
_MOST_ANCESTORS: Final = 100


class Cascade(NamedTuple):
    """A foreign key whose CASCADE runs, with the tables that stand for its two in the graph."""

    key: ForeignKey
    parent: TableName
    child: TableName


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


@once_per_catalog
def cascades_from(catalog: Catalog) -> Mapping[TableName, Sequence[Cascade]]:
    """Give for each table the CASCADE keys that lead on from it, in the catalog's order."""
    found: dict[TableName, list[Cascade]] = {}
    for each in cascades(catalog):
        found.setdefault(each.parent, []).append(each)
    return found


def taken_by(catalog: Catalog, first: TableName, name: TableName, steps: int) -> str:
    """Say how a delete in `first` may have deleted a row of a table within so many steps; empty if it cannot.

    Where there are too many tables above to tell, it may.
    """
    top, table = node(catalog, first), node(catalog, name)
    if top == table:
        return f"a row of {name.shown} may be the very one that is deleted"
    return deleted_by(catalog, first, name, steps)


def deleted_by(catalog: Catalog, first: TableName, name: TableName, steps: int) -> str:
    """Say how cascades of a delete in `first` may have deleted a row of a table within so many steps."""
    top, table = node(catalog, first), node(catalog, name)
    above = ancestors(catalog, table)
    if top in above and above[top] <= steps:
        return f"{first.shown} cascades to {name.shown} as well: what that deletes by then cannot fail any more"
    if len(above) > _MOST_ANCESTORS or (top not in above and steps > FARTHEST_ANCESTOR):
        return f"{first.shown} may cascade to {name.shown} on other ways as well"
    return ""


def rewritten_by(catalog: Catalog, first: TableName, key: ForeignKey, steps: int) -> str:
    """Say how a delete in `first` may have written a key's columns within so many steps; empty if it cannot."""
    others = rewriters(catalog, key)
    if not others:
        return ""
    top, referenced = node(catalog, first), node(catalog, key.referenced)
    for other in others:
        at = node(catalog, other.referenced)
        if at == referenced:
            continue
        above = ancestors(catalog, at)
        if top == at or len(above) > _MOST_ANCESTORS or (top in above and above[top] < steps):
            rewritten = listed(other.set_columns, " and ")
            return f"{other.shown} ({other.on_delete}) may rewrite {rewritten} of the row first"
    return ""


def ancestors(catalog: Catalog, name: TableName) -> Mapping[TableName, int]:
    """Give the tables whose deletes cascade to this one with the number of steps, the nearest hundred or so."""
    known = _known_ancestors(catalog)
    if name not in known:
        known[name] = _ancestors(cascade_parents(catalog), name)
    return known[name]


@once_per_catalog
def _known_ancestors(_catalog: Catalog) -> dict[TableName, Mapping[TableName, int]]:
    """Give where the ancestors of tables are kept that somebody asked for."""
    return {}


def _ancestors(parents: Mapping[TableName, Iterable[TableName]], name: TableName) -> Mapping[TableName, int]:
    found: dict[TableName, int] = {}
    level: Iterable[TableName] = (name,)
    for steps in range(1, FARTHEST_ANCESTOR + 1):
        above = {parent for table in level for parent in parents.get(table, ())} - found.keys()
        if not above:
            break
        found |= dict.fromkeys(above, steps)
        if len(found) > _MOST_ANCESTORS:
            break
        level = above
    return found
