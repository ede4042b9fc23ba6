"""The way a delete takes, as a tree: row → table → action → rows → outcome, the blocking branches first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fact import fact
from fkdash.preview.model import Blocker, Effect

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.model import Preview
    from fkdash.preview.outcome import Obstacle

_FOLLOWED = frozenset({Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT})


@fact
class Branch:
    """One edge of the way: the foreign key (None for the target), the table it leads to, what happens there.

    `effect` is the whole table's and stands where the table is reached first; `blockers` are this edge's.
    `blocks` says that this branch or one below it stops the delete.
    """

    depth: int
    table: TableName
    key: ForeignKey | None
    effect: Effect | None = None
    blockers: tuple[Blocker, ...] = ()
    blocks: bool = False


@dataclass(slots=True)
class _Growing:
    catalog: Catalog
    effects: dict[TableName, Effect]
    blockers: tuple[Blocker, ...]
    seen: set[TableName] = field(default_factory=set)


def branches(catalog: Catalog, preview: Preview) -> tuple[Branch, ...]:
    """Give the tree from the target down, in the order in which it is shown; every table is opened once."""
    growing = _Growing(catalog, {effect.table: effect for effect in preview.effects}, preview.blockers)
    return tuple(_grown(growing, preview.target.table, None, 0))


def _grown(growing: _Growing, table: TableName, key: ForeignKey | None, depth: int) -> list[Branch]:
    first_visit = table not in growing.seen
    growing.seen.add(table)
    below = _below(growing, table, depth) if first_visit else []
    stopped_here = tuple(
        blocker for blocker in growing.blockers if key is not None and is_of(growing.catalog, blocker, key)
    )
    own = Branch(
        depth=depth,
        table=table,
        key=key,
        effect=growing.effects.get(table) if first_visit else None,
        blockers=stopped_here,
        blocks=bool(stopped_here) or any(branch.blocks for branch in below),
    )
    return [own, *below]


def _below(growing: _Growing, table: TableName, depth: int) -> list[Branch]:
    effect = growing.effects.get(table)
    deleted = depth == 0 or (effect is not None and effect.deleted > 0)
    edges = [key for key in growing.catalog.referencing.get(table, ()) if _is_taken(growing, key, deleted=deleted)]
    grown = [_grown(growing, key.table, key, depth + 1) for key in edges]
    grown.sort(key=lambda subtree: not subtree[0].blocks)
    return [branch for subtree in grown for branch in subtree]


def _is_taken(growing: _Growing, key: ForeignKey, *, deleted: bool) -> bool:
    """Tell whether the delete goes on along a key: by ON DELETE where rows go, by ON UPDATE where they stay."""
    action = key.on_delete if deleted else key.on_update
    reached = action in _FOLLOWED and key.table in growing.effects
    return key.enforced and (reached or any(is_of(growing.catalog, blocker, key) for blocker in growing.blockers))


def is_of(catalog: Catalog, blocker: Blocker | Obstacle, key: ForeignKey) -> bool:
    """Tell whether a blocker is what a delete runs into along a foreign key; it may be one of a partition's."""
    if blocker.table != key.table and all(
        each.name != blocker.table for each in catalog.with_partitions(key.table)
    ):
        return False
    if blocker.constraint is None:
        return not set(blocker.columns).isdisjoint(key.set_columns)
    return blocker.constraint == key.name or not set(blocker.columns).isdisjoint(key.set_columns)
