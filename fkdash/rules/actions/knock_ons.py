"""What an action sets off where the columns that it writes are referenced in turn.

Writing a referenced column is an UPDATE of that key for the next table, whose ON
UPDATE action decides, whatever its ON DELETE says (CREATE TABLE, "ON UPDATE").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.fact import fact
from fkdash.catalog.model import Action
from fkdash.rules.actions.cascades import taken_by
from fkdash.rules.actions.enforcement import action_runs, refusal_error
from fkdash.rules.actions.obstacles import Kind, failing_writes, obstacles_to
from fkdash.rules.actions.rescues import rescues
from fkdash.rules.actions.writes import Write, writes
from fkdash.rules.finding import Statement
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.sql.values import NOT_NULL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import PredictedError
    from fkdash.rules.sql.values import Results

_STEPS: Final = 2


@fact
class KnockOn:
    """A write of columns that `other` refers to, and the error that comes of it.

    `refused_by` is what in the referencing table refuses the value that is carried on, None where `other` itself
    refuses the change. `certain`: every reached row fails; never so where `other` refuses, as it may have no rows.
    """

    write: Write
    other: ForeignKey
    error: PredictedError
    refused_by: str | None
    certain: bool


@once_per_catalog
def knock_ons(catalog: Catalog) -> tuple[KnockOn, ...]:
    """Give what every write sets off that fails; a write that fails by itself changes no key."""
    stopped = failing_writes(catalog)
    return tuple(
        found
        for write in (*writes(catalog), *_carried_keys(catalog))
        if id(write) not in stopped
        for other in catalog.referencing.get(write.key.table, ())
        if other is not write.key
        and not set(other.referenced_columns).isdisjoint(write.columns)
        and action_runs(catalog, other, Statement.UPDATE)
        for found in _set_off(catalog, write, other)
    )


def _carried_keys(catalog: Catalog) -> Iterator[Write]:
    for key in catalog.foreign_keys:
        cascades = key.on_update is Action.CASCADE and key.table in catalog.referencing
        if cascades and action_runs(catalog, key, Statement.UPDATE):
            yield Write(key, Action.CASCADE, key.columns, (Statement.UPDATE,))


def _values(catalog: Catalog, write: Write) -> Mapping[str, Results]:
    if write.action is Action.CASCADE:
        return dict.fromkeys(write.columns, NOT_NULL)
    return write.values(catalog)


def _set_off(catalog: Catalog, write: Write, other: ForeignKey) -> Iterator[KnockOn]:
    if other.on_update in {Action.NO_ACTION, Action.RESTRICT}:
        error = refusal_error(catalog, other, other.on_update)
        yield KnockOn(write, other, error, refused_by=None, certain=False)
    elif other.on_update is Action.CASCADE:
        values = _values(catalog, write)
        carried = {
            own: values[theirs]
            for own, theirs in zip(other.columns, other.referenced_columns, strict=True)
            if theirs in values
        }
        met = obstacles_to(catalog, Write(other, write.action, tuple(carried), write.statements), carried)
        surely = next((each for each in met if each.certain and each.kind is not Kind.UNIQUE), None)
        if surely is not None:
            spared = rescues(catalog, write.key, write.statements[0], write.columns) or taken_by(
                catalog, write.key.referenced, other.table, _STEPS
            )
            yield KnockOn(write, other, surely.error, surely.reason, certain=not spared)
