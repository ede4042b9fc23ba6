"""RENAME and SET SCHEMA of relations, with what goes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.object_names import object_name
from fkdash.catalog.files.state import (
    EVERY_CONSTRAINT,
    TEMPORARY,
    WITH_ROW_TYPE,
    DoubtfulError,
    RefusedError,
    State,
)
from fkdash.catalog.files.tables.columns import column_of, want_column_name
from fkdash.catalog.files.tables.descent import want_from_here_alone
from fkdash.catalog.files.tables.keys import constraint_of
from fkdash.sqlstates import (
    DUPLICATE_COLUMN,
    DUPLICATE_OBJECT,
    DUPLICATE_TABLE,
    FEATURE_NOT_SUPPORTED,
    INVALID_TABLE_DEFINITION,
)

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import Act


def rename(state: State, relation: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """RENAME TO; the constraint that an index carries is renamed with it."""
    if (relation.schema, act.name) in state.relation_names:
        raise RefusedError(DUPLICATE_TABLE, f"there is a relation {act.name} already")
    if relation.index is not None:
        carried = constraint_of(state, relation)
        if carried is not None:
            if state.constraint(state.relations[carried.table], act.name, EVERY_CONSTRAINT) is not None:
                raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {act.name} already")
            state.change_constraint(carried, name=act.name)
    if relation.kind in WITH_ROW_TYPE:
        state.want_free_type(relation.schema, act.name)
    state.change(relation, name=act.name)


def rename_column(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """RENAME COLUMN, in what inherits too."""
    column = column_of(table, act.name)
    if column.inherited:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    if only and state.children(table.oid):
        raise RefusedError(INVALID_TABLE_DEFINITION, "the column must be renamed in the tables that inherit too")
    want_from_here_alone(state, table, act.name)
    _rename_column(state, table, act.name, act.other)


def _rename_column(state: State, table: Relation, old: str, new: str) -> None:
    column = table.column(old)
    if column is None:
        return
    want_column_name(new)
    if table.column(new) is not None:
        raise RefusedError(DUPLICATE_COLUMN, f"there is a column {new} in {table.name} already")
    state.change_column(table.oid, column.number, name=new)
    for child in state.children(table.oid):
        _rename_column(state, child, old, new)


def set_schema(state: State, relation: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """SET SCHEMA: indexes, constraints and owned sequences move along."""
    schema = state.schema(act.name)
    if relation.owned_by is not None and relation.kind == "S":
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{relation.name} belongs to a table and moves with it")
    if schema == relation.schema:
        return
    if TEMPORARY in state.schemas and state.schemas[TEMPORARY] in {schema, relation.schema}:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{relation.name} cannot become temporary, nor cease to be")
    if relation.kind in WITH_ROW_TYPE and (schema, relation.name) not in state.relation_names:
        state.want_free_type(schema, relation.name)
        want_types_to_move(state, schema, relation.name, relation.oid)
    state.change(relation, schema=schema)
    for constraint in state.constraints_on(relation.oid, "pucfxnt"):
        state.change_constraint(constraint, schema=schema)
    for index in state.indexes_on(relation.oid):
        state.change(index, schema=schema)
    for sequence in [
        each for each in state.relations.values() if each.owned_by and each.owned_by[0] == relation.oid
    ]:
        state.change(sequence, schema=schema)


def want_types_to_move(state: State, schema: int, name: str, own: int) -> None:
    """Raise DoubtfulError where a type or its array's meets another of that name in the schema it moves to.

    An array type is called `_name`, cut to 63 bytes, unless that was taken when it was made, and moves as it
    is (AlterTypeNamespaceInternal).
    """
    mine = {name, object_name("", name, "")}
    for (where, called), oid in (*state.type_names.items(), *state.relation_names.items()):
        if where != schema or oid == own or called == name:
            continue
        has_type = oid in state.types or state.relations[oid].kind in WITH_ROW_TYPE
        if has_type and not mine.isdisjoint({called, object_name("", called, "")}):
            raise DoubtfulError(f"the types of {name} and {called} may be called alike")
