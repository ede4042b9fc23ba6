"""SET DEFAULT, with a default that the operator names: the key of a row that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.catalog.hypothetical import with_defaults
from fkdash.catalog.table_name import listed
from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.action_change import row_gone
from fkdash.fix.changed_key import statements_of, with_action
from fkdash.fix.option import Option, consequences
from fkdash.fix.plan import Goal, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.promise import promised
from fkdash.fix.remedy import Remedy
from fkdash.fix.statements.redeclaring import numbered, one_after_the_other
from fkdash.fix.statements.values import as_referenced, constants, in_words, referenced_row
from fkdash.fix.steps.change_key import change
from fkdash.fix.steps.column_default import default_step, restore_step
from fkdash.fix.undeclared import contradiction, foreseen
from fkdash.rules.actions.defaults import default_value
from fkdash.rules.sql.values import Some

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Step
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET DEFAULT with a default that the operator names: the key of a row that is there."""
    key = finding.key
    new = with_action(finding, Action.SET_DEFAULT)
    names = listed(new.set_columns)
    kept = ", ".join(name for name in new.set_columns if name not in key.set_columns)
    also = f", also by {kept}, which {key.table.shown} keeps today" if kept else ""
    refused = ""
    if any(
        column.generated or column.identity for column in catalog.columns(key) if column.name in new.set_columns
    ):
        refused = "a generated or identity column takes no default"
    elif new.period:
        refused = "a key WITH PERIOD knows no action but NO ACTION"
    return Option(
        id="set-column-default",
        title="default you name",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay and then refer to "
        f"the row of {key.referenced.shown} you name{also}",
        application=f"gets that default in every new row of {key.table.shown} that names no {names}; the row "
        "itself cannot be deleted any more",
        frees=True,
        undo="the default and the constraint any time; the rows stay where they were put",
        refused=refused,
        asks=new.set_columns,
        becomes=new,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    """Give the plan that sets the columns' default, and the action where it is another today.

    Raises AlreadySoError where that default is there already, UsageError where what the key would do with it
    always fails.
    """
    old, values = finding.key, asked.values
    new = with_action(finding, Action.SET_DEFAULT)
    defaults = constants(catalog, old, values)
    columns = catalog.tables[old.table].columns_by_name
    same = [name for name, text in values if _is_default_now(default_value(columns[name]), text)]
    if new == old and len(same) == len(values):
        raise AlreadySoError(old.qualified, option.id, f"{in_words(values)} is the default")
    supposed = with_defaults(catalog, old.table, defaults)
    found = contradiction(supposed, new, statements_of(finding))
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
        way = change(catalog, old, new, keep_validated=asked.keep_validated)
        steps = one_after_the_other(steps, way.steps)
        undo = one_after_the_other(change(catalog, new, old, keep_validated=asked.keep_validated).steps, undo)
        why = f"first the columns get their default, which changes the catalog only; then {way.why}"
    there = (
        f"{new.referenced.shown} has the row {as_referenced(new, values)}",
        referenced_row(catalog, new, values),
    )
    return Plan(
        key=old,
        # Whether the default row is there the plan's own check answers, whether a CHECK lets it in each row.
        rule="" if any(each.rule == finding.rule for each in foreseen(supposed, new)) else finding.rule,
        option=option.id,
        procedure=why,
        fingerprint=fingerprint(catalog, old),
        steps=numbered(*steps),
        undo=numbered(*undo),
        undo_condition=option.undo,
        consequences=(
            f"the default becomes {in_words(values)}",
            *consequences(promised(catalog, finding, option, defaults)),
        ),
        goal=Goal(key=new, checks=(there,)),
        abandon=numbered(take_back) if new != old else (),
        values=values,
        objects=objects(catalog, old),
    )


def _is_default_now(found: object, text: str) -> bool:
    known = list(found) if isinstance(found, frozenset) else []
    return len(known) == 1 and known[0] is not None and not isinstance(known[0], Some) and str(known[0]) == text


REMEDY = Remedy("set-column-default", _offer, _plan, answers=frozenset({"FK105", "FK106", "FK107"}))
