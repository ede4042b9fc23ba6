"""Move the rows that refer to nothing out of the way, where only their owner sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.tables_of_fkdash import quarantine_table
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.orphan_repair import REPAIRED, repair
from fkdash.fix.remedy import Remedy
from fkdash.fix.steps.put_back import lost_with, no_way_back
from fkdash.fix.steps.quarantine import quarantine_steps

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer to move the rows that refer to nothing out of the way, where only their owner sees them."""
    key = finding.key
    kept = quarantine_table(catalog, key)
    lost = ", ".join(map(str, lost_with(catalog, key)))
    hindered = no_way_back(catalog, key, {})
    undo = f"the rows, from {kept}" + (f"; not what their leaving changes in {lost}" if lost else "")
    return Option(
        id="quarantine-orphans",
        title="quarantine orphans",
        then=AS_TODAY,
        application=f"does not find the rows of {key.table.shown} that refer to no row of {key.referenced.shown}"
        f"{f', nor what hangs on those in {lost}' if lost else ''} any more; they are in {kept}, with the reason "
        "and the run, and only their owner may read them",
        frees=False,
        proves=True,
        undo=f"not by itself, {hindered}: the rows are in {kept}" if hindered else undo,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    keeping = quarantine_steps(catalog, finding.key, quarantine_table(catalog, finding.key))
    return repair(catalog, finding, option, asked, keeping=keeping)


REMEDY = Remedy("quarantine-orphans", _offer, _plan, answers=REPAIRED, paced=True)
