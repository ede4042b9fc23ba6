"""Allow NULL where the action writes it and the columns refuse it; the key stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.fix.action_change import row_gone
from fkdash.fix.changed_key import accepts_null, refused_columns
from fkdash.fix.option import Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.steps.not_null import drop_not_null_steps, restore_steps, undone_until
from fkdash.rules.actions.refusal import can_drop_not_null

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to let the columns be NULL, where the action writes NULL and they refuse it."""
    key = finding.key
    refusing = refused_columns(catalog, finding)
    if not refusing or not finding.rule:
        return None
    names = ", ".join(dict.fromkeys(f"{refusal.table.name.shown}.{refusal.column.shown}" for refusal in refusing))
    reasons = filter(None, (can_drop_not_null(catalog, refusal) for refusal in refusing))
    return Option(
        id="drop-not-null",
        title="allow NULL",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay, "
        f"and their {listed(key.set_columns)} becomes NULL",
        application=f"must cope with NULL in {names}, and its own schema files must say so",
        frees=True,
        undo=undone_until([(refusal.table, refusal.column) for refusal in refusing]),
        refused=next(reasons, ""),
        becomes=key,
        nullable=tuple((refusal.table.name, refusal.column.name) for refusal in refusing),
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    targets = [(refusal.table, refusal.column) for refusal in refused_columns(catalog, finding)]
    return planned(
        catalog,
        finding,
        option,
        procedure="ALTER COLUMN DROP NOT NULL changes the catalog only; the foreign key stays as it is",
        steps=drop_not_null_steps(catalog, targets),
        undo=restore_steps(catalog, targets),
        goal=Goal(key=finding.key, nullable=tuple((table.name, column.name) for table, column in targets)),
    )


REMEDY = Remedy("drop-not-null", _offer, _plan, accepts_null, shown_refused=True)
