"""Typed tables: their columns are those of a composite type, and change with it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import ColumnSaid
from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DEPENDENT_OBJECTS_STILL_EXIST,
    DUPLICATE_COLUMN,
    FEATURE_NOT_SUPPORTED,
    UNDEFINED_COLUMN,
    UNDEFINED_OBJECT,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.facts import Relation, TypeFact, TypeRef
    from fkdash.catalog.files.reading.nodes import Act, ConstraintSaid, LikeSaid, Name

_NEVER: Final = {
    "add column": "add a column to",
    "drop column": "drop a column of",
    "alter type": "alter the type of a column of",
    "rename column": "rename a column of",
    "rename constraint": "rename a constraint of",
    "inherit": "change what is inherited by",
    "no inherit": "change what is inherited by",
}
_COMPUTED: Final = {"identity": "an identity column", "generated": "a generated column"}


def composite_type(state: State, name: Name) -> tuple[TypeFact, Relation]:
    """Give a composite type with its attributes; raises RefusedError where there is none of that name."""
    found, relation = state.find_type(name), state.find(name)
    if found is None and relation is None:
        state.want_schema_of(name)
        raise RefusedError(UNDEFINED_OBJECT, f"there is no type {'.'.join(name)}")
    if found is None or found.kind != "c" or relation is None or relation.kind != "c":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{'.'.join(name)} is no composite type that a table can be of")
    return found, relation


def columns_of_type(
    attributes: Relation, elements: Sequence[ColumnSaid | ConstraintSaid | LikeSaid]
) -> Iterator[tuple[ColumnSaid, TypeRef]]:
    """Give the columns of a typed table, each with what the statement says of it; raises RefusedError."""
    said: dict[str, ColumnSaid] = {}
    for each in elements:
        if isinstance(each, ColumnSaid):
            if each.name in said:
                raise RefusedError(DUPLICATE_COLUMN, f"the column {each.name} stands there twice")
            if attributes.column(each.name) is None:
                raise RefusedError(UNDEFINED_COLUMN, f"there is no attribute {each.name} in {attributes.name}")
            for one in each.constraints:
                if one.kind in _COMPUTED:
                    raise RefusedError(FEATURE_NOT_SUPPORTED, f"a typed table has not {_COMPUTED[one.kind]}")
            said[each.name] = each
    for attribute in attributes.columns:
        options = said.get(attribute.name)
        yield ColumnSaid(attribute.name, None, options.constraints if options else ()), attribute.type


def want_not_typed(relation: Relation, acts: Sequence[Act]) -> None:
    """Raise RefusedError for what only the type of a typed table can have done to it."""
    for act in acts if relation.of_type else ():
        if act.what in _NEVER:
            raise RefusedError(
                WRONG_OBJECT_TYPE, f"nobody can {_NEVER[act.what]} a typed table, as {relation.name}"
            )


def tables_of(state: State, type_oid: int) -> list[Relation]:
    """Give the tables that are of a type."""
    return [each for each in state.relations.values() if each.of_type == type_oid]


def want_no_tables_of(state: State, type_fact: TypeFact) -> None:
    """Raise RefusedError where tables are of a type that is to change without CASCADE."""
    for table in tables_of(state, type_fact.oid):
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{table.name} is of the type {type_fact.name}")


def make_typed(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """ALTER TABLE … OF a type that has just its columns."""
    found, attributes = composite_type(state, act.table)
    if table.parents:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{table.name} inherits, which no typed table does")
    mine = [(each.name, each.type) for each in table.columns]
    if mine != [(each.name, each.type) for each in attributes.columns]:
        raise RefusedError(DATATYPE_MISMATCH, f"{table.name} has other columns than the type {found.name}")
    state.change(table, of_type=found.oid)


def make_untyped(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """ALTER TABLE … NOT OF."""
    if not table.of_type:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{table.name} is no typed table")
    state.change(table, of_type=0)
