"""How long reading rows takes: estimates from statistics, in seconds, the slower end of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fix.plan import Duration
from fkdash.rules.sizes import rows_of

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan

SECONDS_PER_ROW: Final = 0.8e-6
"""The slower end of what validating a row takes from cache, measured on 14 to 18."""


def scan_seconds(rows: int) -> float:
    """Give how long checking that many rows takes."""
    return rows * SECONDS_PER_ROW


def expected_seconds(catalog: Catalog, plan: Plan) -> float | None:
    """Estimate how long a plan's reading steps take; 0 without any, None where a table was never analysed."""
    total = 0.0
    for step in plan.steps:
        read = [
            lock.table for lock in step.locks if lock.duration is Duration.SCAN and lock.table in catalog.tables
        ]
        if read:
            rows = rows_of(catalog, read[0])
            if rows is None:
                return None
            total += scan_seconds(rows)
    return total
