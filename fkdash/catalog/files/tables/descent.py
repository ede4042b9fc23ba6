"""How tables descend from each other: as partitions, and by INHERITS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import want_free_bound
from fkdash.sqlstates import DUPLICATE_TABLE, INVALID_OBJECT_DEFINITION, WRONG_OBJECT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import CreateTable

DEEPEST: Final = 100
"""How many levels of tables or domains are followed: each is a call within a call."""


def parents_said(state: State, said: CreateTable) -> list[Relation]:
    """Give the tables that one in the making descends from."""
    parents = (said.partition_of,) if said.partition_of is not None else said.inherits
    found = [state.relation(each, "rpf") for each in parents]
    if said.inherits and any(each.is_partition or each.kind == "p" for each in found):
        raise RefusedError(WRONG_OBJECT_TYPE, "a table cannot inherit from a partition or a partitioned table")
    if not said.temporary and any(each.temporary for each in found):
        raise RefusedError(WRONG_OBJECT_TYPE, "a table cannot inherit from a temporary one")
    if said.partition_of is not None:
        if found[0].kind != "p":
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"{found[0].name} is not partitioned")
        want_free_bound(state, found[0], said.bound)
    want_shallow(state, [each.oid for each in found])
    return found


def with_heirs(state: State, table: Relation) -> list[Relation]:
    """Give a table and what descends from it, level by level, each once (find_all_inheritors)."""
    found = {table.oid: table}
    level = [table]
    while level:
        children = [child for each in level for child in sorted(state.children(each.oid), key=lambda one: one.oid)]
        level = list({child.oid: child for child in children if child.oid not in found}.values())
        found |= {child.oid: child for child in level}
    return list(found.values())


def want_no_circle(state: State, parent: Relation, child: Relation) -> None:
    """Raise RefusedError where a table would descend from itself."""
    if any(each.oid == parent.oid for each in with_heirs(state, child)):
        raise RefusedError(DUPLICATE_TABLE, f"{child.name} would inherit from itself")


def want_shallow(state: State, parents: Iterable[int], below: Relation | None = None) -> None:
    """Raise DoubtfulError where tables below these, and those below `below`, would be too many levels."""
    levels = _levels({below.oid}, state.children_of.get) if below is not None else 1
    levels += _levels(set(parents), lambda oid: state.relations[oid].parents)
    if levels > DEEPEST:
        raise DoubtfulError(f"tables below tables on more than {DEEPEST} levels are not followed")


def _levels(level: set[int], following: Callable[[int], tuple[int, ...] | None]) -> int:
    """Count the levels that one leads to, itself among them; it stops where they are too many."""
    count = 0
    while level and count <= DEEPEST:
        level = {other for each in level for other in following(each) or ()}
        count += 1
    return count
