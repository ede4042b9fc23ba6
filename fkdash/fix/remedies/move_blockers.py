"""Move the rows that hold chosen rows back to another row that the operator names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.tables_of_fkdash import kept_blockers
from fkdash.fix.blocker_relief import relieve
from fkdash.fix.option import Option
from fkdash.fix.picks import assigned
from fkdash.fix.remedy import Remedy
from fkdash.fix.statements.values import constants

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    unwritable = [name for name in key.columns if columns[name].generated or columns[name].identity_always]
    return Option(
        id="move-blockers",
        title="move blocking rows",
        then=f"nothing refers to the chosen rows of {key.referenced.shown} by {key.shown} any more",
        application=f"finds the rows of {key.table.shown} that refer to them under the row you name",
        frees=True,
        undo=f"what was not changed since, from {kept_blockers(key)}",
        refused=f"{', '.join(unwritable)} cannot be written" if unwritable else "",
        asks=key.columns,
        of_rows=True,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    key = finding.key
    written = constants(catalog, key, asked.values) if asked.picks is None else assigned(catalog, key, asked.picks)
    return relieve(catalog, finding, option, asked, done="moved", written=written)


REMEDY = Remedy("move-blockers", _offer, _plan, by_name=True, paced=True, of_rows=True)
