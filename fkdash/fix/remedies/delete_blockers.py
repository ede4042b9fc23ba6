"""Delete the rows that hold chosen rows back, and keep them as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.tables_of_fkdash import kept_blockers
from fkdash.fix.blocker_relief import relieve
from fkdash.fix.option import Option
from fkdash.fix.remedy import Remedy

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(_catalog: Catalog, finding: Finding) -> Option:
    key = finding.key
    return Option(
        id="delete-blockers",
        title="delete blocking rows",
        then=f"nothing refers to the chosen rows of {key.referenced.shown} by {key.shown} any more",
        application=f"loses the rows of {key.table.shown} that refer to them, and what hangs on those",
        frees=True,
        undo=f"what was not changed since, from {kept_blockers(key)}",
        of_rows=True,
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    return relieve(catalog, finding, option, asked, done="deleted")


REMEDY = Remedy("delete-blockers", _offer, _plan, by_name=True, paced=True, of_rows=True)
