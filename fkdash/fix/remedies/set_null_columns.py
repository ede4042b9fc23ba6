"""SET NULL of those columns only that accept it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.fix.action_change import action_remedy, row_gone
from fkdash.fix.changed_key import nullable_columns, statements_of
from fkdash.fix.option import Option
from fkdash.rules.actions.refusal import takes_column_lists

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET NULL of those columns only that accept it, for a key of several columns."""
    key = finding.key
    nullable = nullable_columns(catalog, finding)
    if len(key.columns) == 1:
        return None
    hindered = ""
    if not nullable:
        hindered = "every column of the key refuses NULL"
    elif not takes_column_lists(catalog):
        hindered = "column lists for SET NULL exist from PostgreSQL 15 on"
    elif statements_of(finding) != (Statement.DELETE,):
        hindered = "ON UPDATE SET NULL takes no column list"
    return Option(
        id="set-null-columns",
        title=f"SET NULL ({listed(nullable)})" if nullable else "SET NULL of some columns",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay, only "
        f"{listed(nullable) or 'no column'} becomes NULL",
        application=f"must cope with NULL in {listed(nullable) or 'no column'}",
        frees=True,
        undo="any time for the constraint; the NULLs stay",
        refused=hindered,
    )


_DECLARED = action_remedy(
    "set-null-columns", Action.SET_NULL, _offer, columns=nullable_columns, shown_refused=True
)


def _so(catalog: Catalog, finding: Finding) -> str:
    # Without a column that accepts NULL there is no such declaration: a list of none is SET NULL of them all.
    return _DECLARED.so(catalog, finding) if nullable_columns(catalog, finding) else ""


REMEDY = replace(_DECLARED, so=_so)
