"""DROP of what runs: triggers, rules, and the functions that triggers, defaults, checks and indexes use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fkdash.catalog.files.built_in import is_built_in
from fkdash.catalog.files.dropped_relations import drop_relation
from fkdash.catalog.files.hanging import callers, forget_routines
from fkdash.catalog.files.reading.nodes import ROUTINES
from fkdash.catalog.files.rules import remove_rule
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.trigger_functions import existing_function, find_function, remove_function, users_of
from fkdash.catalog.files.views import leave_view, may_be_gone
from fkdash.sqlstates import DEPENDENT_OBJECTS_STILL_EXIST, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.facts import FunctionFact, Relation, TypeFact
    from fkdash.catalog.files.reading.nodes import Drop, Name


def drop_trigger(state: State, said: Drop, name: Name) -> None:
    """DROP TRIGGER; one that a partition has of its table stays."""
    table = state.find(said.on)
    if table is None or name[-1] not in {each.name for each in table.triggers}:
        if said.if_exists:
            return
        state.relation(said.on, "rpfvm")
        raise RefusedError(UNDEFINED_OBJECT, f"there is no trigger {name[-1]} on {'.'.join(said.on)}")
    if any(each.name == name[-1] and each.parent for each in table.triggers):
        raise RefusedError(
            DEPENDENT_OBJECTS_STILL_EXIST, f"the trigger {name[-1]} of {table.name} belongs to one of its table"
        )
    remove_trigger(state, table, name[-1])


def remove_trigger(state: State, table: Relation, name: str) -> None:
    """Remove a trigger, and what partitions have of it."""
    gone = next(each for each in table.triggers if each.name == name)
    if gone.constraint:
        state.remove_constraint(state.constraints[gone.constraint])
    state.change(table, triggers=tuple(each for each in table.triggers if each.name != name))
    for child in state.children(table.oid):
        for each in child.triggers:
            if each.root == gone.root and each.parent:
                remove_trigger(state, child, each.name)


def drop_rule(state: State, said: Drop, name: Name) -> None:
    """DROP RULE."""
    table = state.find(said.on)
    if table is None or all(each.name != name[-1] for each in table.rules):
        if said.if_exists or (table is not None and table.kind in "vm"):
            return
        state.relation(said.on, "rpfvm")
        raise RefusedError(UNDEFINED_OBJECT, f"there is no rule {name[-1]} on {'.'.join(said.on)}")
    remove_rule(state, table, name[-1])


def drop_routine(state: State, said: Drop, name: Name) -> None:
    """Drop with a function what is made with it: triggers; raises DoubtfulError where something else uses it.

    Functions are told apart by name alone: it may be another one of that name that is used.
    """
    if said.kind not in ROUTINES:
        raise DoubtfulError(f"what goes with a {said.kind} is not followed")
    user = next(_users(state, name[-1]), None)
    if user is not None:
        done = "goes with it" if said.cascade else "keeps it from being dropped, if it is this one"
        raise DoubtfulError(f"what uses the function {name[-1]} in {user} {done}")
    calling = callers(state, name[-1]) if not said.cascade else []
    if calling:
        raise DoubtfulError(
            f"the policy {calling[0]} keeps the function {name[-1]}, if it is this one that it calls"
        )
    [signature] = said.signatures
    drop_callers(state, name[-1], signature, cascade=said.cascade)
    forget_routines(state, name)
    if not said.cascade and signature:
        return
    found = find_function(state, name) if said.if_exists else existing_function(state, name)
    if found is not None and found.schema:
        drop_function(state, found, cascade=said.cascade)


def drop_callers(state: State, function: str, signature: str | None, *, cascade: bool) -> None:
    """Drop the views and rules that call a function which goes with CASCADE, else refuse.

    Where it may be another function of this name, views may be gone with CASCADE; else DoubtfulError is raised.
    """
    views = [each for each in state.relations.values() if function in each.calls]
    rules = [(each, rule) for each in state.relations.values() for rule in each.rules if function in rule.calls]
    users = [f"the view {each.name}" for each in views]
    users += [f"the rule {rule.name} of {table.name}" for table, rule in rules]
    if not users:
        return
    known = {(each.schema, f"{function}()") for each in state.functions.values() if each.name == function}
    known |= {
        where[1:] for where in state.hanging if where[0] == "function" and where[2].startswith(f"{function}(")
    }
    meant = {said for _, said in known} if signature is None else {f"{function}({signature})"}
    only = len(known) == 1 and {said for _, said in known} == meant and not is_built_in(function)
    only = only and not any(may_be_gone(state, view) for view in views)
    if not only and cascade and not rules:
        for view in views:
            leave_view(state, view)
        return
    if not only:
        raise DoubtfulError(f"{users[0]} seems to call the function {function}")
    if not cascade:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{users[0]} calls the function {function}")
    for table, rule in rules:
        remove_rule(state, table, rule.name)
    for view in views:
        if view.oid in state.relations:
            drop_relation(state, view, cascade=True)


def drop_function(state: State, function: FunctionFact, *, cascade: bool) -> None:
    """Drop a function that triggers run, and them with CASCADE."""
    for relation, trigger in users_of(state, function.oid):
        if not cascade:
            raise RefusedError(
                DEPENDENT_OBJECTS_STILL_EXIST,
                f"the trigger {trigger.name} of {relation.name} runs {function.name}",
            )
        remove_trigger(state, state.relations[relation.oid], trigger.name)
    remove_function(state, function)


def want_no_call_into(state: State, schema: str, oid: int) -> None:
    """Raise DoubtfulError where an expression of another schema calls a function of one that goes."""
    call = re.compile(rf"(?<![\w$.]){re.escape(schema)}\s*\.\s*[\w$]+\s*\(", re.IGNORECASE)
    for place, where, text in _expressions(state):
        if where != oid and call.search(text.replace('"', "")):
            raise DoubtfulError(f"a function of the schema {schema} that {place} uses goes with it")


def want_no_cast_to(state: State, type_fact: TypeFact) -> None:
    """Raise DoubtfulError where an expression names a type that goes, as in a cast."""
    name = re.escape(type_fact.name)
    cast = re.compile(rf"""(?:::|\bas)\s*(?:[\w$"]+\s*\.\s*)?"?{name}"?(?![\w$])""", re.IGNORECASE)
    for place, _, text in _expressions(state):
        if cast.search(text):
            raise DoubtfulError(f"an expression of {place} seems to use the type {type_fact.name}")


def _users(state: State, called: str) -> Iterator[str]:
    """Give the relations and domains of which an expression calls a function of this name."""
    call = re.compile(rf"(?<![\w$]){re.escape(called)}\s*\(", re.IGNORECASE)
    for place, _, text in _expressions(state):
        if call.search(text.replace('"', "")):
            yield place


def _expressions(state: State) -> Iterator[tuple[str, int, str]]:
    """Give every expression, with the name and the schema of what it belongs to."""
    for relation in state.relations.values():
        used = [column.default for column in relation.columns] + list(relation.key_expressions)
        if relation.index is not None:
            used += [*relation.index.expressions, relation.index.predicate]
        yield from ((relation.name, relation.schema, each.text({})) for each in used if each is not None)
    for constraint in state.constraints.values():
        if constraint.expression is not None:
            owner = state.relations.get(constraint.table) or state.types[constraint.domain]
            yield owner.name, owner.schema, constraint.expression.text({})
    for type_fact in state.types.values():
        if type_fact.default is not None:
            yield type_fact.name, type_fact.schema, type_fact.default
