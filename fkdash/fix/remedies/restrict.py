"""RESTRICT: as NO ACTION, and at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fix.action_change import action_remedy, refused
from fkdash.fix.changed_key import with_action
from fkdash.fix.option import Option
from fkdash.rules.actions.enforcement import refusal_sqlstate

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer RESTRICT."""
    code = refusal_sqlstate(catalog, Action.RESTRICT)
    return Option(
        id="restrict",
        title="RESTRICT",
        then=f"as NO ACTION, with {code}, and never deferred to the end of the transaction",
        application="gets a clear error at once, even inside a transaction that would put things right later",
        frees=False,
        undo="any time",
        refused=refused(catalog, finding, _wanted(catalog, finding)),
        becomes=_wanted(catalog, finding),
    )


def _wanted(_catalog: Catalog, finding: Finding) -> ForeignKey:
    return with_action(finding, Action.RESTRICT)


REMEDY = action_remedy("restrict", _wanted, _offer)
