"""What was seen of one constraint so far, minute by minute: what a screen shows while the watch goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fkdash.watch.classify import Violation
    from fkdash.watch.record import LogRecord

MOST_CONSTRAINTS: Final = 10_000
"""How many constraints are told apart; a log may name any number of them."""
_MOST_MINUTES: Final = 1440
_MOST_NAMES: Final = 20
_OTHERS: Final = "others"


@dataclass(slots=True)
class Seen:
    """The violations of one constraint with one SQLSTATE; `key` is the foreign key whose action had them, or it.

    `minutes` are those of the last day in which there were any, in UTC.
    """

    name: str
    sqlstate: str
    key: str
    count: int = 0
    last: datetime | None = None
    minutes: Counter[datetime] = field(default_factory=Counter)
    applications: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)

    def add(self, record: LogRecord) -> None:
        """Count one more."""
        self.count += 1
        count_name(self.applications, record.application)
        count_name(self.roles, record.user)
        if record.moment is None:
            return
        if self.last is None or record.moment > self.last:
            self.last = record.moment
        self.minutes[record.moment.replace(second=0, microsecond=0)] += 1
        if len(self.minutes) > _MOST_MINUTES:
            del self.minutes[min(self.minutes)]

    def timeline(self, until: datetime, minutes: int) -> list[int]:
        """Give how many there were in each of the last `minutes` minutes, the one of `until` last."""
        last = until.replace(second=0, microsecond=0)
        return [self.minutes[last - timedelta(minutes=back)] for back in range(minutes - 1, -1, -1)]


def seen_of(known: dict[tuple[str, str], Seen], name: str, violation: Violation) -> Seen:
    """Give the one of a violation, a new one where there is none; beyond the most, one for all others."""
    place = (name, violation.sqlstate)
    if place not in known and len(known) >= MOST_CONSTRAINTS:
        place = (_OTHERS, violation.sqlstate)
    if place not in known:
        known[place] = Seen(place[0], violation.sqlstate, violation.key or violation.constraint)
    return known[place]


def count_name(names: Counter[str], name: str) -> None:
    """Count a name, beyond the first twenty all others together."""
    if name:
        names[name if name in names or len(names) < _MOST_NAMES else _OTHERS] += 1
