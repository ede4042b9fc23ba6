"""What pictures are drawn of, taken from findings, held rows and runs: the same in dashboard and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.events import RunBegan, RunEnded, StepDone, StepProgress, StepStarted, StepWaits
from fkdash.fix.plan import LockMode
from fkdash.pictures.bars import Bar
from fkdash.pictures.path import Hop
from fkdash.pictures.timeline import StepTime
from fkdash.report.names import shown_columns, shown_name
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.apply.events import Event
    from fkdash.fix.plan import Step
    from fkdash.preview.rows.blocked import BlockedRow
    from fkdash.rules.finding import Finding


def way_to_error(finding: Finding) -> tuple[str, tuple[Hop, ...], str] | None:
    """Give what `path` draws: from the deleted row to the error; None for what makes no delete fail."""
    if finding.error is None or Statement.DELETE not in finding.statements:
        return None
    way = finding.path or (finding.key,)
    hops = tuple(
        Hop(key.on_delete.value, shown_columns(key) if key is way[-1] else shown_name(key.table)) for key in way
    )
    return shown_name(way[0].referenced), hops, finding.error.sqlstate


def held_rows(rows: Iterable[BlockedRow]) -> tuple[Bar, ...]:
    """Give rows that cannot be deleted by their most telling label, with the number of rows that hold each."""
    return tuple(
        Bar(next((label for label in row.row.labels if label), ", ".join(row.row.key)), row.blocking_rows)
        for row in rows
    )


def step_times(steps: Sequence[Step], events: Iterable[Event]) -> tuple[StepTime, ...]:
    """Give every step of a run with how it stands after these events, how long it took and whom it stops."""
    last: dict[int, StepStarted | StepWaits | StepProgress | StepDone] = {}
    ended = False
    for event in events:
        if isinstance(event, RunEnded):
            ended = True
        elif not isinstance(event, RunBegan):
            last[event.step.number] = event
    return tuple(_step_time(step, last.get(step.number), ended=ended) for step in steps)


def _step_time(
    step: Step, event: StepStarted | StepWaits | StepProgress | StepDone | None, *, ended: bool
) -> StepTime:
    stops = whom_it_stops(step)
    if isinstance(event, StepDone):
        return StepTime(step.number, step.title, "done", event.seconds, stops)
    if event is None or ended:
        return StepTime(step.number, step.title, "to come" if event is None else "failed", stops=stops)
    if isinstance(event, StepWaits):
        return StepTime(step.number, step.title, "waits", stops=stops)
    if isinstance(event, StepProgress):
        return StepTime(step.number, step.title, "under way", event.seconds, stops, says=event.detail)
    return StepTime(step.number, step.title, "under way", stops=stops)


def whom_it_stops(step: Step) -> str:
    """Give who has to wait while a step holds its locks, by the strongest of them."""
    modes = list(LockMode)
    strongest = min((lock.mode for lock in step.locks), key=modes.index, default=LockMode.ACCESS_SHARE)
    return strongest.stops
