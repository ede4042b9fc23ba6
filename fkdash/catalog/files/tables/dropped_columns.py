"""Drops columns with what hangs on them, in what inherits them as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.dropped_relations import drop_index, drop_sequence, remove_key, want_no_view
from fkdash.catalog.files.dropping_code import remove_trigger
from fkdash.catalog.files.rules import drop_rules_of_column
from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import DEPENDENT_OBJECTS_STILL_EXIST, INVALID_TABLE_DEFINITION, UNDEFINED_COLUMN
from fkdash.versions import GENERATED_COLUMNS_STAY

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute, Constraint, Relation
    from fkdash.catalog.files.reading.nodes import Act


def drop_column(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """DROP COLUMN with what hangs on it."""
    column = table.column(act.name)
    if column is None:
        if act.if_exists:
            return
        raise RefusedError(UNDEFINED_COLUMN, f"there is no column {act.name} in {table.name}")
    if column.inherited:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    if only and table.kind == "p" and state.children(table.oid):
        raise RefusedError(INVALID_TABLE_DEFINITION, "a column of a partitioned table alone cannot be dropped")
    _drop(state, table, column, cascade=act.cascade, only=only)


def _drop(
    state: State, table: Relation, column: Attribute, *, cascade: bool, only: bool = False, alone: bool = False
) -> None:
    number = column.number
    if table.is_partitioned_by(number):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{column.name} is in the partition key of {table.name}")
    want_no_view(state, table, column.name, cascade=cascade)
    _drop_computed(state, table, column, cascade=cascade)
    if not only and not alone:
        _drop_keys_below(state, table, column.name)
    _drop_constraints(state, table, number, cascade=cascade)
    for index in state.indexes_on(table.oid):
        if index.index is not None and number in index.index.used:
            drop_index(state, index, cascade=cascade)
    for oid in state.referencing.get(table.oid, ()):
        if oid in state.constraints and number in state.constraints[oid].referenced_columns:
            if not cascade:
                raise RefusedError(
                    DEPENDENT_OBJECTS_STILL_EXIST, f"{state.constraints[oid].name} refers to {column.name}"
                )
            remove_key(state, state.constraints[oid], cascade=True)
    _drop_triggers(state, table, column, cascade=cascade)
    drop_rules_of_column(state, table, column, cascade=cascade)
    now = state.relations[table.oid]
    state.change(now, columns=tuple(each for each in now.columns if each.number != number))
    if not alone:
        _drop_below(state, table, column, cascade=cascade, only=only)
    for sequence in [each for each in state.relations.values() if each.owned_by == (table.oid, number)]:
        drop_sequence(state, sequence, cascade=cascade, table=table.oid, column_only=number)


def _drop_computed(state: State, table: Relation, column: Attribute, *, cascade: bool) -> None:
    """Drop the columns that are computed from one with CASCADE, else refuse.

    What inherits them keeps its own, unless what those are computed from goes there as well.
    """
    for other in table.columns:
        if other.generated and other.default is not None and column.number in other.default.columns:
            if not cascade and state.version >= GENERATED_COLUMNS_STAY:
                raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{other.name} is computed from {column.name}")
            _drop(state, state.relations[table.oid], other, cascade=cascade, alone=True)


def _drop_triggers(state: State, table: Relation, column: Attribute, *, cascade: bool) -> None:
    """Drop the triggers of UPDATE OF a column, or whose WHEN reads it, with CASCADE; else refuse."""
    for trigger in state.relations[table.oid].triggers:
        if column.number in trigger.used:
            if not cascade:
                raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"the trigger {trigger.name} uses {column.name}")
            remove_trigger(state, state.relations[table.oid], trigger.name)


def _drop_constraints(state: State, table: Relation, number: int, *, cascade: bool) -> None:
    """Drop the constraints that a column is in, foreign keys first: they may depend on keys of their own table."""
    for constraint in sorted(state.constraints_on(table.oid), key=lambda each: each.kind != "f"):
        if constraint.oid not in state.constraints or not _is_in(state, number, constraint):
            continue
        above = state.constraints.get(constraint.parent)
        if above is not None and (constraint.kind != "f" or above.table != table.oid):
            continue
        if constraint.kind in "cn":
            # What inherits it goes with the columns that inherit, or stays with those that stay.
            state.remove_constraint(constraint)
        else:
            remove_key(state, constraint, cascade=cascade)


def _drop_keys_below(state: State, table: Relation, name: str) -> None:
    """Drop the foreign keys of what inherits a column that goes, before the keys that they may depend on."""
    for child in state.children(table.oid):
        theirs = child.column(name)
        if theirs is None or theirs.inherited > 1 or theirs.local:
            continue
        for key in state.constraints_on(child.oid, "f"):
            if theirs.number in key.columns and key.oid in state.constraints and not key.parent:
                remove_key(state, key, cascade=True)
        _drop_keys_below(state, child, name)


def _is_in(state: State, number: int, constraint: Constraint) -> bool:
    """Tell whether a constraint goes with a column; a key also with one that its index only includes."""
    if number in constraint.columns or constraint.kind not in "pux":
        return number in constraint.columns
    index = state.relations[constraint.index].index
    return index is not None and number in index.used


def _drop_below(state: State, table: Relation, column: Attribute, *, cascade: bool, only: bool) -> None:
    for child in state.children(table.oid):
        theirs = child.column(column.name)
        if theirs is None:
            continue
        if only:
            state.change_column(child.oid, theirs.number, local=True, inherited=theirs.inherited - 1)
        elif theirs.inherited <= 1 and not theirs.local:
            _drop(state, child, theirs, cascade=cascade)
        else:
            state.change_column(child.oid, theirs.number, inherited=max(theirs.inherited - 1, 0))
