"""The line that tells what happened last, or what has been going on for more than a second."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.tui.widgets.bars import Wrapped
from fkdash.tui.widgets.painting import Line, Part, line

if TYPE_CHECKING:
    from textual.timer import Timer

_ANSWER_SECONDS = 10.0
_READING_SECONDS = 5.0
"""How long a message stands at least before what is still going on is told again."""


class StatusLine(Wrapped):
    """The last message, or what has been going on for more than a second, with the time, once a second.

    Several things may be going on at once, each a job by its name: what began last is told, and the end of one
    takes nothing of the others away. Nothing ticks while nothing is going on.
    """

    def __init__(self) -> None:
        super().__init__(id="status", most=3)
        self._jobs: dict[str, tuple[str, float]] = {}
        self._ticking: Timer | None = None
        self._leaving: Timer | None = None
        self._shows_time = False
        self._said_at = 0.0
        self._way = self._whole = ""
        self._answered: Line = ()
        self._read_by = 0.0

    def stand_at(self, way: str) -> None:
        """Say, while there is nothing else to say, on which way one came here; "" says nothing."""
        rests = self._rests
        self._way = way
        if rests:
            self._rest()

    def tell_whole(self, whole: str) -> None:
        """Say, while there is nothing else to say, what is cut in the row under the cursor; "" says nothing."""
        rests = self._rests
        self._whole = whole
        if rests:
            self._rest()

    @property
    def _rests(self) -> bool:
        return not self.said or self.said == self._resting

    @property
    def _resting(self) -> Line:
        both = f"{self._way}   {self._whole}" if self._way and self._whole else self._way or self._whole
        told = both if cell_len(both) <= self.room - 2 else self._whole
        return line(Part(told, "muted")) if told else ()

    def working(self, doing: str, job: str = "default") -> None:
        """Take note of what is being done until the job is `done` or `dropped`: "Reading the catalog"."""
        self._jobs.pop(job, None)
        self._jobs[job] = (doing, monotonic())
        if self._ticking is None:
            self._ticking = self.set_interval(1, self._tick)

    def done(self, job: str = "default", *, mended: Line = ()) -> None:
        """Say no more of this job; a message that came since stays, unless it is the fault `mended`."""
        self._jobs.pop(job, None)
        if self._jobs:
            return
        self._stop_ticking()
        if self._shows_time or (mended and self.said == mended):
            self._rest()

    def dropped(self, job: str = "default") -> None:
        """Forget a job that somebody else tells the end of."""
        self._jobs.pop(job, None)
        if not self._jobs:
            self._stop_ticking()

    def say(self, message: str) -> None:
        """Show a message."""
        self._put(line(message))

    def answer(self, message: str) -> None:
        """Answer a key; the answer leaves with the next key, with what it was about, or after some seconds."""
        self.say(message)
        self.until_the_next_key()
        self._leaving = self.set_timer(_ANSWER_SECONDS, self.leave)

    def advise(self, message: str) -> None:
        """Give advice that nobody asked for; it leaves with the first key once there was time to read it."""
        self.say(message)
        self.until_the_next_key(read_by=self._said_at + _READING_SECONDS)

    def until_the_next_key(self, *, read_by: float = 0.0) -> None:
        """Let what stands there now leave with the next key, not before the moment `read_by` (monotonic)."""
        self._answered, self._read_by = self.said, read_by

    def leave(self) -> None:
        """Take the answer to a key away, if it still stands there."""
        if self._answered and self.said == self._answered:
            if monotonic() < self._read_by:
                return
            self._rest()
        self._answered = ()

    def fail(self, message: str) -> None:
        """Show what went wrong, until something else is said."""
        self._put(line(Part("ERROR ", "error"), message))

    def _rest(self) -> None:
        self._put(self._resting)

    def _put(self, said: Line, *, time: bool = False) -> None:
        if self._leaving is not None:
            self._leaving.stop()
            self._leaving = None
        self._shows_time = time
        self._said_at = monotonic()
        self.put(said)

    def _stop_ticking(self) -> None:
        if self._ticking is not None:
            self._ticking.stop()
            self._ticking = None

    def _tick(self) -> None:
        if not self._jobs:
            return
        now = monotonic()
        doing, since = next(reversed(self._jobs.values()))
        unread = not self._shows_time and not self._rests and now - self._said_at < _READING_SECONDS
        if not unread:
            told = f"{doing} ... {int(now - since)} s   ctrl+c cancels"
            self._put(line(Part(told, "muted")), time=True)
