"""Which rows match which key, in the snapshot as the delete has changed it so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.evaluating.equality import (
    Comparison,
    Values,
    decisive_collation,
    key_columns,
    key_comparison,
    plain_type,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.queue.overlay import Overlay
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId, RowValues


def values_of(row: RowValues, columns: Sequence[str]) -> Values:
    """Give a row's values in some columns."""
    if len(columns) == 1:  # nearly always, and this is asked more often than anything else
        return (row[columns[0]],)
    return tuple(row[name] for name in columns)


class Matcher:
    """Finds referencing and referenced rows by the foreign key's own equality; raises the session's errors."""

    def __init__(self, reader: Reader, overlay: Overlay) -> None:
        self._facts = reader.facts
        self._reader = reader
        self._overlay = overlay
        self._comparisons: dict[int, Comparison] = {}

    async def referencing(self, key: KeyFact, referenced: Values) -> list[RowId]:
        """Give the rows that reference a key now: untouched ones in physical order, then those written."""
        base = await self._reader.rows_referencing(key, referenced)
        found = [row for row in base if row not in self._overlay.rows]
        comparison = self._comparison(key)
        if comparison.groups is not None:
            return found + self._overlay.find(key.relation, key.columns, comparison, referenced)
        for row, written in list(self._overlay.living(key.relation)):
            if await self._match(key, referenced, values_of(written.values, key.columns)):
                found.append(row)
        return found

    def unreferenced(self, key: KeyFact, referenced: Values) -> bool:
        """Tell whether it is already known that no row references a key now."""
        if self._reader.known_referencing(key, referenced) != ():
            return False
        if not self._overlay.rewritten(key.relation):
            return True
        comparison = self._comparison(key)
        return comparison.groups is not None and not self._overlay.find(
            key.relation, key.columns, comparison, referenced
        )

    async def reference_something(self, key: KeyFact, referencing: Values) -> bool:
        """Tell whether a referenced row is there for referencing values."""
        base = (await self._reader.referenced(key, [referencing]))[referencing]
        if any(row not in self._overlay.rows for row in base):
            return True
        return bool(await self._written_referenced(key, referencing))

    async def referenced(self, key: KeyFact, referencing: Values) -> list[RowId]:
        """Give the rows that referencing values reference now."""
        base = (await self._reader.referenced(key, [referencing], load=True))[referencing]
        return [
            *(row for row in base if row not in self._overlay.rows),
            *(await self._written_referenced(key, referencing)),
        ]

    async def _written_referenced(self, key: KeyFact, referencing: Values) -> list[RowId]:
        comparison = self._comparison(key)
        if comparison.groups is not None:
            return self._overlay.find(key.referenced_oid, key.referenced_columns, comparison, referencing)
        return [
            row
            for row, written in list(self._overlay.living(key.referenced_oid))
            if await self._match(key, values_of(written.values, key.referenced_columns), referencing)
        ]

    async def held_by_another(self, key: KeyFact, referenced: Values) -> bool:
        """Tell whether a referenced row holds a key (again) that another one has given up."""
        base = (await self._reader.peers(key, [referenced]))[referenced]
        if any(row not in self._overlay.rows for row in base):
            return True
        return bool(await self._written_holding(key, referenced))

    async def holding(self, key: KeyFact, referenced: Values) -> list[RowId]:
        """Give the referenced rows that hold a key now."""
        base = (await self._reader.peers(key, [referenced], load=True))[referenced]
        return [
            *(row for row in base if row not in self._overlay.rows),
            *(await self._written_holding(key, referenced)),
        ]

    async def _written_holding(self, key: KeyFact, referenced: Values) -> list[RowId]:
        comparison = self._comparison(key)
        if comparison.groups is not None:
            return self._overlay.find(key.referenced_oid, key.referenced_columns, comparison, referenced)
        return [
            row
            for row, written in list(self._overlay.living(key.referenced_oid))
            if await self._same_referenced(key, values_of(written.values, key.referenced_columns), referenced)
        ]

    async def same_reference(self, key: KeyFact, before: Values, after: Values) -> bool:
        """Tell whether two sets of referencing values are equal, as PostgreSQL sees it before it skips a check."""
        if before == after:
            return True
        if None in before:
            return False
        comparison = self._comparison(key)
        if comparison.groups is not None:
            return comparison.normalised(before) == comparison.normalised(after)
        own, _ = key_columns(self._facts, key)
        for column, operator, a, b in zip(own, key.ff_operators, before, after, strict=True):
            kind = plain_type(self._facts, column)
            collation = column.ordering if not column.deterministic else None
            if a is None or b is None or not await self._reader.equal((a, kind), operator, (b, kind), collation):
                return False
        return True

    def _comparison(self, key: KeyFact) -> Comparison:
        if key.oid not in self._comparisons:
            self._comparisons[key.oid] = key_comparison(self._facts, key)
        return self._comparisons[key.oid]

    async def _match(self, key: KeyFact, referenced: Values, referencing: Values) -> bool:
        mine, other = key_columns(self._facts, key)
        for i, (theirs, ours) in enumerate(zip(referenced, referencing, strict=True)):
            if theirs is None or ours is None:
                return False
            if not await self._reader.equal(
                (theirs, plain_type(self._facts, other[i])),
                key.pf_operators[i],
                (ours, plain_type(self._facts, mine[i])),
                decisive_collation(mine[i], other[i]),
            ):
                return False
        return True

    async def _same_referenced(self, key: KeyFact, left: Values, right: Values) -> bool:
        _, columns = key_columns(self._facts, key)
        for column, operator, a, b in zip(columns, key.pp_operators, left, right, strict=True):
            kind = plain_type(self._facts, column)
            collation = column.ordering if not column.deterministic else None
            if a is None or b is None:
                return False
            if a != b and not await self._reader.equal((a, kind), operator, (b, kind), collation):
                return False
        return True
