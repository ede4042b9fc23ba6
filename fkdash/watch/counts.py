"""Counts violations by minute, constraint and SQLSTATE, with who had them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.sqlstates import NOT_NULL_VIOLATION
from fkdash.watch.classify import UNCLASSIFIED, Violation
from fkdash.watch.seen import Seen, count_name, seen_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.watch.record import LogRecord

_MOST_STATEMENTS: Final = 3
_LONGEST_STATEMENT: Final = 2_000


@fact
class What:
    """What is counted together: one line of the result. `minute` is in UTC, None where the log tells no time."""

    minute: datetime | None
    sqlstate: str
    constraint: str
    schema: str
    table: str
    column: str


@dataclass(slots=True)
class Counted:
    """How often, from which applications and roles; statements only where they were asked for."""

    what: What
    count: int = 0
    key: str = ""
    doubtful: bool = False
    applications: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    statements: list[str] = field(default_factory=list)


class Counts:
    """What was counted so far. `database` is the one that counts, "" for all; `statements` keeps some of them.

    A minute is given once; what comes for it later is given as another line of that minute.
    """

    def __init__(
        self,
        *,
        database: str = "",
        since: datetime | None = None,
        statements: bool = False,
        fixed: Mapping[str, datetime] | None = None,
    ) -> None:
        self._database, self._since, self._statements = database, since, statements
        self.fixed = dict(fixed or {})
        """When foreign keys were changed, by name."""
        self.after: Counter[str] = Counter()
        """The violations since then, and before."""
        self.before: Counter[str] = Counter()
        self._open: dict[What, Counted] = {}
        self.total = 0
        self.unclassified = 0
        self.elsewhere = 0
        """Violations in other databases of the server."""
        self.timeless = 0
        """Violations of which the log does not tell when they were."""
        self.doubtful = 0
        """NULLs of which the log does not tell whether a foreign key set them."""
        self.last: datetime | None = None
        self.seen: dict[tuple[str, str], Seen] = {}
        """What was seen of each constraint, by name and SQLSTATE."""

    def add(self, record: LogRecord, violation: Violation) -> bool:
        """Count one; False where it is of another database or from before."""
        if self._since is not None and record.moment is not None and record.moment < self._since:
            return False
        if self._database and record.database and record.database != self._database:
            self.elsewhere += violation is not UNCLASSIFIED
            return False
        if violation is UNCLASSIFIED:
            self.unclassified += 1
            return False
        minute = record.moment.replace(second=0, microsecond=0) if record.moment is not None else None
        column = "" if violation.constraint else violation.column
        what = What(minute, violation.sqlstate, violation.constraint, violation.schema, violation.table, column)
        counted = self._open.setdefault(what, Counted(what, key=violation.key))
        counted.count += 1
        counted.doubtful |= violation.doubtful
        count_name(counted.applications, record.application)
        count_name(counted.roles, record.user)
        if self._statements and record.statement and len(counted.statements) < _MOST_STATEMENTS:
            statement = record.statement[:_LONGEST_STATEMENT]
            if statement not in counted.statements:
                counted.statements.append(statement)
        self.total += 1
        self.timeless += record.moment is None
        self.doubtful += violation.doubtful
        for key in dict.fromkeys(filter(None, (violation.constraint, violation.key))):
            if key in self.fixed and record.moment is not None:
                (self.before if record.moment <= self.fixed[key] else self.after)[key] += 1
        seen_of(self.seen, name_of(what), violation).add(record)
        if record.moment is not None and (self.last is None or record.moment > self.last):
            self.last = record.moment
        return True

    def finished(self, now: datetime | None = None) -> Iterable[Counted]:
        """Give the minutes that are over, oldest first, and forget them; without `now` all of them."""
        over = [
            each
            for what, each in self._open.items()
            if now is None or (what.minute is not None and what.minute + timedelta(minutes=1) <= now)
        ]
        for each in over:
            del self._open[each.what]
        return sorted(over, key=_order)


def name_of(what: What) -> str:
    """Give the constraint, or the column that must not be NULL: `app.users.email NOT NULL`."""
    if what.constraint:
        return what.constraint
    return ".".join(filter(None, (what.schema, what.table, what.column))) + (
        " NOT NULL" if what.sqlstate == NOT_NULL_VIOLATION else ""
    )


def _order(counted: Counted) -> tuple[datetime, str, str]:
    return counted.what.minute or datetime.min.replace(tzinfo=UTC), name_of(counted.what), counted.what.sqlstate
