"""What a view's query may read: every relation that a word in it could mean, and their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.catalog.files.state import State


def used_by(state: State, words: Collection[str]) -> frozenset[tuple[int, int]]:
    """Give relations with 0 and with the numbers of their columns, all of them where the words have a `*`."""
    meant = (state.relation_names.get((schema, word)) for word in words for schema in state.schemas.values())
    found = {oid for oid in meant if oid is not None}
    columns = {
        (oid, column.number)
        for oid in found
        for column in state.relations[oid].columns
        if "*" in words or column.name in words
    }
    return frozenset({*columns, *((oid, 0) for oid in found)})
