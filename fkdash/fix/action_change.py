"""What all remedies share that give a foreign key another referential action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import WRITING, Action, Statement
from fkdash.fix.changed_key import statements_of, with_action
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.statements.definition import definition
from fkdash.fix.steps.change_key import change
from fkdash.fix.undeclared import contradiction

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def action_remedy(
    name: str,
    action: Action,
    offer: Callable[[Catalog, Finding], Option | None],
    *,
    columns: Callable[[Catalog, Finding], tuple[str, ...]] = lambda _catalog, _finding: (),
    shown_refused: bool = False,
) -> Remedy:
    """Give the remedy that declares the key with another action, of `columns` only where these are given.

    `offer` leaves out what the key becomes, and may say itself why it cannot.
    """

    def wanted(catalog: Catalog, finding: Finding) -> ForeignKey:
        return with_action(finding, action, columns(catalog, finding))

    def offered(catalog: Catalog, finding: Finding) -> Option | None:
        option = offer(catalog, finding)
        if option is None:
            return None
        becomes = wanted(catalog, finding)
        return replace(option, becomes=becomes, refused=option.refused or _refused(catalog, finding, becomes))

    def plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
        old, new = finding.key, wanted(catalog, finding)
        way = change(catalog, old, new, keep_validated=asked.keep_validated)
        back = change(catalog, new, old, keep_validated=asked.keep_validated)
        return planned(
            catalog,
            finding,
            option,
            procedure=way.why,
            steps=way.steps,
            undo=back.steps,
            goal=Goal(key=new),
            abandon=way.abandon,
        )

    def so(catalog: Catalog, finding: Finding) -> str:
        return definition(finding.key) if wanted(catalog, finding) == finding.key else ""

    return Remedy(name, offered, plan, so, shown_refused=shown_refused)


def _refused(catalog: Catalog, finding: Finding, wanted: ForeignKey) -> str:
    """Say, as a clause, why the key cannot be declared as `wanted`; "" where it can."""
    key = finding.key
    if wanted == key:
        return "that is what it does already"
    if wanted.period and (wanted.on_delete, wanted.on_update) != (Action.NO_ACTION, Action.NO_ACTION):
        return "a key WITH PERIOD knows no action but NO ACTION"
    asked = {wanted.on_delete if each is Statement.DELETE else wanted.on_update for each in statements_of(finding)}
    if not asked.isdisjoint(WRITING) and any(column.generated for column in catalog.columns(key)):
        return "a generated column cannot be written"
    found = contradiction(catalog, wanted, statements_of(finding))
    return found.message.rstrip(".") if found is not None else ""


def verb(finding: Finding) -> str:
    """Give what is done to a referenced row: it is deleted, or its key is changed."""
    return "deleting" if Statement.DELETE in statements_of(finding) else "changing the key of"


def row_gone(finding: Finding) -> str:
    """Name a referenced row as the action meets it: deleted, or under another key."""
    name = finding.key.referenced.shown
    return (
        f"a deleted row of {name}"
        if Statement.DELETE in statements_of(finding)
        else f"a row of {name} whose key changes"
    )
