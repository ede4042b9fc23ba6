"""Follows rows one after the other through the queue, each as if nothing else were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import quoted
from fkdash.preview.each.standing import Standing
from fkdash.preview.model import Verdict
from fkdash.preview.outcome import agreed
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import CutShortError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.evaluation import Evaluator
    from fkdash.preview.outcome import Obstacle
    from fkdash.preview.reader import Reader, RowId


async def loaded(reader: Reader, wanted: Sequence[RowId]) -> list[RowId]:
    """Load rows of the target, as the queue wants them."""
    table = reader.facts.tables[reader.facts.target]
    places = [f"({row.page},{row.line})" for row in wanted]
    name = quoted(table.name.name)
    rows = await reader.targets(table, table.name.name, "", f"{name}.ctid = ANY($1::text[]::tid[])", (places,))
    among = set(wanted)
    return [row for row in rows if row in among]


async def follow_each(reader: Reader, evaluator: Evaluator, rows: Sequence[RowId]) -> Standing:
    """Follow one row after the other through the queue; what a limit leaves out stays unknown."""
    found = Standing(rows=len(rows), unknown=len(rows))
    blocking: dict[Obstacle, set[RowId]] = {}
    held: dict[Obstacle, int] = {}
    notes: dict[str, None] = {}
    try:
        for number, row in enumerate(rows, 1):
            reader.say(f"Following row {number:,} of {len(rows):,} through the queue of triggers")
            outcomes = await outcomes_of(reader, evaluator, [row])
            answer = agreed(outcomes)
            notes.update(dict.fromkeys(answer.notes))
            found.unknown -= answer.verdict is not Verdict.UNKNOWN
            found.exact &= answer.exact
            if answer.verdict is not Verdict.BLOCKED:
                continue
            found.cannot += 1
            found.held.append((row, sum(blocker.rows for blocker in answer.blockers)))
            for obstacle, stopping in outcomes[0].obstacles.items():
                blocking.setdefault(obstacle, set()).update(stopping)
                held[obstacle] = held.get(obstacle, 0) + 1
    except CutShortError as limit:
        found.cut_short = True
        notes[limit.what] = None
    found.obstacles = {obstacle: (len(stopping), held[obstacle]) for obstacle, stopping in blocking.items()}
    found.held.sort(key=lambda entry: -entry[1])
    found.notes = tuple(notes)
    return found
