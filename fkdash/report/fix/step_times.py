"""How the steps of a run stand, as the timeline draws them: the same in dashboard and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.events import RunBegan, RunEnded, StepDone, StepProgress, StepStarted, StepWaits
from fkdash.fix.plan import LockMode
from fkdash.pictures.timeline import StepTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.apply.events import Event
    from fkdash.fix.plan import Step


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
