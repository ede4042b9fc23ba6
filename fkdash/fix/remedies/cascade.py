"""CASCADE: what refers to a row goes, or changes, with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.fix.action_change import action_remedy
from fkdash.fix.changed_key import statements_of
from fkdash.fix.option import Option

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(_catalog: Catalog, finding: Finding) -> Option:
    """Offer CASCADE."""
    key = finding.key
    deletes = Statement.DELETE in statements_of(finding)
    return Option(
        id="cascade",
        title="CASCADE",
        then=f"deleting a row of {key.referenced.shown} also deletes every row of {key.table.shown} that refers "
        "to it, and whatever hangs on those"
        if deletes
        else f"changing the key of a row of {key.referenced.shown} changes it in every row of {key.table.shown} "
        "too",
        application=f"loses rows of {key.table.shown} without being asked" if deletes else "sees the new key",
        frees=True,
        undo="the constraint any time, the deleted rows never" if deletes else "any time",
    )


REMEDY = action_remedy("cascade", Action.CASCADE, _offer)
