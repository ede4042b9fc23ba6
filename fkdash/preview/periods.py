"""Temporal foreign keys (PostgreSQL 18): whose period is no longer covered by the referenced rows that remain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.preview.equality import plain_type
from fkdash.preview.matching import values_of

if TYPE_CHECKING:
    from fkdash.preview.facts import KeyFact
    from fkdash.preview.reader import RowId, RowValues
    from fkdash.preview.state import RunState

# $1 the referencing period, $2 the one given up, $3 those that remain (ri_triggers.c, ri_restrict).
_UNCOVERED: Final = """
    SELECT mine OPERATOR(pg_catalog.&&) theirs
       AND NOT coalesce(
           (mine OPERATOR(pg_catalog.*) theirs) OPERATOR(pg_catalog.<@) (
               SELECT pg_catalog.range_agg(left_over::{theirs}) FROM unnest($3::text[]) AS r(left_over)
                WHERE left_over::{theirs} OPERATOR(pg_catalog.&&) theirs),
           false) AS uncovered
      FROM (SELECT $1::text::{mine} AS mine, $2::text::{theirs} AS theirs) AS periods
"""


async def uncovered(run: RunState, key: KeyFact, old: RowValues) -> list[RowId]:
    """Give the rows that reference a key within the period it has given up, and find no other row for it."""
    rest = key.without_period()
    mine, theirs = key.columns[-1], key.referenced_columns[-1]
    values = values_of(old, rest.referenced_columns)
    rows = await run.matcher.referencing(rest, values)
    if not rows:
        return []
    remaining = [run.values(row)[theirs] for row in await run.matcher.holding(rest, values)]
    sql = _UNCOVERED.format(
        mine=plain_type(run.facts, run.facts.tables[key.relation].columns[mine]),
        theirs=plain_type(run.facts, run.facts.tables[key.referenced].columns[theirs]),
    )
    found: list[RowId] = []
    for row in rows:
        answer = await run.reader.ask(sql, run.values(row)[mine], old[theirs], remaining)
        if answer[0]["uncovered"]:
            found.append(row)
    return found
