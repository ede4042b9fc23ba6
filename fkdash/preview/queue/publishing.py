"""Statements that the server refuses because a publication could not tell a subscriber which row it was.

It looks when the statement is prepared, at every partition that is not ruled out by then, and not at rows
(execReplication.c, CheckCmdReplicaIdentity).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.outcome import Obstacle

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.preview.facts import KeyFact, TableFact
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.reader import RowId


def refuse_unpublished(
    run: RunState, table: TableFact, event: str, rows: Collection[RowId], key: KeyFact | None
) -> None:
    """Note a statement on a table that a publication has refused, `rows` or not."""
    for oid in run.facts.leaves(table.oid):
        leaf = run.facts.tables[oid]
        for refused in leaf.unpublishable:
            if refused.event != event:
                continue
            reason = f"Publication {refused.publication} {refused.reason} ({leaf.name})"
            if _may_be_ruled_out(run, table, key) and all(run.leaf_of(row) != oid for row in rows):
                run.outcome.doubt(
                    f"{reason}; PostgreSQL refuses the {event} unless it can leave that partition out."
                )
                continue
            if key is not None:
                run.block_key(key, refused.sqlstate, [])
            else:
                run.outcome.block(Obstacle(None, table.name, (), refused.sqlstate), [])
            run.outcome.remark(f"{reason}: the server refuses every {event} of it, whatever the rows.")


def _may_be_ruled_out(run: RunState, table: TableFact, key: KeyFact | None) -> bool:
    """Tell whether the statement's condition may be about the columns that choose a partition."""
    if not table.partitioned:
        return False
    below = (each for each in run.facts.tables.values() if run.facts.root(each.oid) == run.facts.root(table.oid))
    chosen_by = {name for each in below for name in each.partition_columns}
    return key is None or not chosen_by.isdisjoint(key.columns)
