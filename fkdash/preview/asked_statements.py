"""The statements that a preview asked of the rows, kept so that somebody else can ask them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.facts import Facts
    from fkdash.preview.sets.statement import Count


@dataclass(frozen=True, slots=True)
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


def meaning(facts: Facts, count: Count) -> str:
    """Say what a number of the statement by sets means."""
    if count.doubt is not None:
        return "rows for which the order decides"
    if count.nulls is not None:
        return f"rows of {facts.tables[count.nulls].name} set NULL"
    if count.step is None:
        return f"rows of {facts.tables[count.table].name} deleted" if count.table is not None else "rows chosen"
    rows = f"rows of {facts.tables[count.step.key.relation].name}"
    if count.obstacle is not None:
        return f"{rows} stopped by {count.obstacle.constraint or 'NOT NULL'} ({count.obstacle.sqlstate})"
    return f"{rows} that {count.step.key.name} {'holds back' if count.step.check else 'writes'}"
