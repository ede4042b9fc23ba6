"""What may come before an action of a foreign key and spare it the row at which it would fail.

Only where there is nothing of it does an action that meets an obstacle fail for every row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import acts_before, overtaken, same_columns, same_referenced, same_rows
from fkdash.rules.actions.statements import doubts_about
from fkdash.rules.actions.trigger_code import Fate, fate, fires
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.model import Catalog, ForeignKey

_WRITING = frozenset({Action.SET_NULL, Action.SET_DEFAULT})


def rescues(catalog: Catalog, key: ForeignKey, statement: Statement, written: Collection[str]) -> tuple[str, ...]:
    """Give what may spare a key's action the row, or change what it writes, in words; empty where nothing may."""
    return (
        *(_overtaken(key, other) for other in overtaken(catalog, key, statement)),
        *_others(catalog, key, statement),
        *_rewriting_triggers(catalog, key, written),
        *doubts_about(catalog, key.referenced, str(statement), key.referenced_columns),
    )


def _overtaken(key: ForeignKey, other: ForeignKey) -> str:
    return f"{other.name} has the same columns and {other.on_delete}: it may act on the row before {key.name} does"


def _others(catalog: Catalog, key: ForeignKey, statement: Statement) -> Iterator[str]:
    """Give the foreign keys from the same table to the same one that may delete or rewrite the row first."""
    for other in same_rows(catalog, key):
        if (
            not same_referenced(catalog, other, key)
            or same_columns(other, key)
            or not action_runs(catalog, other, statement)
            or (acts_before(catalog, key, other) and not key.copies)
        ):
            continue
        if statement is Statement.DELETE and other.on_delete is Action.CASCADE:
            yield (
                f"a row that refers to the same row of {key.referenced.name} by {other.name} (CASCADE) as well is "
                "deleted first"
            )
        does = other.on_delete if statement is Statement.DELETE else other.on_update
        columns = other.set_columns if statement is Statement.DELETE else other.columns
        if does in _WRITING and not set(columns).isdisjoint(key.columns):
            yield f"{other.name} ({does}) may rewrite {' and '.join(columns)} of the row first"


def _rewriting_triggers(catalog: Catalog, key: ForeignKey, written: Collection[str]) -> Iterator[str]:
    """Give the BEFORE UPDATE triggers on the referencing table that may put something else into the row."""
    tables = catalog.with_partitions(key.table)
    looked_at = {*written, *(name for table in tables for name in table.checked_columns)}
    names = dict.fromkeys(
        trigger.name
        for table in tables
        for trigger in table.triggers or ()
        if trigger.before and trigger.row and fires(trigger, "UPDATE", table, written)
        if fate(trigger, "UPDATE", looked_at) is not Fate.CARRIED_OUT
    )
    if names:
        yield f"BEFORE UPDATE trigger {', '.join(names)} on {key.table} could change what is written"
