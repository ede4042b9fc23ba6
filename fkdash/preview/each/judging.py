"""Decides how every row of a table is judged by itself: by sets, the rest by the queue, as far as limits allow."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import NotPermittedError, ServerRefusedError
from fkdash.preview.each.by_queue import follow_each, loaded
from fkdash.preview.each.by_sets import each_by_sets
from fkdash.preview.each.standing import Standing
from fkdash.preview.evaluation import Evaluator
from fkdash.preview.graph import OrderMattersError, SetPlan, certain_plan, set_plan
from fkdash.preview.model import DeleteTarget
from fkdash.preview.outcome import agreed
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import CutShortError, Reader
from fkdash.preview.target import Selection, find_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.db.session import Session
    from fkdash.preview.facts import Facts
    from fkdash.preview.model import Effect, Limits, Progress
    from fkdash.preview.reader import RowId

_SYNTAX_ERROR: Final = "42601"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: the rows of a table and of those `inheriting` from it, until a moment of the clock."""

    session: Session
    facts: Facts
    inheriting: Sequence[int]
    limits: Limits
    until: float | None
    progress: Progress | None

    def reader(self) -> Reader:
        """Give a reader that has loaded nothing yet, for the time that is left."""
        left = None if self.until is None else max(0.0, self.until - time.monotonic())
        return Reader(self.session, self.facts, replace(self.limits, seconds=left), self.progress)

    async def rows(self, reader: Reader) -> list[RowId]:
        """Load all rows; raises TooManyRowsError."""
        target = DeleteTarget(self.facts.tables[self.facts.target].name)
        return await find_targets(reader, target, Selection("true"), self.inheriting)


async def standing(asked: Question, page_rows: int) -> Standing:
    """Give what is known of the rows; raises CutShortError and the session's errors where that is nothing."""
    plan = None if asked.inheriting else _plan(asked.facts)
    by_sets = await _by_sets(asked, plan, page_rows) if plan is not None else None
    if plan is None or by_sets is None:
        return await _by_queue(asked, page_rows)
    found = by_sets
    if by_sets.doubtful:
        apart = all(plan.depth_known(oid) for oid in plan.deleted)
        found = await _judged(asked, by_sets, apart=apart)
    return found if found.effects is not None else replace(found, effects=await _together(asked))


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
        return await each_by_sets(reader, Evaluator(reader), plan, asked.limits, page_rows)
    except (ServerRefusedError, NotPermittedError) as refused:
        if isinstance(refused, ServerRefusedError) and refused.sqlstate == _SYNTAX_ERROR:
            raise
        await asked.session.execute("ROLLBACK TO SAVEPOINT fkdash_each")
        return None


async def _judged(asked: Question, by_sets: Standing, *, apart: bool) -> Standing:
    """Have the queue judge the rows that sets could not decide, as far as the limits allow."""
    reader = asked.reader()
    try:
        rows = await loaded(reader, by_sets.doubtful)
    except CutShortError as limit:
        return replace(by_sets, notes=(*by_sets.notes, limit.what), cut_short=True)
    return by_sets.with_judged(await follow_each(reader, Evaluator(reader), rows), apart=apart)


async def _by_queue(asked: Question, page_rows: int) -> Standing:
    reader = asked.reader()
    try:
        rows = await asked.rows(reader)
    except CutShortError as limit:
        return await _certain(asked, limit.what, page_rows)
    found = await follow_each(reader, Evaluator(reader), rows)
    return replace(found, effects=await _together(asked), scans=tuple(reader.scans.values()))


async def _certain(asked: Question, reason: str, page_rows: int) -> Standing:
    """Give what is certain of rows that are too many to follow: those that a check holds back in any case."""
    plan = None if asked.inheriting else certain_plan(asked.facts)
    found = await _by_sets(asked, plan, page_rows) if plan is not None else None
    if found is None:
        table = asked.facts.tables[asked.facts.target].name
        found = Standing(rows=await asked.session.value(f"SELECT count(*) FROM {table.sql}"))
    return replace(found, unknown=found.rows - found.cannot, effects=(), notes=(reason,), cut_short=True)


async def _together(asked: Question) -> tuple[Effect, ...]:
    """Give what deleting all rows does by the queue; nothing where a limit comes first."""
    reader = asked.reader()
    try:
        rows = await asked.rows(reader)
        return agreed(await outcomes_of(reader, Evaluator(reader), rows)).effects
    except CutShortError:
        return ()
