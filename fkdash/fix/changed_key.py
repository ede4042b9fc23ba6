"""The columns that a finding is about, and its foreign key with another action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.refusal import Refusal, refusals

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding


def statements_of(finding: Finding) -> tuple[Statement, ...]:
    """Give the statements whose action is in question: the finding's, else DELETE."""
    return finding.statements or (Statement.DELETE,)


def with_action(finding: Finding, action: Action, columns: tuple[str, ...] = ()) -> ForeignKey:
    """Give the finding's key with another action for the statements in question, on DELETE of `columns` only."""
    new = finding.key
    if Statement.DELETE in statements_of(finding):
        new = replace(new, on_delete=action, delete_columns=columns)
    if Statement.UPDATE in statements_of(finding):
        new = replace(new, on_update=action)
    return new


def refused_columns(catalog: Catalog, finding: Finding) -> tuple[Refusal, ...]:
    """Give the columns that refuse the NULL which the finding's action writes."""
    return refusals(catalog, finding.key, finding.columns)


def nullable_columns(catalog: Catalog, finding: Finding) -> tuple[str, ...]:
    """Give the referencing columns that accept NULL, in key order."""
    refusing = {refusal.column.name for refusal in refusals(catalog, finding.key, finding.key.columns)}
    return tuple(name for name in finding.key.columns if name not in refusing)


def columns_to_empty(catalog: Catalog, key: ForeignKey) -> tuple[str, ...]:
    """Give the columns that must become NULL for a row to refer to nothing: all that can, for MATCH FULL all."""
    refusing = {refusal.column.name for refusal in refusals(catalog, key, key.columns)}
    columns = catalog.tables[key.table].columns_by_name
    return tuple(name for name in key.columns if name not in refusing and not columns[name].generated)


def accepts_null(catalog: Catalog, finding: Finding) -> str:
    """Say, as a clause, that SET NULL meets no column that refuses it; "" where it does, or is not the action."""
    key = finding.key
    if Action.SET_NULL not in {key.on_delete, key.on_update} or refusals(catalog, key, key.set_columns):
        return ""
    return f"{listed(key.set_columns)} of {key.table.shown} accepts NULL"
