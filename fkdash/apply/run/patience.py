"""What the operator asks of a run, and how long it keeps trying."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a step is tried, and the pauses between in seconds, doubling from the first to the longest."""

    attempts: int = 20
    first_pause: float = 1.0
    longest_pause: float = 30.0

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
