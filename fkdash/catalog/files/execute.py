"""Carries out what a statement says on the facts; transactions and blocks are for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.files.domains import alter_domain, create_domain
from fkdash.catalog.files.dropped_relations import drop_relation
from fkdash.catalog.files.dropping import drop
from fkdash.catalog.files.extensions import create_extension, move_extension
from fkdash.catalog.files.facts import Relation
from fkdash.catalog.files.hanging import hang
from fkdash.catalog.files.made_types import alter_attributes, alter_type, create_type
from fkdash.catalog.files.named import want_all, want_named
from fkdash.catalog.files.reading import nodes
from fkdash.catalog.files.reading.calls import names_called
from fkdash.catalog.files.reading.named_nodes import Names
from fkdash.catalog.files.rules import create_rule
from fkdash.catalog.files.schemas import create_schema, rename_schema
from fkdash.catalog.files.servers import create_server
from fkdash.catalog.files.state import DEFAULT_PATH, TEMPORARY, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables import partitions
from fkdash.catalog.files.tables.alter import alter_table
from fkdash.catalog.files.tables.alter_names import rename, set_schema
from fkdash.catalog.files.tables.columns import column_of
from fkdash.catalog.files.tables.create import create_table
from fkdash.catalog.files.tables.keys import create_index
from fkdash.catalog.files.trigger_functions import alter_function, create_function
from fkdash.catalog.files.triggers import create_trigger, rename_trigger
from fkdash.catalog.files.views import may_be_gone, used_by_query, want_distinct_names
from fkdash.sqlstates import (
    DUPLICATE_OBJECT,
    DUPLICATE_TABLE,
    FEATURE_NOT_SUPPORTED,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_VIEWS: Final = {"view": "v", "materialized view": "m", "sequence": "S"}


def execute(state: State, node: nodes.Node) -> None:
    """Carry out one statement; raises RefusedError or DoubtfulError, with some of it done."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise DoubtfulError(f"{type(node).__name__} is not followed")
    handler(state, node)


def _nothing(_state: State, _node: nodes.Skipped) -> None:
    """Nothing that is followed changes."""


def _doubt(_state: State, node: nodes.Doubtful) -> None:
    raise DoubtfulError(node.reason)


def _set_path(state: State, node: nodes.SetPath) -> None:
    state.put(state.settings, "search_path", DEFAULT_PATH if node.path is None else node.path)


def _create_other(state: State, node: nodes.CreateOther) -> None:
    if node.kind == "schema":
        create_schema(state, node, execute)
    elif node.kind == "extension":
        create_extension(state, node)
    elif node.kind == "operator":
        state.put(state.operators, node.name[-1], state.statement)
    elif node.kind == "server":
        create_server(state, node)
    elif node.kind == "type":
        create_type(state, node)
    else:
        _create_view_or_sequence(state, node)


def _create_view_or_sequence(state: State, node: nodes.CreateOther) -> None:
    temporary = node.temporary or _reads_temporary(state, node)
    if temporary and node.kind == "materialized view":
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a materialized view reads from nothing that is temporary")
    if temporary and len(node.name) > 1 and node.name[-2] != TEMPORARY:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{node.name[-1]} is temporary, its schema is not")
    if temporary and TEMPORARY not in state.schemas:
        state.put(state.schemas, TEMPORARY, state.new_oid())
    schema = state.schemas[TEMPORARY] if temporary else state.creation_schema(node.name)
    name = node.name[-1]
    existing = state.relation_names.get((schema, name))
    if existing is not None and may_be_gone(state, state.relations[existing]):
        # Whoever makes it again knows that it is gone, or replaces it.
        drop_relation(state, state.relations[existing], cascade=True)
        state.put(state.left, ("view", schema, name), None)
        existing = None
    if existing is not None:
        if node.if_not_exists:
            return
        if node.or_replace and state.relations[existing].kind == "v":
            want_all(state, node.named)
            uses, surely = used_by_query(state, node.query, node.words)
            state.change(state.relations[existing], uses=uses, surely=surely, calls=names_called(node.query))
            return
        raise RefusedError(DUPLICATE_TABLE, f"there is a relation {name} already")
    want_all(state, node.named)
    kind = _VIEWS[node.kind]
    if not node.detail:
        want_distinct_names(state, node.query)
    uses, surely = used_by_query(state, node.query, node.words)
    made = Relation(
        state.new_oid(),
        schema,
        name,
        kind,
        uses=uses,
        surely=surely,
        calls=names_called(node.query),
        temporary=temporary,
        made=state.statement,
    )
    if (schema, name) in state.type_names:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a type {name} already")
    state.add_relation(made)
    if node.owner:
        _owned_by(state, made, node.owner)


def _reads_temporary(state: State, node: nodes.CreateOther) -> bool:
    """Tell whether a view reads from what is temporary, and so is temporary itself."""
    found = (state.find(each.name) for each in node.named)
    return any(each is not None and each.temporary for each in found)


def _alter_other(state: State, node: nodes.AlterOther) -> None:
    if node.kind in {"index", "sequence"}:
        _alter_relation(state, node)
    elif node.kind == "type":
        alter_type(state, node)
    elif node.kind == "schema":
        rename_schema(state, node)
    elif node.kind == "trigger":
        rename_trigger(state, node)
    elif node.kind == "function":
        alter_function(state, node)
    elif node.act.what == "set schema" and node.kind == "extension":
        move_extension(state, node)
    else:
        raise DoubtfulError(f"ALTER {node.kind.upper()} is not followed")


def _alter_relation(state: State, node: nodes.AlterOther) -> None:
    found = state.find(node.name)
    if found is None:
        if node.if_exists:
            return
        state.want_schema_of(node.name)
        raise RefusedError(UNDEFINED_TABLE, f"there is no {node.kind} {'.'.join(node.name)}")
    act = node.act
    if act.what == "rename":
        rename(state, found, act, only=False)
    elif act.what == "set schema":
        set_schema(state, found, act, only=False)
    elif act.what == "attach partition":
        partitions.attach_index(state, node.name, act.table)
    elif act.what == "owned by":
        _owned_by(state, found, act.table)
    else:
        raise DoubtfulError(f"{act.what} of a {node.kind} is not followed")


def _owned_by(state: State, sequence: Relation, owner: nodes.Name) -> None:
    if sequence.identity:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{sequence.name} belongs to an identity column")
    if owner == ("none",):
        state.change(sequence, owned_by=None)
        return
    table = state.relation(owner[:-1], "rpf")
    if table.schema != sequence.schema:
        raise RefusedError(
            OBJECT_NOT_IN_PREREQUISITE_STATE, f"{table.name} is in another schema than {sequence.name}"
        )
    state.change(sequence, owned_by=(table.oid, column_of(table, owner[-1]).number))


def _comment(state: State, node: nodes.CommentOnConstraint) -> None:
    table = state.relation(node.table, "rpf")
    found = state.constraint(table, node.name)
    if found is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {node.name} on {table.name}")
    state.change_constraint(found, comment=node.text or None)


_HANDLERS: Final[dict[type, Callable[[State, Any], None]]] = {
    nodes.Skipped: _nothing,
    nodes.HangsOn: hang,
    Names: want_named,
    nodes.Doubtful: _doubt,
    nodes.SetPath: _set_path,
    nodes.CreateTable: create_table,
    nodes.AlterTable: alter_table,
    nodes.CreateIndex: create_index,
    nodes.Drop: drop,
    nodes.CreateOther: _create_other,
    nodes.CreateDomain: create_domain,
    nodes.AlterDomain: alter_domain,
    nodes.AlterOther: _alter_other,
    nodes.AlterAttributes: alter_attributes,
    nodes.CreateFunction: create_function,
    nodes.CreateTrigger: create_trigger,
    nodes.CreateRule: create_rule,
    nodes.CommentOnConstraint: _comment,
}
"""Each takes the node that it is listed by."""
