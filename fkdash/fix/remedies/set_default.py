"""SET DEFAULT: what refers to a row stays and refers to the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.fix.action_change import action_remedy, row_gone
from fkdash.fix.option import Option

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer SET DEFAULT."""
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    written = ", ".join(f"{name} = {columns[name].default or 'NULL'}" for name in key.columns)
    return Option(
        id="set-default",
        title="SET DEFAULT",
        then=f"rows of {key.table.name} that refer to {row_gone(finding)} stay and "
        f"then have {written}, which must be a row of {key.referenced.name}",
        application=f"finds rows of {key.table.name} under the default; that row cannot be deleted any more",
        frees=True,
        undo="the constraint any time; the rows stay where they were put",
    )


REMEDY = action_remedy("set-default", Action.SET_DEFAULT, _offer)
