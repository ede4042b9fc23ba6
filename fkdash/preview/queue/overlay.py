"""The rows that the imagined delete has written so far, laid over the snapshot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fkdash.preview.evaluating.equality import normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.evaluating.equality import Comparison, Values
    from fkdash.preview.row import RowId, RowValues


@dataclass(slots=True)
class Written:
    """A row as the delete has left it so far; `version` counts the writes to it."""

    values: RowValues
    leaf: int
    alive: bool = True
    version: int = 0
    set_null: bool = False
    set_default: bool = False
    updated: bool = False
    keys: dict[int, Values | None] = field(default_factory=dict)


class _KeyIndex:
    """Finds written rows of some leaf tables by the values of some columns."""

    __slots__ = ("_by_row", "_by_values", "columns", "comparison", "leaves")

    def __init__(self, leaves: frozenset[int], columns: tuple[str, ...], comparison: Comparison) -> None:
        self.leaves = leaves
        self.columns = columns
        self.comparison = comparison
        self._by_values: dict[Values, dict[RowId, None]] = {}
        self._by_row: dict[RowId, Values] = {}

    def put(self, row: RowId, written: Written) -> None:
        """File a row under its present values."""
        old = self._by_row.pop(row, None)
        if old is not None:
            self._by_values[old].pop(row, None)
        if written.alive and written.leaf in self.leaves:
            values = self.comparison.normalised(tuple(written.values.get(name) for name in self.columns))
            if values is not None:
                self._by_row[row] = values
                self._by_values.setdefault(values, {})[row] = None

    def find(self, values: Values) -> list[RowId]:
        """Give the rows filed under values."""
        return list(self._by_values.get(values, ()))


class Overlay:
    """What is different from the snapshot."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rows: dict[RowId, Written] = {}
        self._indexes: dict[tuple[int, tuple[str, ...], tuple[str, ...]], _KeyIndex] = {}
        self._indexes_of: defaultdict[int, list[_KeyIndex]] = defaultdict(list)
        self._unique: dict[int, dict[Values, dict[RowId, None]]] = {}
        self._rewritten: set[int] = set()

    def wrote(self, row: RowId) -> None:
        """File a row again after it was written or deleted."""
        written = self.rows[row]
        root = self.facts.root(row.table)
        if written.alive:
            self._rewritten.add(root)
        for index in self._indexes_of[root]:
            index.put(row, written)

    def rewritten(self, relation: int) -> bool:
        """Whether a row of a relation was written and not only deleted: one that a key may newly be found in."""
        return self.facts.root(relation) in self._rewritten

    def living(self, relation: int) -> Iterator[tuple[RowId, Written]]:
        """Give the written rows of a relation that are still there."""
        leaves = self.facts.leaf_set(relation)
        return ((row, written) for row, written in self.rows.items() if written.alive and written.leaf in leaves)

    def find(self, relation: int, columns: tuple[str, ...], comparison: Comparison, values: Values) -> list[RowId]:
        """Give the written rows whose columns equal `values`, where text decides equality."""
        assert comparison.groups is not None  # noqa: S101 - the caller asks the server otherwise
        if not self.rewritten(relation):
            return []
        name = (relation, columns, comparison.groups)
        if name not in self._indexes:
            index = _KeyIndex(self.facts.leaf_set(relation), columns, comparison)
            for row, written in self.rows.items():
                index.put(row, written)
            self._indexes[name] = index
            self._indexes_of[self.facts.root(relation)].append(index)
        wanted = comparison.normalised(values)
        found = [] if wanted is None else self._indexes[name].find(wanted)
        return sorted(found, key=lambda row: self.rows[row].version)

    def occupy(self, row: RowId, index: int, values: Values | None, comparison: Comparison) -> None:
        """Note the key under which a unique or exclusion index holds a row from now on."""
        written = self.rows[row]
        self.vacate(row, index, comparison)
        written.keys[index] = values
        if values is not None:
            self._unique.setdefault(index, {}).setdefault(_filed(values, comparison), {})[row] = None

    def vacate(self, row: RowId, index: int, comparison: Comparison) -> None:
        """Note that an index no longer holds a row under its old key."""
        old = self.rows[row].keys.pop(index, None)
        if old is not None:
            self._unique[index][_filed(old, comparison)].pop(row, None)

    def occupants(self, index: int, values: Values, comparison: Comparison) -> list[RowId]:
        """Give the living written rows that an index holds under a key, where text decides equality."""
        found = self._unique.get(index, {}).get(_filed(values, comparison), {})
        return [row for row in found if self.rows[row].alive]

    def indexed(self, index: int) -> list[tuple[RowId, Values]]:
        """Give every living written row that an index holds, with its key."""
        return [
            (row, values)
            for rows in self._unique.get(index, {}).values()
            for row in rows
            if self.rows[row].alive and (values := self.rows[row].keys.get(index)) is not None
        ]


def _filed(values: Values, comparison: Comparison) -> Values:
    if comparison.groups is None:
        return values
    return tuple(
        None if v is None else normal(group, v) for group, v in zip(comparison.groups, values, strict=True)
    )
