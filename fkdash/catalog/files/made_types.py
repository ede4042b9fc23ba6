"""CREATE, ALTER and DROP TYPE: composite types have attributes, and a range has a multirange that goes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.dropped_relations import drop_relation
from fkdash.catalog.files.dropping_code import want_no_cast_to
from fkdash.catalog.files.facts import Attribute, Relation, TypeFact, TypeRef
from fkdash.catalog.files.hanging import want_type_unused
from fkdash.catalog.files.reading.nodes import Act
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.alter import alter_with_type
from fkdash.catalog.files.tables.alter_names import want_types_to_move
from fkdash.catalog.files.tables.dropped_columns import drop_column
from fkdash.catalog.files.tables.typed import tables_of, want_no_tables_of
from fkdash.catalog.files.types import type_of, want_no_member
from fkdash.sqlstates import (
    DEPENDENT_OBJECTS_STILL_EXIST,
    DUPLICATE_COLUMN,
    DUPLICATE_OBJECT,
    FEATURE_NOT_SUPPORTED,
    INVALID_PARAMETER_VALUE,
    UNDEFINED_COLUMN,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
    UNIQUE_VIOLATION,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import LABELS_OF_NEW_ENUMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.reading.nodes import AlterAttributes, AlterOther, ColumnSaid, CreateOther, Drop, Name

_KINDS = {"enum": "e", "range": "r", "composite": "c", "shell": "s"}


def create_type(state: State, node: CreateOther) -> None:
    """CREATE TYPE."""
    schema, name = state.creation_schema(node.name), node.name[-1]
    kind = _KINDS.get(node.detail, "b")
    existing = state.type_names.get((schema, name))
    if existing is not None and state.types[existing].kind == "s" and kind != "s":
        state.remove_type(state.types[existing])
    attributes = [(column.name, _type_of(state, column)) for column in node.columns]
    if len(set(node.labels)) < len(node.labels):
        raise RefusedError(UNIQUE_VIOLATION, f"a label of {name} stands there twice")
    made = TypeFact(state.new_oid(), schema, name, kind, labels=node.labels, made=state.statement)
    state.add_type(made)
    if kind == "e":
        state.put(state.fresh_labels, (made.oid, ""), state.statement)
    if kind == "c":
        composite = Relation(state.new_oid(), schema, name, "c", made=state.statement)
        state.add_relation(composite)
        for attribute, type_ref in attributes:
            _add_attribute(state, composite, attribute, type_ref)
    if kind == "r":
        multi = node.schema or (
            name.replace("range", "multirange", 1) if "range" in name else f"{name}_multirange"
        )
        of = TypeRef(oid=made.oid)
        state.add_type(TypeFact(state.new_oid(), schema, multi, "m", of, made=state.statement))


def _type_of(state: State, said: ColumnSaid) -> TypeRef:
    assert said.type is not None  # noqa: S101 - an attribute has one
    return type_of(state, said.type)


def _add_attribute(state: State, composite: Relation, name: str, type_ref: TypeRef) -> None:
    now = state.relations[composite.oid]
    if now.column(name) is not None:
        raise RefusedError(DUPLICATE_COLUMN, f"{name} is an attribute of {now.name} already")
    want_no_member(state, type_ref, now)
    attribute = Attribute(now.next_number, name, type_ref, made=state.statement)
    state.change(now, columns=(*now.columns, attribute), next_number=now.next_number + 1)


def alter_type(state: State, node: AlterOther) -> None:
    """ALTER TYPE … RENAME TO and SET SCHEMA."""
    found, act = state.find_type(node.name), node.act
    if found is None:
        relation = state.find(node.name)
        if relation is not None and relation.kind == "r":
            raise RefusedError(WRONG_OBJECT_TYPE, f"{node.name[-1]} is a table's row type")
        state.want_schema_of(node.name)
        raise RefusedError(UNDEFINED_OBJECT, f"there is no type {'.'.join(node.name)}")
    if act.what in {"add value", "rename value"}:
        _alter_labels(state, found, act)
        return
    composite = _composite(state, found)
    if act.what == "rename":
        state.want_free_type(found.schema, act.name)
        state.change_type(found, name=act.name)
    elif act.what == "set schema":
        schema = state.schema(act.name)
        if schema != found.schema:
            want_types_to_move(state, schema, found.name, found.oid)
        state.change_type(found, schema=schema)
    else:
        raise DoubtfulError(f"{act.what} of a type is not followed")
    now = state.types[found.oid]
    if composite is not None:
        state.change(composite, schema=now.schema, name=now.name)
    for constraint in [each for each in state.constraints.values() if each.domain == found.oid]:
        state.change_constraint(constraint, schema=now.schema)


def _alter_labels(state: State, found: TypeFact, act: Act) -> None:
    """ALTER TYPE … ADD VALUE and RENAME VALUE; one that is added can be used once it is committed."""
    if found.kind != "e":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{found.name} is no enum")
    asked = act.other if act.what == "add value" else act.name
    if asked and asked not in found.labels:
        raise RefusedError(INVALID_PARAMETER_VALUE, f"{found.name} has no label {asked}")
    new = act.name if act.what == "add value" else act.other
    if new in found.labels:
        if act.if_exists:
            return
        raise RefusedError(DUPLICATE_OBJECT, f"{found.name} has a label {new} already")
    if act.what == "add value":
        state.change_type(found, labels=(*found.labels, new))
        if (found.oid, "") not in state.fresh_labels or state.version < LABELS_OF_NEW_ENUMS:
            state.put(state.fresh_labels, (found.oid, new), state.statement)
    else:
        state.change_type(found, labels=tuple(new if each == act.name else each for each in found.labels))


def _composite(state: State, found: TypeFact) -> Relation | None:
    """Give the relation that has the attributes of a composite type, None for any other type."""
    oid = state.relation_names.get((found.schema, found.name)) if found.kind == "c" else None
    return state.relations[oid] if oid is not None and state.relations[oid].kind == "c" else None


def alter_attributes(state: State, node: AlterAttributes) -> None:
    """ALTER TYPE of a composite type's attributes."""
    composite = state.find(node.name)
    if composite is None:
        state.want_schema_of(node.name)
        raise RefusedError(UNDEFINED_TABLE, f"there is no composite type {'.'.join(node.name)}")
    if composite.kind != "c":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{composite.name} is no composite type")
    for act in node.acts:
        _alter_attribute(state, state.relations[composite.oid], act)


def _alter_attribute(state: State, composite: Relation, act: Act) -> None:
    own = state.types[state.type_names[composite.schema, composite.name]]
    _change_attribute(state, composite, act, own)
    if not act.cascade:
        want_no_tables_of(state, own)
    what = "alter type" if act.what == "column type" else act.what
    for table in tables_of(state, own.oid):
        alter_with_type(state, table, replace(act, what=what))


def _change_attribute(state: State, composite: Relation, act: Act, own: TypeFact) -> None:
    if act.what == "drop column":
        drop_column(state, composite, act, only=False)
        return
    if act.column is not None:
        _add_attribute(state, composite, act.column.name, _type_of(state, act.column))
        return
    attribute = composite.column(act.name)
    if attribute is None:
        raise RefusedError(UNDEFINED_COLUMN, f"there is no attribute {act.name} in {composite.name}")
    if act.type is None:
        if composite.column(act.other) is not None:
            raise RefusedError(DUPLICATE_COLUMN, f"{act.other} is an attribute of {composite.name} already")
        state.change_column(composite.oid, attribute.number, name=act.other)
        return
    user = next(stored_in(state, own.oid, {own.oid}), None)
    if user is not None:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{user} has the type {composite.name}")
    type_ref = type_of(state, act.type)
    want_no_member(state, type_ref, composite)
    state.change_column(composite.oid, attribute.number, type=type_ref)


def stored_in(state: State, oid: int, seen: set[int]) -> Iterator[str]:
    """Give the tables with columns of a type, of a domain over it, or of a composite type with it."""
    for relation in state.relations.values():
        if any(column.type.oid == oid for column in relation.columns):
            if relation.kind != "c":
                yield relation.name
                continue
            above = state.type_names[relation.schema, relation.name]
            if above not in seen:
                yield from stored_in(state, above, seen | {above})
    for other in state.types.values():
        if other.kind == "d" and other.base is not None and other.base.oid == oid and other.oid not in seen:
            yield from stored_in(state, other.oid, seen | {other.oid})


def want_reached(state: State, domain: TypeFact) -> None:
    """Raise RefusedError where values of a domain are stored within others, in which PostgreSQL looks at none."""
    for relation in state.relations.values():
        for column in relation.columns:
            if column.type.oid != domain.oid:
                continue
            if column.type.array and relation.kind != "c":
                raise RefusedError(
                    FEATURE_NOT_SUPPORTED, f"{relation.name}.{column.name} has many of {domain.name}"
                )
            rows = _row_type(state, relation)
            user = next(stored_in(state, rows, {rows}), None) if rows else None
            if user is not None:
                raise RefusedError(FEATURE_NOT_SUPPORTED, f"{user} has {domain.name} in a column's type")
    for other in state.types.values():
        if other.kind == "d" and other.base is not None and other.base.oid == domain.oid:
            want_reached(state, other)


def _row_type(state: State, relation: Relation) -> int:
    """Give the type of a relation's rows, 0 where no column has it."""
    where = (relation.schema, relation.name)
    return next(
        (oid for oid, each in state.types.items() if each.kind == "c" and (each.schema, each.name) == where), 0
    )


def drop_type(state: State, said: Drop, name: Name) -> None:
    """DROP TYPE and DROP DOMAIN."""
    found = state.find_type(name)
    if found is None:
        if said.if_exists:
            return
        state.want_schema_of(name)
        raise RefusedError(UNDEFINED_OBJECT, f"there is no type {'.'.join(name)}")
    if said.kind == "domain" and found.kind != "d":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{'.'.join(name)} is not a domain")
    if found.kind == "m" and found.base is not None:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"a range needs its multirange {found.name}")
    remove_type(state, found, cascade=said.cascade)


def remove_type(state: State, found: TypeFact, *, cascade: bool) -> None:
    """Remove a type with what PostgreSQL drops along, or refuses to drop without CASCADE."""
    for other in [each for each in state.types.values() if each.base is not None and each.base.oid == found.oid]:
        if other.kind == "d" and not cascade:
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{other.name} is built on {found.name}")
        remove_type(state, other, cascade=cascade)
    _remove_columns(state, found, cascade=cascade)
    _remove_tables(state, found, cascade=cascade)
    want_no_cast_to(state, found)
    want_type_unused(state, found.oid, found.name, cascade=cascade)
    composite = _composite(state, found)
    if composite is not None:
        state.remove_relation(composite)
    state.remove_type(found)


def _remove_tables(state: State, found: TypeFact, *, cascade: bool) -> None:
    """Drop the tables of a type that goes with CASCADE, else refuse."""
    if not cascade:
        want_no_tables_of(state, found)
    for table in tables_of(state, found.oid):
        drop_relation(state, table, cascade=True)


def _remove_columns(state: State, found: TypeFact, *, cascade: bool) -> None:
    """Drop the columns of a type that goes, those that are inherited with or after their parents' ones."""
    while (place := _column_of(state, found)) is not None:
        relation, name = place
        if not cascade:
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{relation.name}.{name} has the type {found.name}")
        column = relation.column(name)
        if column is not None and relation.is_partitioned_by(column.number):
            # Without its key there is no partitioned table.
            drop_relation(state, relation, cascade=True)
            continue
        drop_column(state, relation, Act("drop column", name, cascade=True), only=False)
    for relation in list(state.relations.values()):
        for column in relation.columns:
            if column.default_type == found.oid:
                if not cascade:
                    raise RefusedError(
                        DEPENDENT_OBJECTS_STILL_EXIST,
                        f"the default of {relation.name}.{column.name} has the type {found.name}",
                    )
                state.change_column(relation.oid, column.number, default=None, default_type=0)


def _column_of(state: State, found: TypeFact) -> tuple[Relation, str] | None:
    """Give a column of a type that is no other table's as well."""
    for relation in state.relations.values():
        for column in relation.columns:
            if column.type.oid == found.oid and not column.inherited:
                return relation, column.name
    return None
