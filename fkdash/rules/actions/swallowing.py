"""The BEFORE row triggers that an action's own statement runs into, and what they make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.rules.actions.barred import event_of
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.trigger_code import Fate, fate, fires

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.surroundings import Trigger


def not_letting_through(catalog: Catalog, key: ForeignKey, statement: Statement) -> Mapping[Trigger, Fate]:
    """Give those that may keep rows when a referenced row goes or changes; UNKNOWN where no text tells.

    The key need not be declared like that.
    """
    event = event_of(action_of(key, statement), statement)
    if not event or not action_runs(catalog, key, statement):
        return {}
    written = key.set_columns if statement is Statement.DELETE else key.columns
    ends = {
        trigger: fate(trigger, event, written)
        for table in catalog.with_partitions(key.table)
        for trigger in table.triggers or ()
        if trigger.before and trigger.row and fires(trigger, event, table, written)
    }
    return {trigger: end for trigger, end in ends.items() if end is not Fate.CARRIED_OUT}
