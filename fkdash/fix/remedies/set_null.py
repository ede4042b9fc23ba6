"""SET NULL: what refers to a row stays and refers to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import listed
from fkdash.fix.action_change import action_remedy, row_gone
from fkdash.fix.option import Option

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(_catalog: Catalog, finding: Finding) -> Option:
    """Offer SET NULL of every column."""
    key = finding.key
    names = listed(key.columns)
    return Option(
        id="set-null",
        title="SET NULL",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay, and their {names} becomes NULL",
        application=f"must cope with NULL in {key.table.shown}.{names}",
        frees=True,
        undo="the constraint any time; the NULLs stay",
    )


REMEDY = action_remedy("set-null", Action.SET_NULL, _offer)
