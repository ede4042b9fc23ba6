"""The statements that a preview asked of the rows, kept so that somebody else can ask them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Sequence


@fact
class Asked:
    """A statement with its values; `numbers` says what each element of the array means that it gives, if one."""

    sql: str
    arguments: tuple[object, ...]
    numbers: tuple[str, ...] = ()


@dataclass(slots=True)
class Hearing:
    """What was asked, each statement once, with the values it was asked for first."""

    asked: dict[str, Asked] = field(default_factory=dict)

    def hear(self, sql: str, arguments: tuple[object, ...], numbers: Sequence[str] = ()) -> None:
        """Keep a statement."""
        self.asked.setdefault(sql, Asked(sql, arguments, tuple(numbers)))
