"""CHECK constraints of tables and what inherits them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.expressions import template
from fkdash.catalog.files.facts import Constraint
from fkdash.catalog.files.possible import want_condition, want_expression
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import DUPLICATE_OBJECT, INVALID_OBJECT_DEFINITION

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation, Template
    from fkdash.catalog.files.reading.nodes import ConstraintSaid


def check_name(state: State, table: Relation, expression: Template) -> str:
    """Give the name of a check without one: that of its only column is in it."""
    names = table.names
    columns = [number for number in expression.columns if number]
    only = names[columns[0]] if len(expression.columns) == 1 and columns else ""
    return state.constraint_name(table.schema, table.name, only, "check")


def add_check(state: State, table: Relation, said: ConstraintSaid, *, may_be_unchecked: bool) -> None:
    """Add a check to a table and to what inherits from it; only ALTER TABLE leaves one unchecked."""
    assert said.expression is not None  # noqa: S101 - a check has one
    columns = {column.name: column.number for column in table.columns}
    want_expression(state, said.expression, table)
    want_condition(state, said.expression, table)
    expression = template(said.expression, columns, table.name)
    name = said.name or check_name(state, table, expression)
    existing = state.constraint(table, name)
    if existing is not None and existing.kind == "c" and existing.inherited and not existing.local:
        if existing.expression is not None and existing.expression.parts == expression.parts:
            state.change_constraint(existing, local=True)
            return
        raise DoubtfulError(f"whether {name} says the same as the one that is inherited cannot be told")
    made = Constraint(
        state.new_oid(),
        table.schema,
        name,
        "c",
        table.oid,
        expression.columns,
        expression=expression,
        validated=said.enforced and not (said.not_valid and may_be_unchecked),
        enforced=said.enforced,
        no_inherit=said.no_inherit,
        made=state.statement,
    )
    state.add_constraint(made)
    if not said.no_inherit:
        for child in state.children(table.oid):
            inherit_check(state, made, child, count=1)


def want_to_merge(above: Constraint, below: Constraint, child: Relation) -> None:
    """Raise RefusedError where a constraint promises less than the one that it would inherit from."""
    less = ""
    if below.no_inherit:
        less = "is not inherited itself"
    elif above.validated and below.enforced and not below.validated:
        less = "is NOT VALID"
    elif above.enforced and not below.enforced:
        less = "is NOT ENFORCED"
    if less:
        raise RefusedError(INVALID_OBJECT_DEFINITION, f"{below.name} of {child.name} {less}")


def inherit_another(state: State, check: Constraint, table: Relation) -> None:
    """Give a check to a new table; of several parents the one that enforces it decides (MergeCheckConstraint)."""
    there = state.constraint(table, check.name)
    if there is not None and there.kind == "c" and check.enforced and not there.enforced:
        state.change_constraint(there, enforced=True, validated=True)
    # A table without rows has none that breaks it.
    inherit_check(state, replace(check, validated=check.enforced), table, count=1)


def inherit_check(state: State, check: Constraint, child: Relation, *, count: int) -> None:
    """Give a check to an inheriting table, or have it join the one of the same name that is there."""
    from fkdash.catalog.files.tables.keys import numbers_in

    assert check.expression is not None  # noqa: S101 - a check has one
    numbers = numbers_in(state, check.table, child)
    moved = check.expression.moved(numbers)
    existing = state.constraint(child, check.name)
    if existing is not None:
        if existing.kind != "c":
            raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {check.name} already")
        if existing.expression is None or existing.expression.parts != moved.parts:
            raise DoubtfulError(f"whether {check.name} says the same on {child.name} cannot be told")
        want_to_merge(check, existing, child)
        state.change_constraint(
            existing,
            inherited=existing.inherited + count,
            local=existing.local and not child.is_partition,
            validated=existing.validated,
        )
        return
    made = Constraint(
        state.new_oid(),
        child.schema,
        check.name,
        "c",
        child.oid,
        moved.columns,
        expression=moved,
        validated=check.validated,
        enforced=check.enforced,
        local=False,
        inherited=count,
        made=check.made,
    )
    state.add_constraint(made)
    for below in state.children(child.oid):
        inherit_check(state, made, below, count=1)
