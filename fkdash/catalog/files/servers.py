"""Servers of foreign tables: they have to be there, and go with CASCADE only while they have tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.dropped_relations import drop_relation
from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import DEPENDENT_OBJECTS_STILL_EXIST, DUPLICATE_OBJECT, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import CreateOther, CreateTable, Drop, Name


def create_server(state: State, node: CreateOther) -> None:
    """CREATE SERVER."""
    name = node.name[-1]
    if name not in state.servers:
        state.put(state.servers, name, state.new_oid())
    elif not node.if_not_exists:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a server {name} already")


def want_server(state: State, said: CreateTable) -> None:
    """Raise RefusedError for a foreign table of a server that is not there."""
    if said.server and said.server not in state.servers:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no server {said.server}")


def drop_server(state: State, said: Drop, name: Name) -> None:
    """DROP SERVER, with its tables."""
    if name[-1] not in state.servers:
        if said.if_exists:
            return
        raise RefusedError(UNDEFINED_OBJECT, f"there is no server {name[-1]}")
    for table in [each for each in state.relations.values() if each.server == name[-1]]:
        if not said.cascade:
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{table.name} is a table of {name[-1]}")
        if table.oid in state.relations:
            drop_relation(state, table, cascade=True)
    state.put(state.servers, name[-1], None)
