"""How much was tried, and what happened first that is not the truth."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

_MESSAGES = 150


@dataclass
class Tally:
    """What was tried until `wanted` faults had happened; `part` draws other ones than the next part does.

    `messages` says how many a run of each kind sends that nothing happens to.
    """

    part: int = 0
    wanted: float = math.inf
    examples: int = 0
    runs: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    messages: dict[object, int] = field(default_factory=dict)
    failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self.failure is not None or self.faults.total() >= self.wanted

    def sent_by(self, kind: object) -> int:
        return self.messages.get(kind, _MESSAGES)

    def __str__(self) -> str:
        each = ", ".join(f"{number} times {fault}" for fault, number in self.faults.most_common() if number)
        return f"{self.examples} examples, {self.runs} runs, {self.faults.total()} faults: {each}"
