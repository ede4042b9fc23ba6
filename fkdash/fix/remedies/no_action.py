"""NO ACTION: a referenced row stays until nothing refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fix.action_change import action_remedy, verb
from fkdash.fix.option import Option

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(_catalog: Catalog, finding: Finding) -> Option:
    """Offer NO ACTION."""
    key = finding.key
    return Option(
        id="no-action",
        title="NO ACTION",
        then=f"{verb(finding)} a referenced row of {key.referenced.shown} is refused with 23503 "
        f"until no row of {key.table.shown} refers to it",
        application=f"gets a clear error that names {key.shown}; "
        f"rows of {key.table.shown} must be moved or deleted first",
        frees=False,
        undo="any time",
    )


REMEDY = action_remedy("no-action", Action.NO_ACTION, _offer)
