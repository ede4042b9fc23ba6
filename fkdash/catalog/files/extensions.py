"""Extensions: that they are there, in which schema, and the types that come and go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import TypeFact
from fkdash.catalog.files.known_extensions import brought_by
from fkdash.catalog.files.made_types import remove_type
from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import DUPLICATE_OBJECT, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.reading.nodes import AlterOther, CreateOther, Drop, Name


def create_extension(state: State, node: CreateOther) -> None:
    """CREATE EXTENSION."""
    name = node.name[-1]
    if name in state.extensions:
        if node.if_not_exists:
            return
        raise RefusedError(DUPLICATE_OBJECT, f"there is an extension {name} already")
    if name == "plpgsql":
        return
    schema = state.schema(node.schema) if node.schema else state.creation_schema((name,))
    state.put(state.extensions, name, schema)
    for type_name in brought_by(name).types:
        if (schema, type_name) not in state.type_names:
            state.add_type(TypeFact(state.new_oid(), schema, type_name, "x", made=state.statement))


def move_extension(state: State, node: AlterOther) -> None:
    """ALTER EXTENSION … SET SCHEMA."""
    name, schema = node.name[-1], state.schema(node.act.name)
    if name not in state.extensions:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no extension {name}")
    for type_fact in _types(state, name):
        state.change_type(type_fact, schema=schema)
    state.put(state.extensions, name, schema)


def drop_extension(state: State, said: Drop, name: Name) -> None:
    """DROP EXTENSION, with its types."""
    if name[-1] not in state.extensions:
        if said.if_exists or name[-1] == "plpgsql" or state.doubted:
            return
        raise RefusedError(UNDEFINED_OBJECT, f"there is no extension {name[-1]}")
    for type_fact in _types(state, name[-1]):
        remove_type(state, type_fact, cascade=said.cascade)
    state.put(state.extensions, name[-1], None)


def _types(state: State, name: str) -> Iterator[TypeFact]:
    for type_name in brought_by(name).types:
        oid = state.type_names.get((state.extensions[name], type_name))
        if oid is not None:
            yield state.types[oid]
