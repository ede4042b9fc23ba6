"""SET NULL, after the columns were made to accept it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.catalog.hypothetical import with_nullable
from fkdash.catalog.table_name import listed
from fkdash.fix.action_change import row_gone
from fkdash.fix.changed_key import accepts_null, statements_of, with_action
from fkdash.fix.option import Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.statements.redeclaring import one_after_the_other
from fkdash.fix.steps.change_key import change
from fkdash.fix.steps.not_null import drop_not_null_steps, restore_steps, undone_until
from fkdash.fix.undeclared import contradiction
from fkdash.rules.actions.refusal import can_drop_not_null, refusals

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET NULL together with columns that accept NULL, where today some of them do not."""
    key = finding.key
    refusing = refusals(catalog, key, key.columns)
    new = with_action(finding, Action.SET_NULL)
    if not refusing or new == key:
        return None
    names = listed(key.columns)
    refused = next(filter(None, (can_drop_not_null(catalog, refusal) for refusal in refusing)), "")
    if not refused and new.period:
        refused = "a key WITH PERIOD knows no action but NO ACTION"
    if not refused and any(column.generated for column in catalog.columns(key)):
        refused = "a generated column cannot be written"
    if not refused:
        columns = tuple(dict.fromkeys(refusal.column.name for refusal in refusing))
        found = contradiction(with_nullable(catalog, key.table, columns), new, statements_of(finding))
        refused = found.message.rstrip(".") if found is not None else ""
    return Option(
        id="drop-not-null-set-null",
        title="SET NULL and allow NULL",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay, and their {names} becomes NULL",
        application=f"must cope with NULL in {key.table.shown}.{names}, and its own schema files must say so",
        frees=True,
        undo=undone_until([(each.table, each.column) for each in refusing if each.column.not_null]),
        refused=refused,
        becomes=new,
        nullable=tuple((key.table, refusal.column.name) for refusal in refusing),
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    """Give the plan that lets the columns be NULL and then makes the key write it."""
    old = finding.key
    new = with_action(finding, Action.SET_NULL)
    refusing = refusals(catalog, old, old.columns)
    targets = [(refusal.table, refusal.column) for refusal in refusing if refusal.column.not_null]
    allow = drop_not_null_steps(catalog, targets)
    way = change(catalog, old, new, keep_validated=asked.keep_validated)
    back = change(catalog, new, old, keep_validated=asked.keep_validated)
    return planned(
        catalog,
        finding,
        option,
        procedure=f"first the columns accept NULL, which changes the catalog only; then {way.why}",
        steps=one_after_the_other(allow, way.steps),
        # The key first: as long as it writes NULL, no column can be proven to have none.
        undo=one_after_the_other(back.steps, restore_steps(catalog, targets)),
        goal=Goal(key=new, nullable=tuple((table.name, column.name) for table, column in targets)),
        abandon=one_after_the_other(way.abandon, restore_steps(catalog, targets)),
    )


def _so(catalog: Catalog, finding: Finding) -> str:
    accepts = accepts_null(catalog, finding)
    return f"{accepts}, ON DELETE SET NULL" if accepts and finding.key.on_delete is Action.SET_NULL else ""


REMEDY = Remedy("drop-not-null-set-null", _offer, _plan, _so)
