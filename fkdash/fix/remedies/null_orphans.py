"""Let the rows that refer to nothing say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Match
from fkdash.catalog.table_name import listed
from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.fix.changed_key import columns_to_empty
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.orphan_repair import REPAIRED, repair, undo_of_values
from fkdash.fix.remedy import Remedy

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer to let the rows that refer to nothing say so."""
    key = finding.key
    columns = columns_to_empty(catalog, key)
    refused = "" if columns else f"{listed(key.columns)} cannot be NULL"
    if columns and key.match is Match.FULL and len(columns) < len(key.columns):
        refused = "MATCH FULL wants all columns NULL or none, and some cannot be"
    return Option(
        id="null-orphans",
        title="set orphans to NULL",
        then=AS_TODAY,
        application=f"finds NULL in {listed(columns) or 'no column'} of the rows of {key.table.shown} that "
        f"refer to no row of {key.referenced.shown}; they are kept as they were in {kept_table(key)}",
        frees=False,
        proves=True,
        undo=undo_of_values(catalog, key, dict.fromkeys(columns)),
        refused=refused,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    written = dict.fromkeys(columns_to_empty(catalog, finding.key))
    return repair(catalog, finding, option, asked, written=written)


REMEDY = Remedy("null-orphans", _offer, _plan, answers=REPAIRED, paced=True)
