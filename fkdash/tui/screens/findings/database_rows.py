"""The rows of the list of databases, and what its pane says of one: pure functions over what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.errors import NotPermittedError, PasswordRequiredError, UnreachableError
from fkdash.rules.finding import Severity
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.painting import Line, Part, Tone, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.checking.result import CheckReport, Scope
    from fkdash.errors import FkdashError
    from fkdash.profiles import Destination

_MOST_FINDINGS = 40
_SYMBOLS: dict[Severity, str] = {Severity.ERROR: "!", Severity.WARNING: "~", Severity.INFO: "-"}
_TONES: dict[Severity, Tone] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "muted"}


class Doing(StrEnum):
    """What is going on with a database now."""

    NOTHING = ""
    WAITING = "waiting"
    READING = "reading"
    LISTING = "listing its databases"


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """A database and what was found in it last, or what kept us from looking; `read` is when, as HH:MM:SS."""

    number: int
    destination: Destination
    doing: Doing = Doing.WAITING
    found: CheckReport | FkdashError | None = None
    read: str = ""

    @property
    def report(self) -> CheckReport | None:
        """What was found, None where nobody could look or nobody has looked yet."""
        return None if self.found is None or isinstance(self.found, Exception) else self.found

    @property
    def scope(self) -> Scope | None:
        """How much was looked at."""
        return self.report.scope if self.report is not None else None

    @property
    def trouble(self) -> FkdashError | None:
        """What kept us from looking."""
        return self.found if isinstance(self.found, Exception) else None

    def count(self, severity: Severity) -> int | None:
        """Give the number of findings of a severity, None where it is not known."""
        report = self.report
        if report is None:
            return None
        return sum(each.finding.severity is severity for each in report.findings)

    @property
    def server(self) -> str:
        """Where it is, in a word or two."""
        addresses = self.destination.target.addresses
        return ", ".join("local socket" if each.is_socket else str(each) for each in addresses)

    @property
    def state(self) -> str:
        """Its state in words."""
        if self.doing is not Doing.NOTHING:
            return f"{self.doing} again" if self.found is not None else self.doing
        if self.trouble is not None:
            return _trouble_words(self.trouble, self.destination.target.describe())
        return _report_words(self.report)


def _trouble_words(trouble: FkdashError, where: str) -> str:
    # The place stands in the row already.
    reason = trouble.what.partition(f"{where}: ")[2] or trouble.what
    match trouble:
        case NotPermittedError():
            return f"not permitted: {reason}"
        case PasswordRequiredError():
            return "wants a password: enter asks for it"
        case UnreachableError():
            return f"cannot connect: {reason}"
    return f"not checked: {reason}"


def _report_words(report: CheckReport | None) -> str:
    if report is None:
        return ""
    severities = {each.finding.severity for each in report.findings}
    if Severity.ERROR in severities:
        words = "contradictions"
    elif Severity.WARNING in severities:
        words = "warnings"
    else:
        words = "nothing wrong found"
    unreadable = len(report.scope.unreadable)
    hidden = f", {counted(unreadable, 'tables')} not readable" if unreadable else ""
    return words + hidden if report.complete else f"{words}, not complete{hidden}"


DATABASE_FIELDS: dict[str, Callable[[DatabaseRow], str]] = {
    "name": lambda row: row.destination.name,
    "database": lambda row: row.destination.target.database,
    "server": lambda row: row.server,
    "environment": lambda row: row.destination.environment,
    "state": lambda row: row.state,
}
"""What `name:text` conditions look at."""


def database_columns() -> list[ListColumn[DatabaseRow]]:
    """Give the list's columns."""
    return [
        ListColumn("", _symbol, 1, tone=_tone),
        ListColumn("database", lambda row: row.destination.name, 8),
        ListColumn("server", lambda row: row.server, 12, priority=3),
        ListColumn("env", lambda row: row.destination.environment, 10, priority=2),
        ListColumn(
            "contradictions", lambda row: _number(row.count(Severity.ERROR)), 14, right=True, tone=_error_tone
        ),
        ListColumn("warnings", lambda row: _number(row.count(Severity.WARNING)), 8, right=True),
        ListColumn("keys", lambda row: _number(row.scope.foreign_keys if row.scope else None), 5, right=True),
        ListColumn(
            "tables", lambda row: _number(row.scope.tables if row.scope else None), 6, right=True, priority=1
        ),
        ListColumn("state", lambda row: row.state, 16, tone=_tone, patient=True),
    ]


def database_orders() -> list[Order[DatabaseRow]]:
    """Give the list's orders, the worst first as the first of them."""
    return [
        Order("worst first", badness),
        Order("name", lambda row: row.destination.name),
        Order("server", lambda row: (row.server, row.destination.name)),
        Order("as given"),
    ]


def survey_in_words(rows: Iterable[DatabaseRow]) -> str:
    """Give the answer above the list: in how many databases something is wrong."""
    rows = tuple(rows)
    wrong = sum(bool(row.count(Severity.ERROR)) for row in rows)
    errors = sum(row.count(Severity.ERROR) or 0 for row in rows)
    troubled = sum(row.trouble is not None for row in rows)
    unread = sum(row.found is None for row in rows)
    said = f"{counted(errors, 'contradictions')} in {wrong:,} of {counted(len(rows), 'databases')}"
    said += f"; {troubled:,} could not be looked into" if troubled else ""
    return said + (f"; {unread:,} still to read" if unread else "") + "."


def described_database(row: DatabaseRow) -> list[Line | str]:
    """Give what the pane says of a database: where it is, and what is wrong with it or with getting there."""
    lines: list[Line | str] = [row.destination.target.describe() + (f", read at {row.read}" if row.read else "")]
    if row.trouble is not None:
        lines += [line(Part("ERROR ", "error"), row.trouble.what), row.trouble.next_step]
    report = row.report
    if report is None:
        return lines
    lines.append(line(Part(f"{report.headline[:1].upper()}{report.headline[1:]}.", "strong")))
    for each in report.findings[:_MOST_FINDINGS]:
        finding = each.finding
        mark = Part(f" {_SYMBOLS[finding.severity]} {finding.rule} ", _TONES[finding.severity])
        lines.append(line(mark, finding.message))
    if len(report.findings) > _MOST_FINDINGS:
        lines.append(f"   and {len(report.findings) - _MOST_FINDINGS:,} more: enter goes there.")
    lines += [line(Part(" ? ", "warning"), f"{each.what}: {each.reason}") for each in report.unknowns]
    return lines


def badness(row: DatabaseRow) -> tuple[int, int, int, int]:
    """Order by contradictions, then what nobody could look into, then warnings; ties stay as they were given."""
    errors, warnings = row.count(Severity.ERROR) or 0, row.count(Severity.WARNING) or 0
    troubled = row.trouble is not None
    unread = row.found is None
    return (0 if errors else 1 if troubled else 3 if unread else 2, -errors, -warnings, row.number)


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _symbol(row: DatabaseRow) -> str:
    if row.count(Severity.ERROR):
        return "!"
    if row.trouble is not None:
        return "?"
    return "~" if row.count(Severity.WARNING) else ""


def _tone(row: DatabaseRow) -> Tone:
    if row.count(Severity.ERROR):
        return "error"
    return "warning" if row.trouble is not None or row.count(Severity.WARNING) else "plain"


def _error_tone(row: DatabaseRow) -> Tone:
    return "error" if row.count(Severity.ERROR) else "plain"
