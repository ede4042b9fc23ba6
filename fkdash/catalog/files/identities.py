"""ALTER TABLE of identity columns, with their sequences and what partitions have of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.tables.columns import add_identity_sequence, column_of
from fkdash.catalog.files.tables.not_nulls import not_null_of
from fkdash.catalog.files.types import is_whole_number
from fkdash.sqlstates import INVALID_PARAMETER_VALUE, INVALID_TABLE_DEFINITION, OBJECT_NOT_IN_PREREQUISITE_STATE
from fkdash.versions import IDENTITY_IN_PARTITIONS

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import Act


def add_identity(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """ADD GENERATED … AS IDENTITY: the column must be NOT NULL and have no default."""
    column = column_of(table, act.name)
    _want_own(state, table)
    assert act.constraint is not None  # noqa: S101 - it says which kind
    if not is_whole_number(column.type):
        raise RefusedError(INVALID_PARAMETER_VALUE, f"{act.name} is no whole number")
    if not column.not_null:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} must be NOT NULL first")
    forbids = not_null_of(state, table.oid, column.number)
    if forbids is not None and not forbids.validated:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{forbids.name} of {table.name} is NOT VALID")
    if column.identity or column.default is not None or column.sequence:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} has an identity or a default already")
    identity = "a" if act.constraint.always else "d"
    changed = state.change_column(table.oid, column.number, identity=identity, default_set=state.statement)
    add_identity_sequence(state, changed, column, act.constraint.value[0])
    _identity_below(state, table, act.name, identity)


def _want_own(state: State, table: Relation) -> None:
    if table.is_partition and state.version >= IDENTITY_IN_PARTITIONS:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"an identity column of {table.name} is that of its table")


def _identity_below(state: State, table: Relation, name: str, identity: str) -> None:
    for child in (
        state.children(table.oid) if state.version >= IDENTITY_IN_PARTITIONS and table.kind == "p" else ()
    ):
        state.change_column(child.oid, column_of(child, name).number, identity=identity)
        _identity_below(state, child, name, identity)


def drop_identity(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """DROP IDENTITY."""
    column = column_of(table, act.name)
    _want_own(state, table)
    if not column.identity:
        if act.if_exists:
            return
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} is no identity column")
    state.change_column(table.oid, column.number, identity="", default_set=state.statement)
    for sequence in [each for each in state.relations.values() if each.owned_by == (table.oid, column.number)]:
        if sequence.identity:
            state.remove_relation(sequence)
    _identity_below(state, table, act.name, "")


def set_generated(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """SET GENERATED ALWAYS or BY DEFAULT, or only options of the sequence."""
    column = column_of(table, act.name)
    _want_own(state, table)
    if not column.identity:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} is no identity column")
    if act.other:
        state.change_column(table.oid, column.number, identity=act.other, default_set=state.statement)
        _identity_below(state, table, act.name, act.other)
