"""Temporal foreign keys (PostgreSQL 18): whose period is no longer covered by the referenced rows that remain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.preview.evaluating.equality import plain_type
from fkdash.preview.queue.matching import values_of

if TYPE_CHECKING:
    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.row import RowId, RowValues

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


# $1 the referencing period, $2 those of the referenced rows (RI_FKey_check).
_COVERED: Final = """
    SELECT coalesce(mine OPERATOR(pg_catalog.<@) (
               SELECT pg_catalog.range_agg(held::{theirs}) FROM unnest($2::text[]) AS r(held)
                WHERE held::{theirs} OPERATOR(pg_catalog.&&) mine),
           false) AS covered
      FROM (SELECT $1::text::{mine} AS mine) AS period
"""


async def covered(run: RunState, key: KeyFact, referencing: Values) -> bool:
    """Tell whether the referenced rows that are there cover a referencing row's period."""
    rest = key.without_period()
    held = await run.matcher.referenced(rest, referencing[:-1])
    periods = [run.values(row)[key.referenced_columns[-1]] for row in held]
    answer = await run.reader.ask(_spelled(run, key, _COVERED), referencing[-1], periods)
    return bool(answer[0]["covered"])


def _spelled(run: RunState, key: KeyFact, sql: str) -> str:
    facts = run.facts
    return sql.format(
        mine=plain_type(facts, facts.tables[key.relation].columns_by_name[key.columns[-1]]),
        theirs=plain_type(facts, facts.tables[key.referenced_oid].columns_by_name[key.referenced_columns[-1]]),
    )


async def uncovered(run: RunState, key: KeyFact, old: RowValues) -> list[RowId]:
    """Give the rows that reference a key within the period it has given up, and find no other row for it."""
    rest = key.without_period()
    mine, theirs = key.columns[-1], key.referenced_columns[-1]
    values = values_of(old, rest.referenced_columns)
    rows = await run.matcher.referencing(rest, values)
    if not rows:
        return []
    remaining = [run.values(row)[theirs] for row in await run.matcher.holding(rest, values)]
    sql = _spelled(run, key, _UNCOVERED)
    found: list[RowId] = []
    for row in rows:
        answer = await run.reader.ask(sql, run.values(row)[mine], old[theirs], remaining)
        if answer[0]["uncovered"]:
            found.append(row)
    return found
