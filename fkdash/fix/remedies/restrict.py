"""RESTRICT: as NO ACTION, and at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fix.action_change import action_remedy
from fkdash.fix.option import Option
from fkdash.rules.actions.enforcement import refusal_sqlstate

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, _finding: Finding) -> Option:
    """Offer RESTRICT."""
    code = refusal_sqlstate(catalog, Action.RESTRICT)
    return Option(
        id="restrict",
        title="RESTRICT",
        then=f"as NO ACTION, with {code}, and never deferred to the end of the transaction",
        application="gets a clear error at once, even inside a transaction that would put things right later",
        frees=False,
        undo="any time",
    )


REMEDY = action_remedy("restrict", Action.RESTRICT, _offer)
