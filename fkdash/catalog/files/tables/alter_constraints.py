"""What ALTER TABLE does to constraints that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.dropped_relations import remove_key
from fkdash.catalog.files.state import EVERY_CONSTRAINT, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.foreign_keys import copies_of, mark_validated
from fkdash.sqlstates import (
    DEPENDENT_OBJECTS_STILL_EXIST,
    DUPLICATE_OBJECT,
    DUPLICATE_TABLE,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    UNDEFINED_OBJECT,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import NOT_ENFORCED

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Constraint, Relation
    from fkdash.catalog.files.reading.nodes import Act


def _named(state: State, table: Relation, name: str) -> Constraint:
    found = state.constraint(table, name)
    if found is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {name} on {table.name}")
    return found


def drop_constraint(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """DROP CONSTRAINT, with what inherits it."""
    found = state.constraint(table, act.name)
    if found is None:
        if act.if_exists:
            return
        raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {act.name} on {table.name}")
    if found.parent or (found.inherited and found.kind != "f"):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    if only and state.children(table.oid) and found.kind in "cn":
        raise DoubtfulError("dropping a constraint of a table alone is not followed")
    if found.kind == "n" and any(each.identity for each in table.columns if each.number in found.columns):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} is the NOT NULL of an identity column")
    index = state.relations[found.index].index if found.kind in "pux" else None
    if index is not None and index.parent:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"the index of {act.name} belongs to one of the table's")
    remove_key(state, found, cascade=act.cascade)


def validate(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """VALIDATE CONSTRAINT, on what inherits it too."""
    found = _named(state, table, act.name)
    if found.kind not in "cfn":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{act.name} is no constraint that can be validated")
    if not found.enforced:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{act.name} is not enforced")
    if found.validated:
        return
    state.change_constraint(found, validated=True)
    if found.kind == "f":
        for copy in copies_of(state, found):
            mark_validated(state, copy)
        return
    for child in state.children(table.oid):
        inherited = state.constraint(child, act.name)
        if inherited is not None and not found.no_inherit:
            validate(state, child, act, only=only)


def alter_constraint(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """ALTER CONSTRAINT: deferrability, from PostgreSQL 18 on enforcement and inheritance."""
    found = _named(state, table, act.name)
    flags = dict(act.flags)
    if found.kind == "n" and set(flags) == {"inherit"}:
        if found.inherited and not flags["inherit"]:
            raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} of {table.name} is inherited")
        if table.kind == "p" or state.children(table.oid):
            raise DoubtfulError("whether a NOT NULL constraint is inherited is not followed")
        state.change_constraint(found, no_inherit=not flags["inherit"])
        return
    if found.kind != "f" or not set(flags) <= {"deferrable", "deferred", "enforced"}:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{act.name} is no foreign key")
    if found.parent:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} belongs to the partitioned table's key")
    if "enforced" in flags and state.version < NOT_ENFORCED:
        raise RefusedError(SYNTAX_ERROR, "NOT ENFORCED is known from PostgreSQL 18 on")
    changes: dict[str, object] = {}
    if "deferrable" in flags or "deferred" in flags:
        deferred = flags.get("deferred", False)
        if deferred and flags.get("deferrable") is False:
            raise RefusedError(SYNTAX_ERROR, "what is INITIALLY DEFERRED must be DEFERRABLE")
        changes["deferrable"] = flags.get("deferrable", deferred)
        changes["initially_deferred"] = deferred
    if "enforced" in flags and flags["enforced"] is not found.enforced:
        # Enforcing it checks every row; what is not enforced is not valid either.
        changes["enforced"] = changes["validated"] = flags["enforced"]
    _change_with_copies(state, found, changes)


def _change_with_copies(state: State, key: Constraint, changes: dict[str, object]) -> None:
    state.change_constraint(key, **changes)
    for copy in copies_of(state, key):
        _change_with_copies(state, copy, changes)


def rename_constraint(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """RENAME CONSTRAINT; an index that carries it is renamed with it."""
    found = _named(state, table, act.name)
    if found.inherited and found.kind in "cn" and not only:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    if found.kind in "pux" and (table.schema, act.other) in state.relation_names:
        raise RefusedError(DUPLICATE_TABLE, f"there is a relation {act.other} already")
    if state.constraint(table, act.other, EVERY_CONSTRAINT) is not None:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {act.other} already")
    _rename(state, table, found, act.other)


def _rename(state: State, table: Relation, found: Constraint, name: str) -> None:
    if found.index and found.kind in "pux":
        state.change(state.relations[found.index], name=name)
    state.change_constraint(found, name=name)
    if found.kind in "cn" and not found.no_inherit:
        for child in state.children(table.oid):
            inherited = state.constraint(child, found.name)
            if inherited is not None:
                if state.constraint(child, name) is not None:
                    raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {name} of {child.name} already")
                _rename(state, child, inherited, name)
            elif found.kind == "n":
                raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {found.name} on {child.name}")
