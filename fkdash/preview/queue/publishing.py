"""Statements that the server refuses because a publication could not tell a subscriber which row it was.

It looks when the statement is prepared, at every partition that is not ruled out by then, and not at rows
(execReplication.c, CheckCmdReplicaIdentity).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.preview.declared.facts import KeyFact, TableFact
    from fkdash.preview.declared.reached import Facts


@fact
class Refusal:
    """A statement that a publication has refused; not `certain`: unless the server can leave the partition out."""

    sqlstate: str
    words: str
    certain: bool


def refusals(
    facts: Facts, table: TableFact, event: str, holding: Collection[int], key: KeyFact | None
) -> Iterator[Refusal]:
    """Give why a statement on a table is refused; `holding` are the tables that hold the rows it is about.

    `key` is the foreign key whose action it is.
    """
    for oid in facts.leaves(table.oid):
        leaf = facts.tables[oid]
        for refused in leaf.unpublishable:
            if refused.event != event:
                continue
            reason = f"Publication {refused.publication} {refused.reason} ({leaf.name})"
            certain = oid in holding or not _may_be_ruled_out(facts, table, key)
            words = (
                f"{reason}: the server refuses every {event} of it, whatever the rows."
                if certain
                else f"{reason}; PostgreSQL refuses the {event} unless it can leave that partition out."
            )
            yield Refusal(refused.sqlstate, words, certain)


def _may_be_ruled_out(facts: Facts, table: TableFact, key: KeyFact | None) -> bool:
    """Tell whether the statement's condition may be about the columns that choose a partition."""
    if not table.partitioned:
        return False
    below = (each for each in facts.tables.values() if facts.root(each.oid) == facts.root(table.oid))
    chosen_by = {name for each in below for name in each.partition_columns}
    return key is None or not chosen_by.isdisjoint(key.columns)
