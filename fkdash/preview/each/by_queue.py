"""Follows rows one after the other through the queue, each as if nothing else were deleted.

What is looked up is loaded for some rows together and then forgotten, so that memory does not
grow with the table, and the bound on rows holds for the delete of each row alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.errors import TimedOutError
from fkdash.preview.each.preloading import look_ahead, unreferenced
from fkdash.preview.each.row_batches import BATCH, loaded
from fkdash.preview.each.verdicts import Standing
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.model import Verdict
from fkdash.preview.outcome import agreed
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import CutShortError, TooManyRowsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from fkdash.errors import NotRun
    from fkdash.preview.each.preloading import Unreferenced
    from fkdash.preview.each.question import Question
    from fkdash.preview.outcome import Obstacle, QueueOutcome
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId

_MOST_TOLD_APART: Final = 500_000
_ROOM: Final = 4


@dataclass
class _Judged:
    """What following has found so far; `blocking` tells rows in the way apart as long as they are not too many."""

    found: Standing
    page_rows: int
    size: int = BATCH
    followed: int = 0
    blocking: dict[Obstacle, set[RowId]] = field(default_factory=dict)
    held: dict[Obstacle, int] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    not_run: dict[NotRun, None] = field(default_factory=dict)
    unreferenced: dict[Unreferenced, Sequence[QueueOutcome]] = field(default_factory=dict)

    def judge(self, row: RowId, outcomes: Sequence[QueueOutcome]) -> None:
        """Note what deleting a row comes to."""
        found, answer = self.found, agreed(outcomes)
        self.followed += 1
        self.notes.update(dict.fromkeys(answer.notes))
        self.not_run.update(dict.fromkeys(answer.not_run))
        found.unknown -= answer.verdict is not Verdict.UNKNOWN
        found.exact &= answer.exact
        if answer.verdict is not Verdict.BLOCKED:
            return
        found.cannot += 1
        found.held.append((row, sum(blocker.rows for blocker in answer.blockers)))
        for obstacle, stopping in outcomes[0].obstacles.items():
            self.held[obstacle] = self.held.get(obstacle, 0) + 1
            known = self.blocking.setdefault(obstacle, set())
            if sum(map(len, self.blocking.values())) < _MOST_TOLD_APART:
                known.update(stopping)
            else:
                found.exact = False

    def left_out(self, limit: CutShortError) -> None:
        """Note that a row, or all that are left, could not be followed to the end."""
        self.found.cut_short = True
        self.notes[limit.what] = None

    def trim(self) -> None:
        """Keep of the rows held back only those that will be shown."""
        self.found.held.sort(key=lambda entry: -entry[1])
        del self.found.held[self.page_rows :]

    def standing(self) -> Standing:
        """Give everything."""
        self.trim()
        self.found.obstacles = {each: (len(rows), self.held[each]) for each, rows in self.blocking.items()}
        self.found.notes = tuple(self.notes)
        self.found.not_run = tuple(self.not_run)
        return self.found


async def follow_each(
    asked: Question, batches: AsyncIterator[Sequence[RowId]], rows: int, page_rows: int
) -> Standing:
    """Follow all rows of some batches, `rows` in number; what a limit leaves out stays unknown."""
    judged = _Judged(Standing(rows=rows, unknown=rows), page_rows)
    await asked.session.execute("SAVEPOINT fkdash_following")
    try:
        async for batch in batches:
            left = list(batch)
            while left:
                some, left = left[: judged.size], left[judged.size :]
                await _follow(asked, judged, some)
            judged.trim()
    except CutShortError as limit:
        judged.left_out(limit)
    except TimedOutError as limit:
        await asked.session.execute("ROLLBACK TO SAVEPOINT fkdash_following")
        judged.found.cut_short = True
        judged.notes[limit.what] = None
    return judged.standing()


async def _outcomes(reader: Reader, evaluator: Evaluator, judged: _Judged, row: RowId) -> Sequence[QueueOutcome]:
    """Give what deleting a row comes to; of rows alike that nothing references only one is followed."""
    alike = await unreferenced(reader, row)
    if alike is None:
        return await outcomes_of(reader, evaluator, [row])
    if alike not in judged.unreferenced:
        judged.unreferenced[alike] = await outcomes_of(reader, evaluator, [row])
    return judged.unreferenced[alike]


async def _follow(asked: Question, judged: _Judged, rows: Sequence[RowId]) -> None:
    """Follow some rows with what is loaded for all of them; in halves where that is too much at once."""
    reader = asked.reader()
    evaluator = Evaluator(reader)
    reader.say(f"Followed {judged.followed:,} of {judged.found.rows:,} rows through the queue of triggers")
    found: Sequence[RowId] = rows
    done = 0
    try:
        found = await loaded(reader, rows)
        await look_ahead(reader, evaluator, found)
        if len(reader.rows) * _ROOM < asked.limits.rows:
            judged.size = min(BATCH, judged.size * 2)
        for row in found:
            judged.judge(row, await _outcomes(reader, evaluator, judged, row))
            done += 1
    except TooManyRowsError as limit:
        if len(rows) == 1:
            judged.left_out(limit)
            return
        left = found[done:]
        judged.size = max(1, len(rows) // 2)
        middle = (len(left) + 1) // 2
        for part in (left[:middle], left[middle:]):
            if part:
                await _follow(asked, judged, part)
    finally:
        judged.found.scans = tuple(dict.fromkeys((*judged.found.scans, *reader.scans.values())))
