"""The functions that triggers run: made, replaced, renamed, moved, dropped.

They have no arguments, so that a schema has one of a name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import FunctionFact
from fkdash.catalog.files.hanging import forget_routines
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import DUPLICATE_FUNCTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.facts import Relation, TriggerFact
    from fkdash.catalog.files.reading.nodes import AlterOther, CreateFunction, Name

PG_CATALOG: Final = "pg_catalog"
_BUILT_IN: Final = {
    "suppress_redundant_updates_trigger": "suppress_redundant_updates_trigger",
    "tsvector_update_trigger": "tsvector_update_trigger_byid",
    "tsvector_update_trigger_column": "tsvector_update_trigger_bycolumn",
}
"""Those of PostgreSQL itself that anybody may use, with pg_proc.prosrc; a plain name means them first."""
_NOWHERE: Final = 0


def create_function(state: State, node: CreateFunction) -> None:
    """CREATE FUNCTION … RETURNS trigger."""
    schema, name = state.creation_schema(node.name), node.name[-1]
    existing = state.functions.get(state.function_names.get((schema, name), _NOWHERE))
    # One that only a trigger named was made elsewhere, and the files come to know it now.
    if existing is not None and existing.language and not node.or_replace:
        raise RefusedError(DUPLICATE_FUNCTION, f"there is a function {name} already")
    oid = existing.oid if existing is not None else state.new_oid()
    state.put(state.functions, oid, FunctionFact(oid, schema, name, node.language, node.source, state.statement))
    state.put(state.function_names, (schema, name), oid)


def function_of_trigger(state: State, name: Name) -> int:
    """Give the function that a trigger names; one that no file makes is kept with what it does unknown.

    Raises DoubtfulError as `existing_function`.
    """
    found = existing_function(state, name)
    if found is not None:
        return found.oid
    oid = state.new_oid()
    if name[:-1] in {(), (PG_CATALOG,)} and name[-1] in _BUILT_IN:
        made = FunctionFact(oid, _NOWHERE, name[-1], "internal", _BUILT_IN[name[-1]])
    else:
        made = FunctionFact(oid, state.creation_schema(name), name[-1])
    state.put(state.functions, oid, made)
    state.put(state.function_names, (made.schema, made.name), oid)
    return oid


def find_function(state: State, name: Name) -> FunctionFact | None:
    """Give the function that a name means, None where no file says anything of it."""
    oids = (state.function_names.get((schema, name[-1])) for schema in _schemas(state, name))
    return next((state.functions[oid] for oid in oids if oid is not None), None)


def existing_function(state: State, name: Name) -> FunctionFact | None:
    """Give the function that a name means; raises DoubtfulError where the one of that name has left it.

    PostgreSQL refuses then, unless there is one by now that no trigger runs: those are not followed.
    """
    found = find_function(state, name)
    if found is None and any(("function", schema, name[-1]) in state.left for schema in _schemas(state, name)):
        raise DoubtfulError(f"the function {name[-1]} was renamed, moved or dropped before")
    return found


def _schemas(state: State, name: Name) -> list[int]:
    """Give the schemas that a function's name is looked for in."""
    if len(name) > 1:
        return [_NOWHERE if name[-2] == PG_CATALOG else state.schemas.get(name[-2], -1)]
    if name[-1] in _BUILT_IN and PG_CATALOG not in state.path:
        return [_NOWHERE]
    return list(state.searched())


def alter_function(state: State, node: AlterOther) -> None:
    """ALTER FUNCTION … RENAME TO and SET SCHEMA; triggers go on running it."""
    forget_routines(state, node.name)
    found = existing_function(state, node.name)
    if found is None:
        return
    changed = replace(found, name=node.act.name) if node.act.what == "rename" else found
    if node.act.what == "set schema":
        changed = replace(found, schema=state.schema(node.act.name))
    where = (changed.schema, changed.name)
    taken = state.function_names.get(where)
    if taken is not None and (taken != found.oid or node.act.what == "rename"):
        raise RefusedError(DUPLICATE_FUNCTION, f"there is a function {changed.name} already")
    _leave_name(state, found)
    state.put(state.function_names, where, found.oid)
    state.put(state.functions, found.oid, changed)


def users_of(state: State, function: int) -> Iterator[tuple[Relation, TriggerFact]]:
    """Give the triggers that run a function, with their tables; not what partitions have of a table's."""
    for relation in list(state.relations.values()):
        for trigger in relation.triggers:
            if trigger.function == function and not trigger.parent:
                yield relation, trigger


def remove_function(state: State, function: FunctionFact) -> None:
    """Remove a function and nothing else."""
    _leave_name(state, function)
    state.put(state.functions, function.oid, None)


def _leave_name(state: State, function: FunctionFact) -> None:
    where = (function.schema, function.name)
    state.put(state.function_names, where, None)
    state.put(state.left, ("function", *where), function.oid)
