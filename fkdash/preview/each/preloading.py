"""Loads for many rows at once what following each of them through the queue will ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fkdash.preview.queue.matching import values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.evaluating.evaluate import Evaluator
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId

Unreferenced: TypeAlias = "tuple[int, frozenset[int]]"


async def look_ahead(reader: Reader, evaluator: Evaluator, rows: Sequence[RowId]) -> None:
    """Ask once for each foreign key and each step down; raises TooManyRowsError where that is too much at once."""
    seen = set(rows)
    while rows:
        below: list[RowId] = []
        for (oid, kind), wanted in _wanted(reader, rows).items():
            key = reader.facts.keys[oid]
            if key.period or not reader.facts.tables[key.relation].readable:
                continue
            found = await reader.referencing(key, sorted(wanted))
            if kind == "noaction":
                await reader.peers(key, [values for values, there in found.items() if there])
            elif kind == "setnull":
                await _set_null(reader, evaluator, key, {row for there in found.values() for row in there})
            elif kind == "cascade":
                below += (row for there in found.values() for row in there if row not in seen)
        rows = list(dict.fromkeys(below))
        seen.update(rows)


async def unreferenced(reader: Reader, row: RowId) -> Unreferenced | None:
    """Give what deletes of rows that nothing references have in common, None for a row that is referenced.

    Two such rows of one table, with the same keys not NULL, have the same fate, unless a
    trigger looks at them.
    """
    table = reader.facts.tables[row.table]
    if any(trigger.condition is not None for trigger in table.triggers):
        return None
    known: set[int] = set()
    for trigger in table.triggers:
        if not trigger.action or trigger.kind[1]:
            continue
        key = reader.facts.key_carried_out(trigger)
        values = values_of(reader.rows[row], key.referenced_columns)
        if None in values:
            continue
        if key.period or not reader.facts.tables[key.relation].readable or key.oid in reader.scans:
            return None
        if (await reader.referencing(key, [values]))[values]:
            return None
        known.add(key.oid)
    return table.oid, frozenset(known)


def _wanted(reader: Reader, rows: Iterable[RowId]) -> dict[tuple[int, str], set[Values]]:
    """Give, by foreign key and ON DELETE action, the keys that deleted rows give up."""
    wanted: dict[tuple[int, str], set[Values]] = {}
    for row in rows:
        for trigger in reader.facts.tables[row.table].triggers:
            kind, on_update = trigger.kind
            if trigger.action and not on_update:
                key = reader.facts.key_carried_out(trigger)
                values = values_of(reader.rows[row], key.referenced_columns)
                if None not in values:
                    wanted.setdefault((key.oid, kind), set()).add(values)
    return wanted


async def _set_null(reader: Reader, evaluator: Evaluator, key: KeyFact, rows: Iterable[RowId]) -> None:
    by_leaf: dict[int, list[RowId]] = {}
    for row in rows:
        by_leaf.setdefault(row.table, []).append(row)
    nothing: dict[str, str | None] = dict.fromkeys(key.set_columns)
    for oid, members in by_leaf.items():
        leaf = reader.facts.tables[oid]
        if evaluator.needed(leaf):
            old = [reader.rows[row] for row in members]
            await evaluator.rows(leaf, [*old, *({**values, **nothing} for values in old)])
