"""NO ACTION: a referenced row stays until nothing refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fix.action_change import action_remedy, refused, verb
from fkdash.fix.changed_key import with_action
from fkdash.fix.option import Option

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer NO ACTION."""
    key = finding.key
    return Option(
        id="no-action",
        title="NO ACTION",
        then=f"{verb(finding)} a referenced row of {key.referenced.name} is refused with 23503 "
        f"until no row of {key.table.name} refers to it",
        application=f"gets a clear error that names {key.name}; "
        f"rows of {key.table.name} must be moved or deleted first",
        frees=False,
        undo="any time",
        refused=refused(catalog, finding, _wanted(catalog, finding)),
        becomes=_wanted(catalog, finding),
    )


def _wanted(_catalog: Catalog, finding: Finding) -> ForeignKey:
    return with_action(finding, Action.NO_ACTION)


REMEDY = action_remedy("no-action", _wanted, _offer)
