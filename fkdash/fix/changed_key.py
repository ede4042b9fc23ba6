"""The foreign key that an option about a referential action asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.fix.targets import nullable_columns
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding

ACTIONS: Final = {
    "no-action": Action.NO_ACTION,
    "restrict": Action.RESTRICT,
    "cascade": Action.CASCADE,
    "set-null": Action.SET_NULL,
    "set-null-columns": Action.SET_NULL,
    "set-default": Action.SET_DEFAULT,
}


def statements_of(finding: Finding) -> tuple[Statement, ...]:
    """Give the statements whose action is in question: the finding's, else DELETE."""
    return finding.statements or (Statement.DELETE,)


def wanted_key(catalog: Catalog, finding: Finding, option_id: str) -> ForeignKey:
    """Give the finding's key with the action that an option names, for the statements in question."""
    action = ACTIONS[option_id]
    new = finding.key
    if Statement.DELETE in statements_of(finding):
        columns = nullable_columns(catalog, finding) if option_id == "set-null-columns" else ()
        new = replace(new, on_delete=action, delete_columns=columns)
    if Statement.UPDATE in statements_of(finding):
        new = replace(new, on_update=action)
    return new
