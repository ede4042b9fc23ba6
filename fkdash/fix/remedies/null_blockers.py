"""Let the rows that hold chosen rows back refer to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.catalog.tables_of_fkdash import kept_blockers
from fkdash.fix.blocker_relief import relieve
from fkdash.fix.changed_key import columns_to_empty
from fkdash.fix.option import Option
from fkdash.fix.remedy import Remedy

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    key = finding.key
    empty = columns_to_empty(catalog, key)
    return Option(
        id="null-blockers",
        title="set blocking rows to NULL",
        then=f"nothing refers to the chosen rows of {key.referenced.shown} by {key.shown} any more",
        application=f"finds NULL in {listed(empty) or 'no column'} of the rows of {key.table.shown} that refer "
        "to them",
        frees=True,
        undo=f"what was not changed since, from {kept_blockers(key)}",
        refused="" if empty else f"{listed(key.columns)} of {key.table} cannot be NULL",
        of_rows=True,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    written = dict.fromkeys(columns_to_empty(catalog, finding.key))
    return relieve(catalog, finding, option, asked, done="emptied", written=written)


REMEDY = Remedy("null-blockers", _offer, _plan, by_name=True, paced=True, of_rows=True)
