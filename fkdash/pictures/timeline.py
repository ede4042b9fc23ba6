"""The steps of a run in their order: what is done, how long each took, and what it stopped meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import filled
from fkdash.pictures.picture import LEAST_CELLS, Picture, Role, Span, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.pictures.picture import Pen

State = Literal["done", "under way", "waits", "to come", "failed"]
_SHARES = 10
_LONGEST_BAR = 16
_SECOND_MS = 1000


@fact
class StepTime:
    """A step: its number and title, how it stands, `seconds` where known, and whom it stops meanwhile.

    `share` is the part that is done, from 0 to 1, of one under way; `says` what else there is to say of it now.
    """

    number: int
    title: str
    state: State
    seconds: float | None = None
    stops: str = ""
    share: float | None = None
    says: str = ""


def timeline(steps: Sequence[StepTime], width: int, pen: Pen) -> Picture:
    """Give a line a step, the times as bars to one scale; what there is to say of a step stands below it."""
    if width < LEAST_CELLS or not steps:
        return ()
    numbers = max(len(str(step.number)) for step in steps)
    times = [duration(step.seconds) if step.seconds is not None else "" for step in steps]
    time_cells = max(map(len, times))
    stops = max(cell_len(pen.plain(step.stops)) for step in steps)
    titles = max(cell_len(pen.plain(step.title)) for step in steps)
    head = 2 + numbers + 1
    titles = max(1, min(titles, width - head - time_cells - 2 - min(stops, width // 3) - 2))
    stops = min(stops, max(0, width - head - titles - 2 - time_cells - 2))
    cells = min(_LONGEST_BAR, width - head - titles - 2 - time_cells - 2 - stops - 2)
    longest = max(_milliseconds(step.seconds or 0) for step in steps)
    rows: list[tuple[Span, ...]] = []
    for step, time in zip(steps, times, strict=True):
        mark, role = _mark(step.state, pen)
        drawn = bar(max(1, _milliseconds(step.seconds)), longest, cells, pen) if step.seconds is not None else ""
        nobody = not step.stops or step.stops.startswith("nobody")
        rows.append(
            (
                Span(f"{mark} ", role),
                Span(f"{step.number:>{numbers}} ", "strong"),
                Span(
                    filled(pen.fit(step.title, titles), titles), "strong" if step.state != "to come" else "plain"
                ),
                Span(f"  {time:>{time_cells}}" if time_cells else ""),
                Span(f"  {filled(pen.fit(step.stops, stops), stops)}" if stops else "", "muted"),
                Span(f"  {drawn}" if drawn else "", "good" if nobody else "waits"),
            )
        )
        if step.share is not None:
            done = max(0, min(_SHARES, int(step.share * _SHARES)))
            shares = pen.blocks[-1] * done + pen.changed * (_SHARES - done)
            rows.append((Span(" " * head), Span(shares, "waits"), Span(f" {max(0, min(1, step.share)):.0%}")))
        if step.says:
            rows.append((Span(" " * head), Span(pen.fit(step.says, width - head), "waits")))
    return tuple(rows)


def duration(seconds: float) -> str:
    """Give a time as people say it: `12 ms`, `1.4 s`, `95 s`."""
    if _milliseconds(seconds) < _SECOND_MS:
        return f"{_milliseconds(seconds)} ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:,.0f} s"  # noqa: PLR2004 - two digits are enough


def _milliseconds(seconds: float) -> int:
    """Give a time as it is said and drawn: both the same."""
    return round(seconds * _SECOND_MS)


def _mark(state: State, pen: Pen) -> tuple[str, Role]:
    marks: dict[State, tuple[str, Role]] = {
        "done": (pen.works, "good"),
        "under way": (pen.under_way, "waits"),
        "waits": (pen.under_way, "waits"),
        "to come": (pen.to_come, "muted"),
        "failed": (pen.fails, "blocks"),
    }
    return marks[state]
