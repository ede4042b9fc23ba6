"""What a DELETE would do: allowed, blocked or unknown, by what, and what it takes along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import NotPermittedError, NotRunError, ServerRefusedError, TimedOutError
from fkdash.preview.asked.target import (
    find_targets,
    refuse_volatile,
    resolve_with_heirs,
    selection,
    spelled,
)
from fkdash.preview.declared.doubts import reading_doubts
from fkdash.preview.declared.graph import OrderMattersError, SetPlan, certain_plan, set_plan
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.declared.scans import scan_needing_consent
from fkdash.preview.declared.what_if import Assumptions
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.model import DeleteTarget, Limits, Preview, Progress, Verdict
from fkdash.preview.outcome import QueueAnswer, agreed
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import CutShortError, Reader, TooManyRowsError
from fkdash.preview.sets.answer import SetAnswer, answer_by_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.db.session import Session
    from fkdash.preview.asked_statements import Hearing
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import Blocker, Selection
    from fkdash.preview.row import RowId


_DEEPEST_SETS: Final = 40
"""Steps from the target on; each is a subquery inside the next, which the planner flattens in ever longer time."""
_DEEPEST_IN_ANY_ORDER: Final = 6
"""Steps of which the planner may try every order: of 40 that took ten seconds, as they are written half a one."""
_AS_WRITTEN: Final = "; SET LOCAL join_collapse_limit = 1; SET LOCAL from_collapse_limit = 1"


async def preview(
    session: Session,
    target: DeleteTarget,
    limits: Limits,
    progress: Progress | None = None,
    *,
    assume: Assumptions | None = None,
    hearing: Hearing | None = None,
) -> Preview:
    """Give what deleting `target` would do, read-only, in the session's snapshot.

    The session should be REPEATABLE READ, READ ONLY. A limit of `limits` or a statement_timeout ends it early with
    `cut_short`. `assume` pretends other constraints ("what if"), `hearing` keeps the statements that are asked of
    rows. Raises UsageError for a target that names nothing, and the session's errors.
    """
    oid, inheriting = await resolve_with_heirs(session, target)
    await refuse_volatile(session, target)
    try:
        return await _answered(
            session, (oid, inheriting), target, limits, progress, assume=assume, hearing=hearing
        )
    except NotRunError as refused:
        return replace(_not_known(target, refused.what), not_run=refused.not_run)
    except TimedOutError as limit:
        # A table on the way is locked, or somebody waits for what is read of it.
        return _cut_short(target, limit.what, None)


async def _answered(
    session: Session,
    tables: tuple[int, Sequence[int]],
    target: DeleteTarget,
    limits: Limits,
    progress: Progress | None,
    *,
    assume: Assumptions | None,
    hearing: Hearing | None,
) -> Preview:
    oid, inheriting = tables
    facts = await read_facts(session, oid, inheriting, assume.actions if assume is not None else ())
    if assume is not None:
        facts = assume.applied(facts)
    reader = Reader(session, facts, limits, progress, hearing=hearing)
    evaluator = Evaluator(reader)
    chosen = selection(facts, target)
    try:
        plan = None if inheriting or target.only else _plan(facts, limits, everything=target.everything)
        if plan is not None:
            by_sets = await _by_sets(reader, evaluator, plan, target, chosen)
            if (
                by_sets is not None
                and not by_sets.doubtful
                and (by_sets.first_known or by_sets.rows > limits.rows)
            ):
                return _preview(target, reader, by_sets.answer, by_sets.target_rows)
        rows = await find_targets(reader, target, chosen, inheriting)
        return _preview(target, reader, await _by_queue(reader, evaluator, rows), len(rows))
    except TooManyRowsError as error:
        certain = None if inheriting or target.only else certain_plan(facts)
        certain = None if certain is not None and _too_deep(certain) else certain
        afresh = Reader(session, facts, limits, progress, hearing=hearing)
        found = await _by_sets(afresh, evaluator, certain, target, chosen) if certain is not None else None
        return _cut_short(target, error.what, found)
    except (CutShortError, TimedOutError) as error:
        return _cut_short(target, error.what, None)
    except NotPermittedError as error:
        if isinstance(error, NotRunError) or not facts.tables[facts.target].readable:
            raise
        return _not_known(target, *(reading_doubts(facts, facts.target) or (error.what,)))


def _not_known(target: DeleteTarget, *reasons: str) -> Preview:
    """Give the answer where something on the way may not be looked at."""
    return Preview(target=target, verdict=Verdict.UNKNOWN, exact=False, notes=reasons)


def _cut_short(target: DeleteTarget, reason: str, found: SetAnswer | None) -> Preview:
    """Give what is certain although a limit ended the preview: at most that it is blocked."""
    blockers = found.answer.blockers if found is not None else ()
    return Preview(
        target=target,
        verdict=Verdict.BLOCKED if blockers else Verdict.UNKNOWN,
        exact=False,
        blockers=tuple(replace(blocker, first=False) for blocker in blockers),
        effects=found.answer.effects if found is not None else (),
        notes=(reason,),
        cut_short=True,
        target_rows=found.target_rows if found is not None else 0,
    )


def _preview(target: DeleteTarget, reader: Reader, answer: QueueAnswer, target_rows: int) -> Preview:
    notes = answer.notes
    if not reader.facts.tables[reader.facts.target].deletable:
        notes = (*notes, f"This role may not delete from {target.table}: the answer is for one that may.")
    if not target_rows:
        notes = (f"Nothing to delete: no row of {target.table} is selected.", *notes)
    elif target.keys is not None:
        keys = len({tuple(sorted((name, spelled(value)) for name, value in key.items())) for key in target.keys})
        if target_rows < keys:
            notes = (f"{keys - target_rows} of the {keys} keys are not there.", *notes)
    return Preview(
        target=target,
        verdict=answer.verdict,
        exact=answer.exact and not reader.scans,
        blockers=rooted(reader.facts, answer.blockers),
        effects=answer.effects,
        notes=notes,
        not_run=answer.not_run,
        scans=tuple(reader.scans.values()),
        target_rows=target_rows,
    )


def rooted(facts: Facts, blockers: Sequence[Blocker]) -> tuple[Blocker, ...]:
    """Give blockers under the names of partitioned tables, each with its partition beside it."""
    roots = {table.name: facts.tables[facts.root(table.oid)].name for table in facts.tables.values()}
    return tuple(
        replace(each, table=roots[each.table], partition=each.table)
        if roots.get(each.table, each.table) != each.table and each.partition is None
        else each
        for each in blockers
    )


def _too_deep(plan: SetPlan) -> bool:
    """Tell whether planning one statement over all steps would take longer than following rows."""
    return _depth(plan) > _DEEPEST_SETS


def _depth(plan: SetPlan) -> int:
    return max((step.depth for step in plan.steps), default=0)


def _plan(facts: Facts, limits: Limits, *, everything: bool) -> SetPlan | None:
    """Give the plan by sets, None where the queue must be followed or a scan wants the operator's consent."""
    try:
        plan = set_plan(facts)
    except OrderMattersError:
        return None
    if _too_deep(plan):
        return None
    if not everything and any(scan_needing_consent(facts, step.key, limits) for step in plan.steps):
        return None
    return plan


async def _by_sets(
    reader: Reader, evaluator: Evaluator, plan: SetPlan, target: DeleteTarget, chosen: Selection
) -> SetAnswer | None:
    """Give the answer by sets, None where the server cannot evaluate a row (the queue finds out which)."""
    reader.say(f"Counting what deleting from {target.table} reaches")
    session = reader.session
    # A way through many tables is taken as it is written: thinking of every other order takes far longer.
    as_written = _AS_WRITTEN if _depth(plan) > _DEEPEST_IN_ANY_ORDER else ""
    await session.execute(f"SAVEPOINT fkdash_sets{as_written}")
    try:
        return await answer_by_sets(reader, evaluator, plan, chosen, everything=target.everything)
    except NotRunError:
        raise
    except (ServerRefusedError, NotPermittedError):
        await session.execute("ROLLBACK TO SAVEPOINT fkdash_sets")
        return None


async def _by_queue(reader: Reader, evaluator: Evaluator, rows: Sequence[RowId]) -> QueueAnswer:
    """Run the queue, in every order of the rows that is tried."""
    reader.say(f"Following {len(rows):,} rows through the queue of triggers")
    return agreed(await outcomes_of(reader, evaluator, rows))
