"""Point the rows that refer to nothing to a row that the operator names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.orphan_repair import REPAIRED, repair, undo_of_values
from fkdash.fix.remedy import Remedy
from fkdash.fix.statements.values import constants

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer to point the rows that refer to nothing to a row that the operator names."""
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    unwritable = [name for name in key.columns if columns[name].generated or columns[name].identity_always]
    return Option(
        id="reparent-orphans",
        title="re-parent orphans",
        then=AS_TODAY,
        application=f"finds the rows of {key.table.shown} that refer to no row of {key.referenced.shown} under "
        f"the one you name; they are kept as they were in {kept_table(key)}",
        frees=False,
        proves=True,
        undo=undo_of_values(catalog, key, dict.fromkeys(key.columns, "")),
        refused=f"{', '.join(unwritable)} cannot be written" if unwritable else "",
        asks=key.columns,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    return repair(catalog, finding, option, asked, written=constants(catalog, finding.key, asked.values))


REMEDY = Remedy("reparent-orphans", _offer, _plan, answers=REPAIRED, paced=True)
