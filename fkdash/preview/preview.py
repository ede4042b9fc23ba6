"""What a DELETE would do: allowed, blocked or unknown, by what, and what it takes along."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from fkdash.errors import TimedOutError
from fkdash.preview.evaluation import Evaluator
from fkdash.preview.loading import read_facts
from fkdash.preview.model import Assumptions, DeleteTarget, Limits, Preview, Progress, Verdict
from fkdash.preview.outcome import Answer, Outcome, agreed
from fkdash.preview.queue import Run
from fkdash.preview.reader import CutShortError, Reader
from fkdash.preview.target import find_targets, inheriting_tables, resolve, selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.preview.reader import RowId

_MANY_ROWS: Final = 500
_ORDERS_OF_FEW: Final = 10
_ORDERS_OF_MANY: Final = 1


async def preview(
    session: Session,
    catalog: Catalog,  # noqa: ARG001 - the facts are read again in the session's own snapshot
    target: DeleteTarget,
    limits: Limits,
    progress: Progress | None = None,
    *,
    assume: Assumptions | None = None,  # noqa: ARG001
) -> Preview:
    """Give what deleting `target` would do, read-only, in the session's snapshot.

    The session should be REPEATABLE READ, READ ONLY. A limit of `limits` or a
    statement_timeout ends it early with `cut_short`. Raises UsageError for a target
    that names nothing, and the session's errors.
    """
    oid = await resolve(session, target)
    inheriting = await inheriting_tables(session, oid, target)
    facts = await read_facts(session, oid, inheriting)
    reader = Reader(session, facts, limits, progress)
    try:
        rows = await find_targets(reader, target, selection(facts, target), inheriting)
        answer = await _follow(reader, rows)
    except (CutShortError, TimedOutError) as error:
        return Preview(target, Verdict.UNKNOWN, exact=False, notes=(str(error.what),), cut_short=True)
    notes = answer.notes
    if not rows:
        notes = (f"Nothing to delete: no row of {target.table} is selected.", *notes)
    return Preview(
        target=target,
        verdict=answer.verdict,
        exact=answer.exact,
        blockers=answer.blockers,
        effects=answer.effects,
        notes=notes,
        target_rows=len(rows),
    )


async def _follow(reader: Reader, rows: Sequence[RowId]) -> Answer:
    """Run the queue in physical order and, where rows could be visited in another, in others too."""
    evaluator = Evaluator(reader)

    async def outcome_of(order: Callable[[Sequence[RowId]], list[RowId]]) -> Outcome:
        return await Run(reader, evaluator, order).delete(rows)

    outcomes = [await outcome_of(list)]
    if outcomes[0].choices:
        outcomes.append(await outcome_of(lambda found: list(reversed(found))))
        shuffles = _ORDERS_OF_FEW if len(reader.rows) <= _MANY_ROWS else _ORDERS_OF_MANY
        for seed in range(shuffles):
            chance = random.Random(seed)  # noqa: S311 - an arbitrary order, not a secret
            outcomes.append(await outcome_of(lambda found, chance=chance: chance.sample(found, len(found))))
    return agreed(outcomes)
