"""How tables descend from each other: as partitions, and by INHERITS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import want_free_bound
from fkdash.sqlstates import (
    DUPLICATE_TABLE,
    FEATURE_NOT_SUPPORTED,
    INVALID_OBJECT_DEFINITION,
    INVALID_TABLE_DEFINITION,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import ConstraintSaid, CreateTable

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
    if said.partition_of is not None and said.temporary and not found[0].temporary:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{found[0].name} is not temporary, and nor can its partitions be")
    if said.partition_of is not None:
        if found[0].kind != "p":
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"{found[0].name} is not partitioned")
        want_free_bound(state, found[0], said.bound)
    want_shallow(state, [each.oid for each in found])
    return found


def want_from_here_alone(state: State, table: Relation, column: str) -> None:
    """Raise RefusedError where what inherits a column has it from other tables as well (numparents)."""
    heirs = with_heirs(state, table)
    inside = {each.oid for each in heirs}
    for each in heirs[1:]:
        mine = each.column(column)
        if mine is not None and mine.inherited > len(inside.intersection(each.parents)):
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{each.name} inherits {column} from other tables too")


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


def want_reaching(
    state: State, table: Relation, said: ConstraintSaid, columns: tuple[str, ...], *, only: bool
) -> None:
    """Raise RefusedError where a constraint must be, or cannot be, that of the tables below as well."""
    if only and state.children(table.oid) and said.kind in "cn" and not said.no_inherit:
        raise RefusedError(INVALID_TABLE_DEFINITION, "the constraint must be added to the tables that inherit too")
    if said.no_inherit and table.kind == "p" and said.kind in "cn":
        refused = FEATURE_NOT_SUPPORTED if said.kind == "n" else INVALID_TABLE_DEFINITION
        raise RefusedError(refused, f"NO INHERIT is not for a partitioned table, as {table.name} is")
    if only and said.kind == "p" and table.kind == "p":
        for child in state.children(table.oid):
            if any(each.name in columns and not each.not_null for each in child.columns):
                raise RefusedError(INVALID_TABLE_DEFINITION, f"a column of {child.name} is not NOT NULL")
