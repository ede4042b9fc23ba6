"""ALTER TABLE of what a table is beside columns and constraints: row security, identity for replicas, log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import FEATURE_NOT_SUPPORTED, INVALID_TABLE_DEFINITION, UNDEFINED_OBJECT, WRONG_OBJECT_TYPE

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import IndexFact, Relation
    from fkdash.catalog.files.reading.nodes import Act


def row_security(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """ENABLE, DISABLE, FORCE and NO FORCE ROW LEVEL SECURITY."""
    field = "row_security" if act.what == "row security" else "force_row_security"
    state.change(table, **{field: bool(act.other)})


def replica_identity(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    """REPLICA IDENTITY."""
    if act.name:
        _want_identifying(table, _index(state, table, act.name))
    for index in state.indexes_on(table.oid):
        assert index.index is not None  # noqa: S101 - it is an index
        wanted = index.name == act.name
        if index.index.replica_identity is not wanted:
            state.change(index, index=replace(index.index, replica_identity=wanted))


def _index(state: State, table: Relation, name: str) -> IndexFact:
    found = state.relations.get(state.relation_names.get((table.schema, name), 0))
    if found is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no index {name}")
    if found.index is None or found.index.table != table.oid:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{name} is no index of {table.name}")
    return found.index


def _want_identifying(table: Relation, index: IndexFact) -> None:
    """Raise RefusedError for an index that cannot tell a replica which row it is (ATExecReplicaIdentity)."""
    if not index.unique:
        raise RefusedError(WRONG_OBJECT_TYPE, "an index that is not unique cannot be the replica identity")
    if index.deferrable or index.expressions or index.predicate:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "this kind of index cannot be the replica identity")
    nullable = [each.name for each in table.columns if each.number in index.columns and not each.not_null]
    if nullable:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{nullable[0]} of the replica identity may be NULL")


def set_logged(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    """SET LOGGED and SET UNLOGGED; a table that is logged cannot refer to one that is not."""
    unlogged = not act.other
    if table.kind != "r":
        raise DoubtfulError("SET LOGGED of what is no plain table is not followed")
    if table.temporary:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{table.name} is temporary")
    if table.unlogged is unlogged:
        return
    for key in map(state.constraints.__getitem__, state.referencing.get(table.oid, ()) if unlogged else ()):
        if not state.relations[key.table].unlogged and key.table != table.oid:
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{key.name} refers to it from a table that is logged")
    for key in () if unlogged else state.constraints_on(table.oid, "f"):
        if state.relations[key.referenced].unlogged and key.referenced != table.oid:
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{key.name} refers to a table that is unlogged")
    state.change(table, unlogged=unlogged)
