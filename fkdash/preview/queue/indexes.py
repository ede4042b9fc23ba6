"""Unique and exclusion indexes: which written rows they refuse, at once or when looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.evaluating.equality import index_comparison
from fkdash.preview.outcome import Obstacle
from fkdash.preview.queue.rights import of_index
from fkdash.sqlstates import EXCLUSION_VIOLATION, UNIQUE_VIOLATION

if TYPE_CHECKING:
    from fkdash.preview.declared.facts import IndexFact, TableFact
    from fkdash.preview.evaluating.equality import Comparison, Values
    from fkdash.preview.evaluating.evaluate import Evaluated
    from fkdash.preview.queue.state import Event, RunState
    from fkdash.preview.row import RowId, RowValues


async def refuse_duplicates(
    run: RunState,
    table: TableFact,
    row: RowId,
    *,
    owner: str,
    before: tuple[RowValues, Evaluated | None] | None,
    after: Evaluated | None,
) -> set[int]:
    """Note the indexes that refuse a row just written; give the deferrable ones to look at again.

    `before` is the row as it was, None when it comes from another partition.
    """
    rechecks: set[int] = set()
    for index in table.indexes:
        inside = not index.computed or (after is not None and after.keys.get(index.oid) is not None)
        was = before[0] if before is not None else None
        await of_index(run, owner, table, index, row, before=was, inside=inside)
        if after is not None and index.oid in after.broken and index.ready:
            run.evaluation_failed(table, _columns(index), after.broken[index.oid], [row])
        if not (index.unique or index.exclusion) or not index.ready:
            continue
        comparison = _comparison(run, index)
        key = _index_key(index, run.values(row), after)
        unchanged = before is not None and key == _index_key(index, *before)
        run.overlay.occupy(row, index.oid, key, comparison)
        if key is None or unchanged or not await _conflicts(run, table, index, row, key):
            continue
        if index.immediate:
            _refuse(run, table, index, row)
        else:
            rechecks.add(index.oid)
    return rechecks


async def recheck(run: RunState, event: Event) -> None:
    """Look again for a deferrable constraint (unique_key_recheck), if the row is still there."""
    assert event.row is not None  # noqa: S101 - rechecks are queued for rows
    written = run.overlay.rows[event.row]
    table = run.facts.tables[event.table]
    index = next(index for index in table.indexes if index.oid == event.trigger.index)
    key = written.keys.get(index.oid)
    if written.alive and key is not None and await _conflicts(run, table, index, event.row, key):
        _refuse(run, table, index, event.row)


def _comparison(run: RunState, index: IndexFact) -> Comparison:
    return index_comparison(run.facts, index)


def _refuse(run: RunState, table: TableFact, index: IndexFact, row: RowId) -> None:
    sqlstate = EXCLUSION_VIOLATION if index.exclusion else UNIQUE_VIOLATION
    run.outcome.block(Obstacle(index.name, table.name, _columns(index), sqlstate), [row])


def _columns(index: IndexFact) -> tuple[str, ...]:
    return tuple(key.column or key.expression for key in index.keys)


def _index_key(index: IndexFact, row: RowValues, evaluated: Evaluated | None) -> Values | None:
    if not index.computed:
        return tuple(row.get(key.column or "") for key in index.keys)
    return None if evaluated is None else evaluated.keys.get(index.oid)


async def _conflicts(run: RunState, table: TableFact, index: IndexFact, row: RowId, key: Values) -> bool:
    if None in key and not index.nulls_not_distinct:
        return False
    if any(found not in run.overlay.rows for found in await run.reader.occupants(table, index, key)):
        return True
    comparison = _comparison(run, index)
    if comparison.groups is not None:
        return any(found != row for found in run.overlay.occupants(index.oid, key, comparison))
    for other, theirs in run.overlay.indexed(index.oid):
        if other != row and await _same_key(run, table, index, theirs, key):
            return True
    return False


async def _same_key(run: RunState, table: TableFact, index: IndexFact, left: Values, right: Values) -> bool:
    for part, a, b in zip(index.keys, left, right, strict=True):
        if a is None or b is None:
            if a is not b or not index.nulls_not_distinct:
                return False
            continue
        kind = run.reader.key_type(table, part.column, part.type)
        collation = part.collation if not part.deterministic else None
        if part.operator is None:
            same = a == b
        else:
            same = await run.reader.equal((a, kind), part.operator, (b, kind), collation)
        if not same:
            return False
    return True
