"""Rows whose partition key an action writes: where they go, and what that sets off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.outcome import Obstacle
from fkdash.sqlstates import CHECK_VIOLATION, FEATURE_NOT_SUPPORTED
from fkdash.versions import ROW_MOVES_ARE_UPDATES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fkdash.preview.declared.facts import KeyFact, TableFact
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.row import RowId, RowValues


async def home(
    run: RunState, key: KeyFact, row: RowId, new: RowValues, values: Mapping[str, str | None]
) -> TableFact:
    """Give the partition that takes a written row; its own, unless a partition key column was written.

    Where no partition takes it, that is noted and the row stays.
    """
    leaf = run.facts.tables[run.leaf_of(row)]
    above = leaf
    key_written = False
    while above.parent is not None and above.parent in run.facts.tables:
        above = run.facts.tables[above.parent]
        key_written |= bool(set(above.partition_columns) & values.keys())
    if not key_written or await _takes(run, leaf, new):
        return leaf
    for oid in run.facts.leaves(key.relation):
        if oid != leaf.oid and await _takes(run, run.facts.tables[oid], new):
            return run.facts.tables[oid]
    root = run.facts.tables[key.relation]
    columns = tuple(name for name in root.partition_columns if name in values) or root.partition_columns
    run.outcome.block(Obstacle(None, root.name, columns, CHECK_VIOLATION), [row])
    return leaf


async def _takes(run: RunState, leaf: TableFact, new: RowValues) -> bool:
    """Tell whether a partition takes a row; one of which that was not read is taken to, and noted."""
    if leaf.partition_too_long:
        what = f"What rows the partition {leaf.name} takes has millions of characters"
        run.outcome.doubt(f"{what}; it was not read.")
    return await run.evaluator.accepts(leaf, new)


async def move(
    run: RunState, key: KeyFact, row: RowId, destination: TableFact, *, old: RowValues, rechecks: Collection[int]
) -> None:
    """Move a written row to another partition: a DELETE from one and an INSERT into the other.

    The foreign keys that reference it see a DELETE up to PostgreSQL 14, later an UPDATE
    of the table that the statement names; only those that reference the very partition
    still see a DELETE, and those that reference one between the two forbid the move
    (nodeModifyTable.c, ExecCrossPartitionUpdateForeignKey).
    """
    written = run.overlay.rows[row]
    source, written.leaf = written.leaf, destination.oid
    await run.row_written(source, "DELETE", [(old, None)])
    await run.row_written(destination.oid, "INSERT", [(None, written.values)])
    run.overlay.wrote(row)
    as_update = run.facts.major >= ROW_MOVES_ARE_UPDATES
    version = written.version
    if as_update:
        _refuse_between(run, key, row, source)
    run.enqueue("DELETE", row, source, version=version, old=old, moved=as_update)
    checked = {
        trigger.constraint
        for trigger in destination.triggers
        if trigger.constraint is not None and trigger.machinery == "check_ins"
    }
    run.enqueue(
        "INSERT", row, destination.oid, version=version, new=written.values, rechecks=rechecks, checked=checked
    )
    if as_update:
        run.enqueue("UPDATE", row, key.relation, version=version, old=old, new=written.values, keys_only=True)


def _refuse_between(run: RunState, key: KeyFact, row: RowId, source: int) -> None:
    """Note a foreign key that references a partitioned table below the one that the statement names."""
    above = run.facts.tables[source].parent
    while above is not None and above != key.relation:
        table = run.facts.tables[above]
        if any(trigger.action and trigger.kind[1] and not trigger.clone for trigger in table.triggers):
            run.outcome.block(Obstacle(None, table.name, table.partition_columns, FEATURE_NOT_SUPPORTED), [row])
        above = table.parent
