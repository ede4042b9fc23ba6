"""How much was tried, and what happened first that is not the truth."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What was tried until the moment `ends` (monotonic): `faults` are those that happened, runs may end before."""

    ends: float
    examples: int = 0
    runs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self.failure is not None or time.monotonic() > self.ends

    def __str__(self) -> str:
        each = ", ".join(f"{number} times {fault}" for fault, number in self.faults.most_common() if number)
        return f"{self.examples} examples, {self.runs} runs, {self.faults.total()} met by a fault: {each}"
