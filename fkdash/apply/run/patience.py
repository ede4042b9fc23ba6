"""What the operator asks of a run, and how long it keeps trying."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.errors import FkdashError, LockTimedOutError, ServerRefusedError, TimedOutError
from fkdash.fact import fact
from fkdash.sqlstates import DEADLOCK_DETECTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.fix.plan import Step

_JITTER = 0.25
_SLOW_TRIES: Final = 3
"""How often a step that should take milliseconds is tried at its time limit: the server may only have stood still,
and where it is the step that takes long, each try has stopped others for as long."""


@fact
class Patience:
    """How often a step is tried, and the pauses between in seconds, doubling from the first to the longest."""

    attempts: int = 20
    first_pause: float = 1.0
    longest_pause: float = 30.0

    def tries_after(self, error: FkdashError, steps: Iterable[Step], attempt: int, seconds: float) -> bool:
        """Tell whether steps that met `error` on this attempt, after `seconds`, are worth another one.

        They are for a lock that was not had, a deadlock that chose us, and a time limit that was reached; a
        statement that ended sooner was cancelled by somebody, who shall not see it again.
        """
        if isinstance(error, LockTimedOutError):
            return attempt < self.attempts
        if isinstance(error, TimedOutError):
            limits = [step.statement_timeout_ms for step in steps if step.statement_timeout_ms]
            reached = bool(limits) and seconds * 1000 >= min(limits)
            return reached and attempt < min(self.attempts, _SLOW_TRIES)
        deadlocked = isinstance(error, ServerRefusedError) and error.sqlstate == DEADLOCK_DETECTED
        return deadlocked and attempt < self.attempts

    def pause(self, attempt: int) -> float:
        """Give the pause after the given attempt, a quarter more or less so that waiters spread out."""
        steady = min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)
        return steady * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - nothing secret


@dataclass(slots=True)
class Wishes:
    """What the operator asks of a run that is going on."""

    stop_after_step: bool = False
    _now: asyncio.Event = field(default_factory=asyncio.Event)

    def try_now(self) -> None:
        """End the pause between two tries, if the run is in one."""
        self._now.set()

    async def rest(self, seconds: float) -> None:
        """Wait between two tries, at most so long."""
        self._now.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._now.wait()
