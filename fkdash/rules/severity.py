"""How bad a finding is."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How bad: a contradiction, a risk, or something worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst, growing."""
        return _RANKS[self]

    @property
    def word(self) -> str:
        """What people read for it everywhere: `contradiction`, `warning`, `note`; documents have the value."""
        return _WORDS[self]


_WORDS: Final = {Severity.ERROR: "contradiction", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
