"""SET DEFAULT: what refers to a row stays and refers to the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Match
from fkdash.fix.action_change import action_remedy, row_gone
from fkdash.fix.option import Option
from fkdash.rules.actions.defaults import default_expression, default_value
from fkdash.rules.sql.values import NULL_ONLY

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, Column
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option:
    """Offer SET DEFAULT."""
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    written = ", ".join(f"{name} = {_default(columns[name])}" for name in key.columns)
    empty = [name for name in key.columns if default_value(columns[name]) == NULL_ONLY]
    then, application = (
        f"have {written}, which must be a row of {key.referenced.shown}",
        f"finds rows of {key.table.shown} under the default; that row cannot be deleted any more",
    )
    if empty and (key.match is not Match.FULL or len(empty) == len(key.columns)):
        # Nothing looks for a key with NULL in it.
        then, application = f"have {written}, and refer to nothing", f"must cope with NULL in {', '.join(empty)}"
    return Option(
        id="set-default",
        title="SET DEFAULT",
        then=f"rows of {key.table.shown} that refer to {row_gone(finding)} stay and then {then}",
        application=application,
        frees=True,
        undo="the constraint any time; the rows stay where they were put",
    )


def _default(column: Column) -> str:
    if column.identity and column.default is None:
        return "the next number of its sequence"
    return default_expression(column) or "NULL"


REMEDY = action_remedy("set-default", Action.SET_DEFAULT, _offer)
