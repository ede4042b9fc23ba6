"""Makes foreign keys anew after a change of type, in PostgreSQL's order (ATPostAlterTypeCleanup)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.tables.foreign_keys import made_anew, remove_with_copies, store_key
from fkdash.sqlstates import DEPENDENT_OBJECTS_STILL_EXIST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.facts import Constraint, Relation


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


def want_no_key_to_partition(state: State, table: Relation, number: int) -> None:
    """Raise RefusedError where a key refers to a partition whose index goes with one that is made anew.

    A key over the column itself goes with it.
    """
    for index in state.indexes_on(table.oid):
        assert index.index is not None  # noqa: S101 - it is an index
        for part in _parts(state, index) if number in index.index.used else ():
            assert part.index is not None  # noqa: S101 - it is an index
            for oid in state.referencing.get(part.index.table, ()):
                key = state.constraints[oid]
                over = key.table == table.oid and number in key.columns
                if key.index == part.oid and not key.parent and not over:
                    raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"{key.name} depends on {part.name}")


def _parts(state: State, index: Relation) -> Iterator[Relation]:
    """Give what partitions have of an index, on all levels."""
    assert index.index is not None  # noqa: S101 - it is an index
    for child in state.children(index.index.table):
        for part in state.indexes_on(child.oid):
            if part.index is not None and part.index.parent == index.oid:
                yield part
                yield from _parts(state, part)
