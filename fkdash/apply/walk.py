"""How far a step that changes rows batch by batch has come, and how long it rests between two of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.counted import counted
from fkdash.errors import StoppedError
from fkdash.fix.plan import FIRST_ROW
from fkdash.fix.steps.batch import AS_WRITTEN

if TYPE_CHECKING:
    from fkdash.fix.plan import Pace, Step

LONGEST_PAUSE_BETWEEN_BATCHES: Final = 0.2
_MOST_TRIES: Final = 100
_Place = tuple[int, int]
_START: Final[_Place] = (0, 0)


def counting(step: Step) -> str:
    """Give a step's statement with one row as its result: `found`, `changed`, `otherwise` written, `came_to`."""
    batch = step.batch
    if batch is None:
        raise ValueError(step.sql)
    of_changed = f" FROM {batch.changed}" if batch.changed else ""
    came_to = f"(SELECT pg_catalog.max({step.cursor}){of_changed})" if step.cursor else "NULL"
    otherwise = f"(SELECT pg_catalog.count(*){of_changed} WHERE NOT {AS_WRITTEN})" if batch.writes else "0"
    return (
        f"{step.sql.removesuffix(batch.last).rstrip()},\n"
        f"fkdash_last AS (\n{batch.last}\n  RETURNING 1)\n"
        f"SELECT (SELECT pg_catalog.count(*) FROM {batch.found}) AS found,\n"
        f"       (SELECT pg_catalog.count(*) FROM fkdash_last) AS changed,\n"
        f"       {otherwise} AS otherwise, {came_to} AS came_to"
    )


@dataclass(slots=True)
class Walk:
    """One way through a table in physical order, and back to its start until nothing is found from there.

    `total` is how many rows there were to change, None where that is not known; `triggers` names what may
    keep rows as they are.
    """

    step: Step
    pace: Pace
    total: int | None = None
    triggers: str = ""
    rows: int = 0
    _from: _Place = _START
    _reached: _Place = _START
    _tries: int = 0
    _began: float = field(default_factory=time.monotonic)

    @property
    def sql(self) -> str:
        """The statement of the next batch, with one row for what it found and changed."""
        block, line = self._from
        return counting(self.step).replace(FIRST_ROW, f"'({block},{line})'::pg_catalog.tid")

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

    def came_to(self, *, found: int, changed: int, otherwise: int, came_to: _Place | None) -> int:
        """Note what a batch did that is not committed yet, and give the rows that it changed.

        Raises StoppedError where rows did not become what they should: the batch is to be rolled back.
        """
        back = max(found - changed, otherwise)
        if back:
            raise StoppedError(
                f"{counted(back, 'rows do', 'row does')} not become what step {self.step.number} "
                f"({self.step.title}) makes of {'it' if back == 1 else 'them'}, and that batch was rolled back. "
                f"In the way may be {self.triggers or 'a policy of row-level security'}.",
                next_step="Look at what it does with such rows.",
            )
        self._reached = came_to or _START
        return changed

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
