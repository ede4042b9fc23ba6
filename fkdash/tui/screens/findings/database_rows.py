"""The rows of the list of databases, and what its pane says of one: pure functions over what was found."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from fkdash.checking.groups import alone, group_words, groups_of
from fkdash.counted import counted
from fkdash.errors import NotPermittedError, PasswordRequiredError, UnreachableError
from fkdash.fact import fact
from fkdash.rules.severity import Severity
from fkdash.tui.screens.findings.shape_rows import SYMBOLS, TONES
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.painting import Line, Part, Tone, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.checking.kept_run import Verdict
    from fkdash.checking.result import CheckReport, Scope
    from fkdash.errors import FkdashError
    from fkdash.profiles import Destination
    from fkdash.rules.finding import Finding

_MOST_FINDINGS = 40


class Doing(StrEnum):
    """What is going on with a database now."""

    NOTHING = ""
    WAITING = "waiting"
    READING = "reading"
    LISTING = "listing its databases"


@fact
class DatabaseRow:
    """A database and what was found in it last, or what kept us from looking; `read` is when, as HH:MM:SS.

    `before` is what was said of it by the last dashboard or check that looked.
    """

    number: int
    destination: Destination
    doing: Doing = Doing.WAITING
    found: CheckReport | FkdashError | None = None
    read: str = ""
    before: Verdict | None = None

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
            if self.found is not None:
                return f"{self.doing} again"
            return f"{self.doing}, {_before_words(self.before)}" if self.before is not None else self.doing
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


def _before_words(before: Verdict) -> str:
    if before.failed:
        return "was not checked"
    return f"had {Severity(before.worst).word}s" if before.worst else "had nothing"


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
    told = [*_odd_ones_first(report)]
    lines += [line(_mark(finding), words) for finding, words in told[:_MOST_FINDINGS]]
    if len(told) > _MOST_FINDINGS:
        lines.append(f"   and {len(told) - _MOST_FINDINGS:,} more: enter goes there.")
    lines += [line(Part(" ? ", "warning"), f"{each.what}: {each.reason}") for each in report.unknowns]
    return lines


def _odd_ones_first(report: CheckReport) -> Iterator[tuple[Finding, str]]:
    """Give the findings with their words: those of one shape in many schemas as one, after the odd ones."""
    groups = groups_of((report,))
    told = [(each.finding, each.finding.message) for _, left in alone((report,), groups) for each in left]
    told += [(group.first.finding, group_words(group)) for group in groups]
    yield from sorted(told, key=lambda each: each[0].severity.rank)


def _mark(finding: Finding) -> Part:
    return Part(f" {SYMBOLS[finding.severity]} {finding.rule} ", TONES[finding.severity])


def badness(row: DatabaseRow) -> tuple[int, int, int, int]:
    """Order by contradictions, then what nobody could look into, then warnings; ties stay as they were given.

    A database that nobody has looked into yet stands where the last verdict on it puts it.
    """
    errors, warnings = row.count(Severity.ERROR) or 0, row.count(Severity.WARNING) or 0
    if row.found is None:
        rank = {0: 0, 1: 1}.get(row.before.rank, 3) if row.before is not None else 3
    else:
        rank = 0 if errors else 1 if row.trouble is not None else 2
    return (rank, -errors, -warnings, row.number)


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
