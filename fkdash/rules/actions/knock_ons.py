"""What an action sets off where the columns that it writes are referenced in turn.

Writing a referenced column is an UPDATE of that key for the next table, whose ON
UPDATE action decides, whatever its ON DELETE says (CREATE TABLE, "ON UPDATE").
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.fact import fact
from fkdash.rules.actions.cascades import taken_by
from fkdash.rules.actions.enforcement import action_runs, refusal_error, running
from fkdash.rules.actions.failing import never_written
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.obstacles import obstacles_to
from fkdash.rules.actions.rescues import rescues
from fkdash.rules.actions.writes import Write, writes
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.sql.values import NOT_NULL
from fkdash.versions import ROW_MOVES_ARE_UPDATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.obstacle import Obstacle
    from fkdash.rules.finding import PredictedError
    from fkdash.rules.sql.values import Results

_STEPS: Final = 2
_MOST_KEYS: Final = 200


@fact
class KnockOn:
    """A write of columns that `other` refers to, at once or over the keys `between`, and its error.

    `refused_by` is what in the referencing table refuses the value that is carried on, None where `other` itself
    refuses the change, and `behind` what would refuse it next. `certain`: every reached row fails; never so where
    `other` refuses, as it may have no rows.
    """

    write: Write
    other: ForeignKey
    error: PredictedError
    refused_by: str | None
    certain: bool
    between: tuple[ForeignKey, ...] = ()
    behind: tuple[str, ...] = ()


@once_per_catalog
def knock_ons(catalog: Catalog) -> tuple[KnockOn, ...]:
    """Give what every write sets off that fails; a write that fails by itself before changes no key."""
    stopped = never_written(catalog)
    return (
        *(
            found
            for write in writes(catalog)
            if _refers_on(catalog, write.key.table, write.columns) and id(write) not in stopped
            for found in _set_off(catalog, write)
        ),
        *(found for write in _carried_keys(catalog) for found in _set_off(catalog, write)),
    )


def _carried_keys(catalog: Catalog) -> Iterator[Write]:
    for key in running(catalog, catalog.foreign_keys, Statement.UPDATE):
        if key.on_update is Action.CASCADE and _refers_on(catalog, key.table, key.columns):
            yield Write(key, Action.CASCADE, key.columns, (Statement.UPDATE,))


def _refers_on(catalog: Catalog, table: TableName, columns: tuple[str, ...]) -> bool:
    """Tell whether some key refers to one of the columns: most columns that are written refer, and no more."""
    return not catalog.referenced_columns.get(table, frozenset()).isdisjoint(columns)


def _set_off(catalog: Catalog, write: Write) -> Iterator[KnockOn]:
    """Follow a written value from key to key, the nearest first.

    The new value of a changed key is followed one step: what comes after is told of the next key's own change.
    """
    changed = write.action is Action.CASCADE
    values = dict.fromkeys(write.columns, NOT_NULL) if changed else write.values(catalog)
    seen = {id(write.key)}
    waiting: deque[tuple[ForeignKey, Mapping[str, Results], tuple[ForeignKey, ...]]] = deque()
    waiting.append((write.key, values, ()))
    while waiting and len(seen) < _MOST_KEYS:
        key, values, between = waiting.popleft()
        for other in catalog.referencing.get(key.table, ()):
            carried = _carried(other, values)
            if id(other) in seen or not carried or not action_runs(catalog, other, Statement.UPDATE):
                continue
            seen.add(id(other))
            if other.on_update in REFUSING:
                error = refusal_error(catalog, other, other.on_update)
                yield KnockOn(write, other, error, refused_by=None, certain=False, between=between)
            elif other.on_update is Action.CASCADE:
                met = _met(catalog, write, other, carried)
                yield from _carried_into(catalog, write, other, met, between)
                if not changed and not any(_is_sure(each) for each in met):
                    waiting.append((other, carried, (*between, other)))


def _carried(other: ForeignKey, values: Mapping[str, Results]) -> Mapping[str, Results]:
    """Give what ON UPDATE CASCADE takes over; empty where nothing is written that the key refers to."""
    pairs = zip(other.columns, other.referenced_columns, strict=True)
    return {own: values[theirs] for own, theirs in pairs if theirs in values}


def _met(
    catalog: Catalog, write: Write, other: ForeignKey, carried: Mapping[str, Results]
) -> tuple[Obstacle, ...]:
    """Give what refuses a carried value: everything where something surely does or something written may.

    A changed key is as new where it is carried to as where it comes from: only what surely refuses it counts.
    """
    met = obstacles_to(catalog, Write(other, write.action, tuple(carried), write.statements), carried)
    if any(_is_sure(each) for each in met):
        return met
    may = () if write.action is Action.CASCADE else tuple(each for each in met if each.unproven is None)
    return tuple(replace(each, certain=False) for each in may)


def _is_sure(obstacle: Obstacle) -> bool:
    return obstacle.certain and obstacle.kind is not Kind.UNIQUE


def _carried_into(
    catalog: Catalog,
    write: Write,
    other: ForeignKey,
    met: tuple[Obstacle, ...],
    between: tuple[ForeignKey, ...],
) -> Iterator[KnockOn]:
    """Give the obstacle that surely comes, with those behind it; else each that may come by itself."""
    surely = next((each for each in met if _is_sure(each)), None)
    if surely is None:
        for each in met:
            yield KnockOn(write, other, each.error, each.reason, certain=False, between=between)
        return
    spared = (
        rescues(catalog, write.key, write.statements[0], write.columns)
        or any(rescues(catalog, each, Statement.UPDATE, each.columns) for each in (*between, other))
        or taken_by(catalog, write.key.referenced, other.table, _STEPS + len(between))
        or _goes_as_deleted(catalog, write, between)
    )
    behind = tuple(each.reason for each in met if each is not surely)
    yield KnockOn(write, other, surely.error, surely.reason, certain=not spared, between=between, behind=behind)


def _goes_as_deleted(catalog: Catalog, write: Write, between: tuple[ForeignKey, ...]) -> bool:
    """Tell whether a written row may come to another partition, for which its keys see a DELETE, up to 14."""
    if catalog.server is None or catalog.server.major >= ROW_MOVES_ARE_UPDATES:
        return False
    written = [(write.key.table, write.columns), *((each.table, each.columns) for each in between)]
    return any(
        table.columns_by_number[number].name in columns
        for name, columns in written
        for table in catalog.with_partitions(name)
        for number in table.partition_key
        if number
    )
