"""Delete the rows that refer to nothing, and keep them as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.orphan_repair import REPAIRED, by_hand, repair
from fkdash.fix.remedy import Remedy
from fkdash.fix.steps.put_back import lost_with, no_way_back

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer to delete the rows that refer to nothing."""
    key = finding.key
    lost = ", ".join(map(str, lost_with(catalog, key)))
    hindered = no_way_back(catalog, key, {})
    undo = f"the deleted rows, from {kept_table(key)}" + (
        f"; not what the delete changes in {lost}" if lost else ""
    )
    return Option(
        id="delete-orphans",
        title="delete orphans",
        then=AS_TODAY,
        application=f"loses the rows of {key.table.shown} that refer to no row of {key.referenced.shown}"
        + (f", and what hangs on those in {lost}" if lost else "")
        + f"; they are kept in {kept_table(key)}",
        frees=False,
        proves=True,
        undo=by_hand(key, hindered) if hindered else undo,
    )


REMEDY = Remedy("delete-orphans", _offer, repair, answers=REPAIRED, paced=True)
