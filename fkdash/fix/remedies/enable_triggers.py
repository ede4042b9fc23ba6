"""Make a key work again whose triggers are switched off, and prove it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.steps.change_key import change
from fkdash.rules.actions.enforcement import action_runs, check_runs, is_silenced

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to make a key whose triggers are switched off work again, and to prove it."""
    key = finding.key
    if not is_silenced(catalog, key):
        return None
    acts, checks = action_runs(catalog, key, Statement.DELETE), check_runs(catalog, key)
    again = f"deleting a row of {key.referenced.shown} sets ON DELETE {key.on_delete} off again"
    return Option(
        id="enable-triggers",
        title="declare it anew",
        then=AS_TODAY if acts else again,
        application=f"meets ON DELETE {key.on_delete} ON UPDATE {key.on_update} as declared"
        if checks
        else f"gets 23503 for rows of {key.table.shown} that refer to nothing",
        frees=False,
        undo="not offered: it would switch the checks off again",
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    key = finding.key
    proven = replace(key, validated=True)
    return planned(
        catalog,
        finding,
        option,
        procedure="declared anew, then validated: ENABLE TRIGGER needs a superuser and would leave rows unchecked "
        "that were written meanwhile, and VALIDATE does not look again at a key that is marked valid; a key "
        "declared anew has all its triggers enabled",
        steps=change(catalog, replace(key, enforced=True), proven).steps,
        undo=(),
        goal=Goal(key=proven),
    )


def _so(catalog: Catalog, finding: Finding) -> str:
    return "its triggers fire" if finding.key.enforced and not is_silenced(catalog, finding.key) else ""


REMEDY = Remedy("enable-triggers", _offer, _plan, _so)
