"""What goes with a relation, an index or a key that is dropped, or keeps it from going without CASCADE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.hanging import want_nothing_hanging
from fkdash.catalog.files.rules import want_no_rule
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.descent import with_heirs
from fkdash.catalog.files.tables.foreign_keys import remove_with_copies
from fkdash.catalog.files.tables.not_nulls import drop_not_null
from fkdash.catalog.files.views import leave_view, may_be_gone
from fkdash.sqlstates import (
    DEPENDENT_OBJECTS_STILL_EXIST,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.catalog.files.facts import Constraint, Relation


def drop_relation(state: State, relation: Relation, *, cascade: bool, together: set[int] | None = None) -> None:
    """Drop a relation of any kind; `together` are those that the statement drops as well."""
    along = together or {relation.oid}
    if relation.kind in "rpf":
        _drop_table(state, relation, cascade=cascade, together=along)
    elif relation.index is not None:
        _drop_index_itself(state, relation, cascade=cascade, together=along)
    elif relation.kind == "S":
        drop_sequence(state, relation, cascade=cascade, together=along)
    else:
        want_no_view(state, relation, "", cascade=cascade, together=along)
        if relation.oid in state.relations:
            _remove_indexes(state, relation)
            state.remove_relation(relation)


def _drop_table(state: State, table: Relation, *, cascade: bool, together: set[int]) -> None:
    for child in state.children(table.oid):
        if not (child.is_partition or cascade or child.oid in together):
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{child.name} inherits from {table.name}")
    together = {*together, *(each.oid for each in with_heirs(state, table))}
    for child in state.children(table.oid):
        if child.oid in state.relations:
            drop_relation(state, child, cascade=cascade, together=together)
    want_no_view(state, table, "", cascade=cascade, together=together)
    if not table.temporary:
        want_no_rule(state, table, together=together)
    _drop_references(state, table, cascade=cascade, together=together)
    for constraint in state.constraints_on(table.oid, "pucfxnt"):
        if constraint.oid in state.constraints:
            remove_with_copies(state, constraint)
    for oid in state.referencing.get(table.oid, ()):
        if oid in state.constraints:
            remove_with_copies(state, state.constraints[oid])
    _remove_indexes(state, table)
    for sequence in [each for each in state.relations.values() if each.owned_by and each.owned_by[0] == table.oid]:
        drop_sequence(state, sequence, cascade=cascade, table=table.oid, together=together)
    row_type = (table.schema, table.name)
    if any((each.schema, each.name) == row_type and each.kind == "c" for each in state.types.values()):
        raise DoubtfulError(f"a column has the row type of {table.name}")
    state.remove_relation(state.relations[table.oid])


def _drop_references(state: State, table: Relation, *, cascade: bool, together: set[int]) -> None:
    """Drop the foreign keys of other tables to one that goes with CASCADE, else refuse."""
    for oid in state.referencing.get(table.oid, ()):
        key = state.constraints.get(oid)
        if key is None or key.table == table.oid or key.table in together:
            continue
        while key.parent and key.parent in state.constraints:
            key = state.constraints[key.parent]
        if key.table in together:
            continue
        if not cascade:
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{key.name} refers to {table.name}")
        remove_with_copies(state, key)


def _remove_indexes(state: State, table: Relation) -> None:
    for index in state.indexes_on(table.oid):
        state.remove_relation(index)


def want_no_view(
    state: State,
    table: Relation,
    column: str,
    *,
    cascade: bool,
    together: set[int] | None = None,
    refused: str = DEPENDENT_OBJECTS_STILL_EXIST,
) -> None:
    """Drop the views on a table with CASCADE, else refuse.

    One that only may use it may be gone with CASCADE; without, DoubtfulError is raised.
    """
    known = table.column(column) if column else None
    used = (table.oid, known.number if known is not None else 0)
    for view in [each for each in state.relations.values() if used in each.uses]:
        if view.oid not in state.relations or (together and view.oid in together):
            continue
        sure = used in view.surely and not may_be_gone(state, view)
        if not cascade and not sure:
            raise DoubtfulError(f"the view {view.name} seems to use {column or table.name}")
        if not cascade:
            raise RefusedError(refused, f"the view {view.name} uses {column or table.name}")
        if sure:
            drop_relation(state, view, cascade=True)
        else:
            leave_view(state, view)
    want_nothing_hanging(state, table, used[1], cascade=cascade, together=together or ())


def drop_index(state: State, index: Relation, *, cascade: bool) -> None:
    """Drop an index that hangs on a column which goes, with the indexes of partitions attached to it."""
    if index.oid in state.relations:
        _remove_index(state, index, cascade=cascade)


def _drop_index_itself(state: State, index: Relation, *, cascade: bool, together: Collection[int]) -> None:
    assert index.index is not None  # noqa: S101 - it is an index
    table = index.index.table
    carried = next((each for each in state.constraints_on(table, "pux") if each.index == index.oid), None)
    if carried is not None:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"the constraint {carried.name} needs the index")
    if index.index.parent and index.index.parent not in together:
        raise RefusedError(
            DEPENDENT_OBJECTS_STILL_EXIST, f"{index.name} belongs to an index of the partitioned table"
        )
    if not cascade:
        _want_no_constraint_below(state, index)
    _remove_index(state, index, cascade=cascade)


def _want_no_constraint_below(state: State, index: Relation) -> None:
    """Raise RefusedError where a partition made a key of its part of an index that goes."""
    for part in [each for each in state.relations.values() if each.index and each.index.parent == index.oid]:
        if any(each.index == part.oid and each.kind in "pux" for each in state.constraints.values()):
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"a constraint needs the index {part.name}")
        _want_no_constraint_below(state, part)


def _remove_index(state: State, index: Relation, *, cascade: bool) -> None:
    """Remove an index with those of partitions; foreign keys may depend on each of them."""
    _foreign_keys_on(state, index, cascade=cascade)
    for other in [each for each in state.relations.values() if each.index and each.index.parent == index.oid]:
        _remove_index(state, other, cascade=cascade)
    state.remove_relation(index)


def _foreign_keys_on(state: State, index: Relation, *, cascade: bool) -> None:
    """Drop the foreign keys that depend on an index with CASCADE, else refuse."""
    assert index.index is not None  # noqa: S101 - it is an index
    for oid in state.referencing.get(index.index.table, ()):
        key = state.constraints.get(oid)
        if key is not None and key.index == index.oid:
            if not cascade:
                raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{key.name} depends on the index {index.name}")
            remove_with_copies(state, key)


def remove_key(state: State, constraint: Constraint, *, cascade: bool) -> None:
    """Remove a constraint with its index, its copies and what inherits it."""
    if constraint.kind == "f":
        remove_with_copies(state, constraint)
    elif constraint.kind == "n":
        drop_not_null(state, constraint.table, constraint.columns[0])
    elif constraint.kind == "c":
        _remove_check(state, constraint)
    else:
        _remove_carried(state, constraint, cascade=cascade)


def _remove_carried(state: State, constraint: Constraint, *, cascade: bool) -> None:
    """Remove a key with its index, and those of partitions."""
    _foreign_keys_on(state, state.relations[constraint.index], cascade=cascade)
    for below in [each for each in state.constraints.values() if each.parent == constraint.oid]:
        _remove_carried(state, below, cascade=cascade)
    _remove_index(state, state.relations[constraint.index], cascade=cascade)
    state.remove_constraint(constraint)


def _remove_check(state: State, check: Constraint) -> None:
    state.remove_constraint(check)
    for child in state.children(check.table) if not check.no_inherit else ():
        inherited = state.constraint(child, check.name)
        if inherited is None or inherited.kind != "c":
            continue
        if inherited.inherited <= 1 and not inherited.local:
            _remove_check(state, inherited)
        else:
            state.change_constraint(inherited, inherited=max(inherited.inherited - 1, 0))


def drop_sequence(
    state: State,
    sequence: Relation,
    *,
    cascade: bool,
    table: int = 0,
    column_only: int = 0,
    together: Collection[int] = (),
) -> None:
    """Drop a sequence; the defaults that use it keep it, or go, but those of what it goes with.

    That is a `table`, or only its column `column_only`, and what goes `together` with it.
    """
    if sequence.identity and not table:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{sequence.name} belongs to an identity column")
    for relation in list(state.relations.values()):
        if relation.oid in together or (relation.oid == table and not column_only):
            continue
        for column in relation.columns:
            if column.sequence == sequence.oid and (relation.oid, column.number) != (table, column_only):
                if not cascade:
                    raise RefusedError(
                        DEPENDENT_OBJECTS_STILL_EXIST,
                        f"the default of {relation.name}.{column.name} uses {sequence.name}",
                    )
                state.change_column(relation.oid, column.number, sequence=0, default_set=state.statement)
    state.remove_relation(sequence)
