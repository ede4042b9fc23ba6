"""What may come before an action of a foreign key and spare it the row at which it would fail.

Only where there is nothing of it does an action that meets an obstacle fail for every row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.cascades import deleted_by
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import (
    action_of,
    acts_before,
    overtaken,
    rewriters,
    same_columns,
    same_referenced,
    same_rows,
)
from fkdash.rules.actions.statements import doubts_about
from fkdash.rules.actions.trigger_code import Fate, fate, fires

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.model import Catalog, ForeignKey

_STEPS = 2
_REWRITING = {
    Statement.DELETE: frozenset({Action.SET_NULL, Action.SET_DEFAULT}),
    Statement.UPDATE: frozenset({Action.SET_NULL, Action.SET_DEFAULT, Action.CASCADE}),
}


def rescues(
    catalog: Catalog, key: ForeignKey, statement: Statement, written: Collection[str], *, late: bool = False
) -> tuple[str, ...]:
    """Give what may spare a key's action the row, or change what it writes, in words; empty where nothing may.

    `late`: the row fails only at the check of a foreign key, which looks once the actions around it are through
    and not at a row that they deleted or wrote again.
    """
    return (
        *(_overtaken(key, other, statement) for other in overtaken(catalog, key, statement)),
        *(
            words
            for other in _others(catalog, key, statement, late=late)
            for words in (*_deleting(key, other, statement), *_rewriting(key, other, statement))
        ),
        *_deleted_later(catalog, key, statement, late=late),
        *_rewriting_triggers(catalog, key, written),
        *doubts_about(catalog, key.referenced, str(statement), key.referenced_columns),
    )


def rewritten_first(catalog: Catalog, key: ForeignKey) -> Iterator[str]:
    """Give the foreign keys whose ON DELETE may take a row away from a key by rewriting its columns, in words."""
    for other in overtaken(catalog, key, Statement.DELETE):
        if other.on_delete is not Action.CASCADE:
            yield _overtaken(key, other, Statement.DELETE)
    for other in rewriters(catalog, key):
        if _may_come_first(catalog, key, other, late=False):
            yield from _rewriting(key, other, Statement.DELETE)


def _overtaken(key: ForeignKey, other: ForeignKey, statement: Statement) -> str:
    action = action_of(other, statement)
    return f"{other.shown} has the same columns and {action}: it may act on the row before {key.shown} does"


def _deleted_later(catalog: Catalog, key: ForeignKey, statement: Statement, *, late: bool) -> Iterator[str]:
    if late and statement is Statement.DELETE:
        deleted = deleted_by(catalog, key.referenced, key.table, _STEPS)
        if deleted:
            yield deleted


def _others(catalog: Catalog, key: ForeignKey, statement: Statement, *, late: bool) -> Iterator[ForeignKey]:
    """Give the foreign keys from the same table to the same one that may act on the row first, or also late."""
    for other in same_rows(catalog, key):
        if _may_come_first(catalog, key, other, late=late) and action_runs(catalog, other, statement):
            yield other


def _may_come_first(catalog: Catalog, key: ForeignKey, other: ForeignKey, *, late: bool) -> bool:
    return (
        same_referenced(catalog, other, key)
        and not same_columns(other, key)
        and (late or bool(key.copies) or not acts_before(catalog, key, other))
    )


def _deleting(key: ForeignKey, other: ForeignKey, statement: Statement) -> Iterator[str]:
    if statement is Statement.DELETE and other.on_delete is Action.CASCADE:
        yield (
            f"a row that refers to the same row of {key.referenced.shown} by {other.shown} (CASCADE) as well is "
            "deleted first"
        )


def _rewriting(key: ForeignKey, other: ForeignKey, statement: Statement) -> Iterator[str]:
    does = action_of(other, statement)
    columns = other.set_columns if statement is Statement.DELETE else other.columns
    if does in _REWRITING[statement] and not set(columns).isdisjoint(key.columns):
        yield f"{other.shown} ({does}) may rewrite {listed(columns, ' and ')} of the row first"


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
        yield f"BEFORE UPDATE trigger {listed(names)} on {key.table} could change what is written"
