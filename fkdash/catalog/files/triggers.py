"""CREATE TRIGGER and ALTER TRIGGER."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import Constraint, TriggerFact
from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.trigger_functions import function_of_trigger
from fkdash.sqlstates import (
    DUPLICATE_COLUMN,
    DUPLICATE_OBJECT,
    INTERNAL_ERROR,
    UNDEFINED_COLUMN,
    UNDEFINED_OBJECT,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import CLONED_TRIGGERS_ARE_USERS, REPLACED_TRIGGERS_KEEP_ENABLED

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading import nodes


def rename_trigger(state: State, node: nodes.AlterOther) -> None:
    """ALTER TRIGGER … RENAME TO; from PostgreSQL 15 on what partitions have of it is renamed with it."""
    table = state.relation(node.name, "rpfv")
    found = next((each for each in table.triggers if each.name == node.act.name), None)
    if found is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no trigger {node.act.name} on {table.name}")
    taken = node.act.other in {each.name for each in table.triggers}
    if taken and (node.act.other != found.name or state.version < CLONED_TRIGGERS_ARE_USERS):
        raise RefusedError(DUPLICATE_OBJECT, f"there is a trigger {node.act.other} already")
    if found.parent and state.version >= CLONED_TRIGGERS_ARE_USERS:
        raise RefusedError(INTERNAL_ERROR, f"the trigger {found.name} of {table.name} belongs to one of its table")
    _rename(state, table, found, node.act.other)


def _rename(state: State, table: Relation, renamed: TriggerFact, new: str) -> None:
    triggers = tuple(replace(each, name=new) if each.root == renamed.root else each for each in table.triggers)
    if len({each.name for each in triggers}) < len(triggers):
        raise RefusedError(DUPLICATE_OBJECT, f"there is a trigger {new} of {table.name} already")
    state.change(table, triggers=triggers)
    for child in state.children(table.oid) if state.version >= CLONED_TRIGGERS_ARE_USERS else ():
        if any(each.root == renamed.root for each in child.triggers):
            _rename(state, child, renamed, new)


def create_trigger(state: State, node: nodes.CreateTrigger) -> None:
    """CREATE TRIGGER, on partitions as well; of one on a view only the name matters."""
    table = state.relation(node.table, "rpfv")
    if node.wrong is not None:
        raise RefusedError(*node.wrong)
    _want_table_for(node, table)
    if table.kind == "v":
        node = replace(node, columns=(), asked=frozenset())
    _add(state, table, node, function_of_trigger(state, node.function), root=0)


def _want_table_for(node: nodes.CreateTrigger, table: Relation) -> None:
    """Raise RefusedError for a trigger of a table that only views have, and the other way round."""
    if table.kind != "v" and node.instead:
        raise RefusedError(WRONG_OBJECT_TYPE, f"INSTEAD OF is for views: {table.name} is a table")
    if table.kind == "v" and ((node.row and not node.instead) or node.keeps or "TRUNCATE" in node.events):
        raise RefusedError(WRONG_OBJECT_TYPE, f"{table.name} is a view, which has no such triggers")


def _add(state: State, table: Relation, node: nodes.CreateTrigger, function: int, *, root: int) -> None:
    """Add a trigger to a table, `root` is that of the one of which a partition has it."""
    existing = next((each for each in table.triggers if each.name == node.name), None)
    if existing is not None and (not node.or_replace or (existing.parent and not root)):
        raise RefusedError(DUPLICATE_OBJECT, f"there is a trigger {node.name} already")
    constraint = 0
    if node.constraint:
        constraint = state.new_oid()
        state.add_constraint(Constraint(constraint, table.schema, node.name, "t", table.oid, made=state.statement))
    numbers = {column.name: column.number for column in table.columns}
    missing = next((each for each in node.columns if each not in numbers), None)
    if missing is not None:
        raise RefusedError(UNDEFINED_COLUMN, f"there is no column {missing} in {table.name}")
    if len(set(node.columns)) < len(node.columns):
        raise RefusedError(DUPLICATE_COLUMN, "UPDATE OF names a column twice")
    made = TriggerFact(
        node.name,
        function,
        node.before,
        node.row,
        node.events,
        tuple(numbers[each] for each in node.columns),
        frozenset(numbers[each] for each in node.asked if each in numbers),
        conditional=node.conditional,
        enabled=existing.enabled
        if existing is not None and state.version >= REPLACED_TRIGGERS_KEEP_ENABLED
        else "O",
        parent=bool(root),
        root=root or state.new_oid(),
        constraint=constraint,
        made=state.statement,
    )
    others = tuple(each for each in table.triggers if each.name != node.name)
    state.change(table, triggers=(*others, made))
    if table.kind == "p" and node.row:
        for child in state.children(table.oid):
            _add(state, child, node, function, root=made.root)
