"""Makes foreign keys anew after a change of type, in PostgreSQL's order (ATPostAlterTypeCleanup)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.tables.foreign_keys import made_anew, remove_with_copies, store_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import Constraint
    from fkdash.catalog.files.state import State


def renew_keys(state: State, changed: Sequence[tuple[int, int]]) -> None:
    """Make the foreign keys anew that use a column of `changed`, tables and numbers.

    First those of these tables, then those of others as they come up. What is kept for partitions comes with its
    key, under the names that it would get now.
    """
    queue = [table for table, _ in changed]
    touched: dict[int, Constraint] = {}
    for table, number in changed:
        for oid in (*state.constraints_of.get(table, ()), *state.referencing.get(table, ())):
            key = state.constraints[oid]
            if key.kind == "f" and (
                (key.table == table and number in key.columns)
                or (key.referenced == table and number in key.referenced_columns)
            ):
                touched[oid] = key
                queue.append(key.table)
    keys = [key for key in touched.values() if key.parent not in touched]
    for key in keys:
        remove_with_copies(state, key)
    for key in sorted(keys, key=lambda key: queue.index(key.table)):
        store_key(state, made_anew(state, key))
