"""Drop the key where another one says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fix.option import Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.steps.change_key import takes_not_valid
from fkdash.fix.steps.duplicate import declare_steps, drop_steps, survivor, twins

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to drop the key, where another one says the same."""
    key = finding.key
    others = twins(catalog, key)
    if not others:
        return None
    stays = survivor(catalog, key)
    named = stays or others[0]
    return Option(
        id="drop-duplicate",
        title=f"drop {key.shown}",
        then=f"only {named.shown} decides: ON DELETE {named.on_delete}, ON UPDATE {named.on_update}",
        application=f"meets {named.shown} in error messages, never {key.shown}",
        frees=False,
        undo="any time; the order in which both act may then be another",
        refused=""
        if stays
        else f"{named.shown} would be left alone, and it is not validated or not enforced; validate it first",
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    key = finding.key
    stays = survivor(catalog, key)
    assert stays is not None  # noqa: S101 - the option is refused otherwise
    return planned(
        catalog,
        finding,
        option,
        procedure=f"one ALTER TABLE drops {key.shown}; {stays.shown} is enforced and validated and goes on "
        "protecting the reference",
        steps=drop_steps(catalog, key),
        undo=declare_steps(catalog, key, not_valid=takes_not_valid(catalog, key)),
        goal=Goal(key=key, gone=True),
    )


REMEDY = Remedy("drop-duplicate", _offer, _plan)
