"""CREATE SCHEMA, with what is made in it in one statement, and RENAME."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import CreateIndex, CreateOther, CreateTable, CreateTrigger, Skipped
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import DUPLICATE_SCHEMA, FEATURE_NOT_SUPPORTED, INVALID_SCHEMA_DEFINITION, RESERVED_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.reading.nodes import AlterOther, Node

_ORDER: Final = ("sequence", "table", "view", "index", "trigger")


def create_schema(state: State, node: CreateOther, execute: Callable[[State, Node], None]) -> None:
    """CREATE SCHEMA; what it makes goes into it, sequences first, then tables, views, indexes, triggers."""
    name = node.name[-1]
    if node.inner and node.if_not_exists:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "IF NOT EXISTS is not for a schema with what is in it")
    if name in state.schemas:
        # A dump that makes public is for a database from which it was dropped.
        if node.if_not_exists or name == "public":
            return
        raise RefusedError(DUPLICATE_SCHEMA, f"there is a schema {name} already")
    _want_own_name(name)
    state.put(state.schemas, name, state.new_oid())
    path = state.path
    state.put(state.settings, "search_path", (name, *path))
    for each in sorted(node.inner, key=_rank):
        _want_within(name, each)
        execute(state, each)
    state.put(state.settings, "search_path", path)


def _want_own_name(name: str) -> None:
    if name.startswith("pg_"):
        raise RefusedError(RESERVED_NAME, f"{name} is a name for PostgreSQL's own schemas")


def _rank(node: Node) -> int:
    if isinstance(node, CreateOther):
        return _ORDER.index(node.kind) if node.kind in _ORDER else len(_ORDER)
    kinds = {CreateTable: "table", CreateIndex: "index", CreateTrigger: "trigger"}
    return _ORDER.index(kinds[type(node)]) if type(node) in kinds else len(_ORDER)


def _want_within(schema: str, node: Node) -> None:
    """Raise RefusedError for an element of another schema, DoubtfulError for what cannot be an element."""
    if isinstance(node, Skipped):
        return
    if (isinstance(node, CreateOther) and node.kind in {"sequence", "view"}) or isinstance(node, CreateTable):
        named = node.name
    elif isinstance(node, CreateIndex | CreateTrigger):
        named = node.table
    else:
        raise DoubtfulError("CREATE SCHEMA with something else than tables, views, indexes and triggers in it")
    if named[:-1] not in {(), (schema,)}:
        raise RefusedError(INVALID_SCHEMA_DEFINITION, f"{'.'.join(named)} is not in the schema {schema}")


def rename_schema(state: State, node: AlterOther) -> None:
    """ALTER SCHEMA … RENAME TO."""
    if node.act.what != "rename":
        raise DoubtfulError(f"{node.act.what} of a schema is not followed")
    oid = state.schema(node.name[-1])
    if node.act.name in state.schemas:
        raise RefusedError(DUPLICATE_SCHEMA, f"there is a schema {node.act.name} already")
    _want_own_name(node.act.name)
    state.put(state.schemas, node.name[-1], None)
    state.put(state.schemas, node.act.name, oid)
