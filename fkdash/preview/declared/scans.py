"""Which tables would be read from end to end for lack of an index, which is asked for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.model import Limits, Scan

if TYPE_CHECKING:
    from fkdash.preview.declared.facts import KeyFact, TableFact
    from fkdash.preview.declared.reached import Facts

_BYTES_OF_A_ROW = 100


def scan_needing_consent(facts: Facts, key: KeyFact, limits: Limits) -> Scan | None:
    """Give the scan that looking up `key`'s referencing rows means, None where an index or the limits allow it."""
    if limits.allow_scan:
        return None
    leaves = [facts.tables[oid] for oid in facts.leaves(key.relation)]
    unindexed = [leaf for leaf in leaves if not _indexed(leaf, key)]
    rows = sum(_rows(leaf) for leaf in unindexed)
    if rows <= limits.scan_rows:
        return None
    return Scan(facts.tables[key.relation].name, key.columns, rows, sum(leaf.on_disk for leaf in unindexed))


def _rows(table: TableFact) -> int:
    """Give the estimate of statistics or, for a table never analysed, a guess from its size."""
    return (table.size and table.size.rows) or table.on_disk // _BYTES_OF_A_ROW


def _indexed(table: TableFact, key: KeyFact) -> bool:
    """Whether a whole, valid index starts with one of the key's columns."""
    return any(
        index.valid and index.predicate is None and index.keys and index.keys[0].column in key.columns
        for index in table.indexes
    )
