"""Decides how every row of a table is judged by itself: by sets, the rest by the queue, as far as limits allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import NotPermittedError, ServerRefusedError, TimedOutError
from fkdash.preview.declared.doubts import foreign_doubts
from fkdash.preview.declared.graph import OrderMattersError, SetPlan, certain_plan, set_plan
from fkdash.preview.each import row_batches as places
from fkdash.preview.each.by_queue import follow_each
from fkdash.preview.each.by_sets import each_by_sets
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.outcome import agreed
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import CutShortError
from fkdash.sqlstates import SYNTAX_ERROR

if TYPE_CHECKING:
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.each.question import Question
    from fkdash.preview.each.verdicts import Standing

_MOST_DOUBTFUL: Final = 200_000


async def standing(asked: Question, page_rows: int) -> Standing:
    """Give what is known of the rows; raises CutShortError and the session's errors where that is nothing."""
    plan = None if asked.inheriting else _plan(asked.facts)
    by_sets = await _by_sets(asked, plan, page_rows) if plan is not None else None
    if plan is None or by_sets is None:
        return await _by_queue(asked, page_rows)
    found = by_sets
    if by_sets.doubtful:
        apart = all(plan.depth_known(oid) for oid in plan.deleted)
        found = await _judged(asked, by_sets, apart=apart, page_rows=page_rows)
    return found if found.effects is not None else await _with_effects(asked, found)


def _plan(facts: Facts) -> SetPlan | None:
    try:
        return set_plan(facts)
    except OrderMattersError:
        return None


async def _by_sets(asked: Question, plan: SetPlan, page_rows: int) -> Standing | None:
    """Give the standing by sets, None where the server cannot evaluate a row (the queue finds out which)."""
    reader = asked.reader()
    reader.say(f"Counting what stands in the way of the rows of {asked.facts.tables[asked.facts.target].name}")
    await asked.session.execute("SAVEPOINT fkdash_each")
    try:
        return await each_by_sets(reader, Evaluator(reader), plan, page_rows, _MOST_DOUBTFUL)
    except (ServerRefusedError, NotPermittedError) as refused:
        if isinstance(refused, ServerRefusedError) and refused.sqlstate == SYNTAX_ERROR:
            raise
        await asked.session.execute("ROLLBACK TO SAVEPOINT fkdash_each")
        return None


async def _judged(asked: Question, by_sets: Standing, *, apart: bool, page_rows: int) -> Standing:
    """Have the queue judge the rows that sets could not decide, as far as the limits allow."""
    doubtful = by_sets.doubtful
    found = await follow_each(asked, places.of_list(doubtful), len(doubtful), page_rows)
    whole = by_sets.with_judged(found, apart=apart)
    if by_sets.unknown > len(doubtful):
        reason = f"Of {by_sets.unknown:,} rows whose order in the queue decides, {len(doubtful):,} were followed."
        return replace(whole, notes=(*whole.notes, reason), cut_short=True)
    return whole


async def _by_queue(asked: Question, page_rows: int) -> Standing:
    """Follow every row; what cannot be forestalled is counted first, in case that time does not suffice."""
    table = asked.facts.tables[asked.facts.target]
    rows = int(await asked.session.value(f"SELECT count(*) FROM {table.name.sql}"))
    plan = certain_plan(asked.facts) if rows > asked.limits.rows and not asked.inheriting else None
    certain = await _by_sets(asked, plan, page_rows) if plan is not None else None
    batches = places.of_table(asked.session, asked.facts, asked.inheriting)
    found = await follow_each(asked, batches, rows, page_rows)
    elsewhere = (
        doubt
        for oid in (asked.facts.target, *asked.inheriting)
        for leaf in asked.facts.leaves(oid)
        for doubt in foreign_doubts(asked.facts.tables[leaf])
    )
    found.notes = (*found.notes, *elsewhere)
    if found.cut_short and certain is not None:
        found = found.with_certain(certain)
    return await _with_effects(asked, found)


async def _with_effects(asked: Question, found: Standing) -> Standing:
    """Add what deleting all rows does by the queue; where a limit comes first, that is said."""
    await asked.session.execute("SAVEPOINT fkdash_together")
    reader = asked.reader()
    try:
        reader.check_limits(found.rows)
        rows = await asked.rows(reader)
        together = agreed(await outcomes_of(reader, Evaluator(reader), rows))
    except (CutShortError, TimedOutError) as limit:
        if isinstance(limit, TimedOutError):
            await asked.session.execute("ROLLBACK TO SAVEPOINT fkdash_together")
        reason = f"What deleting all rows would do was not counted: {limit.what}"
        return replace(found, notes=(*found.notes, reason))
    return replace(found, effects=together.effects)
