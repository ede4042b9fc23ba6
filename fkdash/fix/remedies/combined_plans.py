"""The plans that change columns and the action of a key, in this order and back in the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.hypothetical import with_defaults
from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.changed_key import statements_of, wanted_key
from fkdash.fix.plan import Goal, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.remedies.change_action import change
from fkdash.fix.remedies.column_default import default_step, restore_step
from fkdash.fix.remedies.drop_not_null import drop_not_null_steps, restore_steps
from fkdash.fix.statements.redeclaring import numbered
from fkdash.fix.statements.values import as_referenced, constants, in_words, referenced_row
from fkdash.fix.undeclared import contradiction
from fkdash.rules.actions.defaults import default_value
from fkdash.rules.actions.refusal import refusals
from fkdash.rules.sql.values import Some

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Step
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding


def allow_null_and_set_null(catalog: Catalog, finding: Finding, option: Option, *, keep_validated: bool) -> Plan:
    """Give the plan that lets the columns be NULL and then makes the key write it."""
    old = finding.key
    new = wanted_key(catalog, finding, "set-null")
    refusing = refusals(catalog, old, old.columns)
    targets = [(refusal.table, refusal.column) for refusal in refusing if refusal.column.not_null]
    allow = drop_not_null_steps(catalog, targets)
    way = change(catalog, old, new, keep_validated=keep_validated)
    back = change(catalog, new, old, keep_validated=keep_validated)
    return Plan(
        key=old,
        rule=finding.rule,
        option=option.id,
        procedure=f"first the columns accept NULL, which changes the catalog only; then {way.why}",
        fingerprint=fingerprint(catalog, old),
        steps=_after(allow, way.steps),
        # The key first: as long as it writes NULL, no column can be proven to have none.
        undo=_after(back.steps, restore_steps(catalog, targets)),
        undo_condition=option.undo,
        consequences=_consequences(option),
        goal=Goal(key=new, nullable=tuple((table.name, column.name) for table, column in targets)),
        abandon=_after(way.abandon, restore_steps(catalog, targets)),
        objects=objects(catalog, old),
    )


def name_default(
    catalog: Catalog, finding: Finding, option: Option, values: Values, *, keep_validated: bool
) -> Plan:
    """Give the plan that sets the columns' default, and the action where it is another today.

    Raises AlreadySoError where that default is there already, UsageError where what the key would do with it
    always fails.
    """
    old = finding.key
    new = wanted_key(catalog, finding, "set-default")
    defaults = constants(catalog, old, values)
    columns = catalog.tables[old.table].columns_by_name
    same = [name for name, text in values if _is_default_now(default_value(columns[name]), text)]
    if new == old and len(same) == len(values):
        raise AlreadySoError(old.qualified, option.id, f"{in_words(values)} is the default")
    found = contradiction(with_defaults(catalog, old.table, defaults), new, statements_of(finding))
    if found is not None:
        raise UsageError(
            f"{option.title} cannot be used for {old.qualified}: {found.message}", next_step="Name another value."
        )
    set_default = default_step(catalog, old.table, defaults, 1)
    take_back = restore_step(catalog, old.table, tuple(defaults), 1)
    steps: tuple[Step, ...] = (set_default,)
    undo: tuple[Step, ...] = (take_back,)
    why = "ALTER COLUMN SET DEFAULT changes the catalog only; the foreign key stays as it is"
    if new != old:
        way = change(catalog, old, new, keep_validated=keep_validated)
        steps = _after(steps, way.steps)
        undo = _after(change(catalog, new, old, keep_validated=keep_validated).steps, undo)
        why = f"first the columns get their default, which changes the catalog only; then {way.why}"
    there = (
        f"{new.referenced.name} has the row {as_referenced(new, values)}",
        referenced_row(catalog, new, values),
    )
    return Plan(
        key=old,
        rule=finding.rule if finding.rule != _ASKS_FOR_ROW else "",
        option=option.id,
        procedure=why,
        fingerprint=fingerprint(catalog, old),
        steps=numbered(*steps),
        undo=numbered(*undo),
        undo_condition=option.undo,
        consequences=(f"the default becomes {in_words(values)}", *_consequences(option)),
        goal=Goal(key=new, checks=(there,)),
        abandon=numbered(take_back) if new != old else (),
        values=values,
        objects=objects(catalog, old),
    )


_ASKS_FOR_ROW = "FK106"
"""The rule that can only ask whether the default row is there; the plan's own check answers it."""


def _after(first: tuple[Step, ...], then: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give steps one after the other, each part with transactions of its own."""
    offset = first[-1].transaction if first else 0
    return numbered(*first, *(replace(step, transaction=step.transaction + offset) for step in then))


def _is_default_now(found: object, text: str) -> bool:
    known = list(found) if isinstance(found, frozenset) else []
    return len(known) == 1 and known[0] is not None and not isinstance(known[0], Some) and str(known[0]) == text


def _consequences(option: Option) -> tuple[str, ...]:
    return (
        option.then,
        f"the application {option.application}",
        "rows that are blocked today can be deleted",
        f"undo: {option.undo}",
    )
