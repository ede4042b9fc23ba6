"""Turns a chosen option into a plan: pure, from the catalog alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.errors import UsageError
from fkdash.fix.change_action import change_steps, why_this_way
from fkdash.fix.drop_not_null import drop_not_null_steps, restore_steps
from fkdash.fix.fingerprint import fingerprint
from fkdash.fix.options import Option, options
from fkdash.fix.plan import Goal, Plan
from fkdash.fix.targets import nullable_columns, refused_columns
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding

_ACTIONS: Final = {
    "no-action": Action.NO_ACTION,
    "restrict": Action.RESTRICT,
    "cascade": Action.CASCADE,
    "set-null-columns": Action.SET_NULL,
}


def plan(catalog: Catalog, finding: Finding, option_id: str) -> Plan:
    """Give the plan for an option of a finding; raises UsageError where it does not exist or cannot work."""
    chosen = _chosen(catalog, finding, option_id)
    if chosen.id == "drop-not-null":
        return _allow_null(catalog, finding, chosen)
    return _change_action(catalog, finding, chosen)


def _chosen(catalog: Catalog, finding: Finding, option_id: str) -> Option:
    offered = options(catalog, finding)
    for option in offered:
        if option.id == option_id:
            if option.refused:
                raise UsageError(
                    f"{option.title} cannot be used for {finding.key.qualified}: {option.refused}.",
                    next_step=f"Choose one of: {_names(offered)}.",
                )
            return option
    raise UsageError(
        f'There is no option "{option_id}" for {finding.key.qualified} ({finding.rule}).',
        next_step=f"Choose one of: {_names(offered)}.",
    )


def _names(offered: tuple[Option, ...]) -> str:
    return ", ".join(option.id for option in offered if not option.refused)


def _change_action(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    old = finding.key
    new = _with_action(catalog, finding, _ACTIONS[option.id])
    return Plan(
        key=old,
        rule=finding.rule,
        option=option.id,
        procedure=why_this_way(catalog, old),
        fingerprint=fingerprint(catalog, old),
        steps=change_steps(catalog, old, new),
        undo=change_steps(catalog, new, old),
        undo_condition=option.undo,
        consequences=_consequences(option),
        goal=Goal(key=new),
    )


def _with_action(catalog: Catalog, finding: Finding, action: Action) -> ForeignKey:
    new = finding.key
    if Statement.DELETE in finding.statements:
        columns = nullable_columns(catalog, finding) if action is Action.SET_NULL else ()
        new = replace(new, on_delete=action, delete_columns=columns)
    if Statement.UPDATE in finding.statements:
        new = replace(new, on_update=action)
    return new


def _allow_null(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    targets = [(refusal.table, refusal.column) for refusal in refused_columns(catalog, finding)]
    return Plan(
        key=finding.key,
        rule=finding.rule,
        option=option.id,
        procedure="ALTER COLUMN DROP NOT NULL changes the catalog only; the foreign key stays as it is",
        fingerprint=fingerprint(catalog, finding.key),
        steps=drop_not_null_steps(catalog, targets),
        undo=restore_steps(catalog, targets),
        undo_condition=option.undo,
        consequences=_consequences(option),
        goal=Goal(key=finding.key, nullable=tuple((table.name, column.name) for table, column in targets)),
    )


def _consequences(option: Option) -> tuple[str, ...]:
    freed = "rows that are blocked today can be deleted" if option.frees else "rows that are blocked today stay so"
    return (option.then, f"the application {option.application}", freed, f"undo: {option.undo}")
