"""What a check found in one database, ready for any format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fkdash.catalog.fact import fact
from fkdash.rules.finding import Severity

if TYPE_CHECKING:
    from fkdash.catalog.model import Server, TableName
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.configuration import Ignored
    from fkdash.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands in a file; line and column count from 1, the path is relative."""

    file: str
    line: int
    column: int = 1


@fact
class Reported:
    """A finding with what the catalog does not know: rows in the way, its place, whether it is known."""

    finding: Finding
    impact: Impact | None = None
    place: Place | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked at. `unreadable` are the tables whose rows `role` may not read."""

    foreign_keys: int
    tables: int
    unreadable: tuple[TableName, ...] = ()
    role: str = ""

    @property
    def words(self) -> str:
        """`41 foreign keys in 38 tables, 2 tables not readable by role x`."""
        said = f"{_count(self.foreign_keys, 'foreign key')} in {_count(self.tables, 'table')}"
        if self.unreadable:
            said += f", {_count(len(self.unreadable), 'table')} not readable by role {self.role}"
        return said


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be found out, and why; findings may be missing where `hides_findings`."""

    what: str
    reason: str
    hides_findings: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking one database (`where`, in words); findings come the worst first.

    `gone` names what the baseline knows and nobody finds any more. `failure` is
    set, and everything else empty, for a database that could not be checked.
    """

    where: str
    database: str
    scope: Scope
    findings: tuple[Reported, ...] = ()
    server: Server | None = None
    ignored: tuple[Ignored, ...] = ()
    gone: tuple[str, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    failure: str = ""

    @property
    def new(self) -> tuple[Reported, ...]:
        """The findings that no baseline knows."""
        return tuple(each for each in self.findings if not each.known)

    @property
    def complete(self) -> bool:
        """Whether everything could be looked at that a finding can come from."""
        return not self.failure and not any(unknown.hides_findings for unknown in self.unknowns)

    @property
    def headline(self) -> str:
        """`3 errors, 6 warnings, 2 notes in 57 foreign keys in 43 tables`."""
        if self.failure:
            return f"not checked: {self.failure}"
        counts = dict.fromkeys(Severity, 0)
        for each in self.findings:
            counts[each.finding.severity] += 1
        words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
        said = [_count(count, words[severity]) for severity, count in counts.items() if count]
        return f"{', '.join(said) or 'nothing found'} in {self.scope.words}"

    def reaches(self, threshold: Severity | None) -> bool:
        """Tell whether a new finding is at least as bad as `threshold`; None is never reached."""
        return threshold is not None and any(each.finding.severity.rank <= threshold.rank for each in self.new)


def impact_words(reported: Reported) -> str:
    """Give in words how many rows are in the way; empty where nobody counted."""
    impact, key = reported.impact, reported.finding.key
    if impact is None:
        return ""
    if impact.blocking_rows is None or impact.referenced_rows is None:
        return f"how many rows are concerned is unknown: {impact.reason}"
    least = "" if impact.exact else "at least "
    if not impact.blocking_rows:
        return f"latent: no {key.table.name} row refers to a {key.referenced.name} row" + (
            "" if impact.exact else " among those counted"
        )
    return (
        f"biting: {least}{impact.referenced_rows:,} {key.referenced.name} rows cannot be deleted, "
        f"{least}{impact.blocking_rows:,} {key.table.name} rows refer to them"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
