"""How far a step that changes rows batch by batch has come, and how long it rests between two of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.counted import counted
from fkdash.fix.plan import FIRST_ROW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.fix.plan import Pace, Step

LONGEST_PAUSE_BETWEEN_BATCHES: Final = 0.2
_MOST_TRIES: Final = 100
_Place = tuple[int, int]
_START: Final[_Place] = (0, 0)


@dataclass(slots=True)
class Walk:
    """One way through a table in physical order, and back to its start until nothing is found from there.

    `total` is how many rows there were to change, None where that is not known.
    """

    step: Step
    pace: Pace
    total: int | None = None
    rows: int = 0
    _from: _Place = _START
    _reached: _Place = _START
    _tries: int = 0
    _began: float = field(default_factory=time.monotonic)

    @property
    def sql(self) -> str:
        """The statement of the next batch."""
        block, line = self._from
        return self.step.sql.replace(FIRST_ROW, f"'({block},{line})'::pg_catalog.tid")

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self._began

    @property
    def words(self) -> str:
        """How far it is, with the time that the rest takes at this pace."""
        if self.total is None or self.total < self.rows or not self.rows:
            return f"{counted(self.rows, 'rows')} changed"
        left = self.seconds / self.rows * (self.total - self.rows)
        return f"{self.rows:,} of about {counted(self.total, 'rows')}, about {left:.0f} s left"

    def came_to(self, places: Iterable[_Place]) -> int:
        """Note the rows of a batch, which is not committed yet; gives how many they are."""
        found = list(places)
        self._reached = max(found, default=_START)
        return len(found)

    def is_last(self, rows: int) -> bool:
        """Tell whether a batch of `rows`, before it is committed, is the last one."""
        return not rows and self._from == _START

    def goes_on(self, rows: int) -> bool:
        """Note that a batch is committed; tells whether there is another one."""
        self._tries = 0
        self.rows += rows
        if rows:
            self._from = self._reached
            return True
        # Rows that were changed meanwhile may stand where the walk has been already.
        behind = self._from != _START
        self._from = _START
        return behind

    def may_try_again(self) -> bool:
        """Tell whether a batch that others came between is worth another try."""
        self._tries += 1
        return self._tries < _MOST_TRIES

    def pause(self, rows: int, seconds: float) -> float:
        """Give the seconds to rest after a batch of `rows` that took `seconds`."""
        pause = min(seconds, LONGEST_PAUSE_BETWEEN_BATCHES)
        if self.pace.pause_ms is not None:
            pause = self.pace.pause_ms / 1000
        if self.pace.rows_per_second is not None:
            pause = max(pause, rows / self.pace.rows_per_second - seconds)
        return pause
