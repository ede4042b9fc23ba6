"""What a check found in one database, ready for any format."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from fkdash.catalog.as_a_replica import as_a_replica
from fkdash.catalog.refused_writes import refused_writes
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.surroundings import Server
    from fkdash.catalog.table_name import TableName
    from fkdash.checking.policy import Ignored
    from fkdash.errors import NotRun
    from fkdash.lint.place import Place
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding


@fact
class Reported:
    """A finding with what the catalog does not know: rows in the way, its place, whether it is known.

    `place` is the statement that completed it, `began` the one that began it, if that is another.
    """

    finding: Finding
    impact: Impact | None = None
    place: Place | None = None
    known: bool = False
    began: Place | None = None


@fact
class NotUnderstood:
    """A statement that might change what is judged and was not understood."""

    place: Place
    reason: str
    statement: str


@fact
class Coverage:
    """How far files answer: `not_asked` are rules with why no file knows, `incomplete` is what was not read.

    `statements` is how many there are, `skipped` how many of them can change nothing that is judged.
    """

    rules: int
    not_asked: tuple[tuple[str, str], ...] = ()
    files: int = 0
    statements: int = 0
    skipped: int = 0
    source: str = ""
    incomplete: tuple[NotUnderstood, ...] = ()

    @property
    def words(self) -> str:
        """`12 statements of 3 files: 9 read, 3 skipped, 0 not understood; 35 of 37 rules asked`."""
        read = self.statements - self.skipped - len(self.incomplete)
        rules = f"{self.rules - len(self.not_asked)} of {self.rules} rules asked"
        if not self.statements:
            return f"{counted(self.files, 'files')} ({self.source}); {rules}"
        return (
            f"{counted(self.statements, 'statements')} in {counted(self.files, 'files')} ({self.source}): "
            f"{max(read, 0)} read, {self.skipped} that change no schema skipped, {len(self.incomplete)} not "
            f"understood; {rules}"
        )


@fact
class Scope:
    """What was looked at. `unreadable` are the tables whose rows `role` may not read."""

    foreign_keys: int
    tables: int
    unreadable: tuple[TableName, ...] = ()
    role: str = ""

    @property
    def words(self) -> str:
        """`41 foreign keys in 38 tables, 2 tables not readable by role x`."""
        said = f"{counted(self.foreign_keys, 'foreign keys')} in {counted(self.tables, 'tables')}"
        if self.unreadable:
            said += f", {counted(len(self.unreadable), 'tables')} not readable by role {self.role}"
        return said


@fact
class Unknown:
    """Something that could not be found out, and why; findings may be missing where `hides_findings`."""

    what: str
    reason: str
    hides_findings: bool = False
    not_run: tuple[NotRun, ...] = ()


@fact
class CheckReport:
    """The result of checking one database (`where`, in words); findings come the worst first.

    `gone` names what the baseline knows and nobody finds any more. `failure` is
    set, and everything else empty, for a database that could not be checked. `decided_in` is the file of the
    configuration, else of the baseline, "" without either. `schemas` has, for the name of every table, the
    schemas with a table of that name. `rules` is how many a database was asked; of files, `coverage` says that.
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
    decided_in: str = ""
    rules: int = 0
    coverage: Coverage | None = None
    schemas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def new(self) -> tuple[Reported, ...]:
        """The findings that no baseline knows."""
        return tuple(each for each in self.findings if not each.known)

    @property
    def complete(self) -> bool:
        """Whether everything could be looked at that a finding can come from."""
        unread = self.coverage is not None and bool(self.coverage.incomplete)
        return not self.failure and not unread and not any(unknown.hides_findings for unknown in self.unknowns)

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What looking would have run of other roles' code, once each."""
        counted_rows = (each.impact.not_run for each in self.findings if each.impact is not None)
        unknown = (each.not_run for each in self.unknowns)
        return tuple(dict.fromkeys(found for some in (*counted_rows, *unknown) for found in some))

    @property
    def headline(self) -> str:
        """`1 contradiction, 6 warnings (2 known) in 57 foreign keys in 43 tables`: a baseline knows some."""
        if self.failure:
            return f"not checked: {self.failure}"
        said = severities_in_words(each.finding for each in self.new)
        known = len(self.findings) - len(self.new)
        found = said or ("nothing new" if known else "nothing found")
        return f"{found}{f' ({known:,} known)' if known else ''} in {self.scope.words}"

    @property
    def standing(self) -> str:
        """Why nothing that is found can happen here today: what only reads, or keys that do not act; else ""."""
        refused, replica = refused_writes(self.server), as_a_replica(self.server)
        reads = f"{refused.words}: the findings are about {refused.instead}." if refused is not None else ""
        acts = f"{replica.words}; the findings are about sessions that set it to origin." if replica else ""
        return " ".join(each for each in (reads, acts) if each)

    def is_quiet(self, left: Sequence[Reported]) -> bool:
        """Tell whether nothing is to be said of this database by itself, its findings in groups told already."""
        remarked = self.failure or self.standing or self.unknowns or self.not_run or self.gone or self.ignored
        return not left and not remarked and self.coverage is None

    def reaches(self, threshold: Severity | None) -> bool:
        """Tell whether a new finding is at least as bad as `threshold`; None is never reached."""
        return threshold is not None and any(each.finding.severity.rank <= threshold.rank for each in self.new)


def severities_in_words(found: Iterable[Finding]) -> str:
    """Give how many findings there are of each severity: `1 contradiction, 6 warnings`; "" without any."""
    counts = Counter(finding.severity for finding in found)
    return ", ".join(counted(counts[each], f"{each.word}s") for each in Severity if counts[each])


def impact_words(reported: Reported) -> str:
    """Give in words how many rows are in the way; empty where nobody counted."""
    impact, key = reported.impact, reported.finding.key
    if impact is None:
        return ""
    if impact.blocking_rows is None or impact.referenced_rows is None:
        return f"how many rows are concerned is unknown: {impact.reason}"
    return _counted_words(impact, key)


def _counted_words(impact: Impact, key: ForeignKey) -> str:
    assert impact.blocking_rows is not None and impact.referenced_rows is not None  # noqa: S101, PT018 - its caller's
    least = "" if impact.exact else "at least "
    if impact.spared:
        return (
            f"latent: {least}{counted(impact.blocking_rows, 'rows')} of {key.table.shown} refer to rows of "
            f"{key.referenced.shown}, but the preview of one that is referred to is allowed"
        )
    if impact.every:
        held = f"{least}{counted(impact.referenced_rows, 'rows')} of {key.referenced.shown} cannot be deleted"
        which = "it" if impact.referenced_rows == 1 else "one"
        biting = f"biting: {held}, whether a row of {key.table.shown} refers to {which} or not"
        return biting if impact.referenced_rows else f"latent: {key.referenced.shown} has no row that it looks for"
    if not impact.blocking_rows:
        return f"latent: no row of {key.table.shown} refers to a row of {key.referenced.shown}" + (
            "" if impact.exact else " among those counted"
        )
    refer = "refers" if impact.blocking_rows == 1 else "refer"
    return (
        f"biting: {least}{counted(impact.referenced_rows, 'rows')} of {key.referenced.shown} cannot be deleted, "
        f"{least}{counted(impact.blocking_rows, 'rows')} of {key.table.shown} {refer} to "
        f"{'it' if impact.referenced_rows == 1 else 'them'}"
    )


def is_about(concerns: Callable[[TableName], bool] | None, key: ForeignKey) -> bool:
    """Tell whether a foreign key is one of or to the tables that are asked about; None asks about all."""
    return concerns is None or concerns(key.table) or concerns(key.referenced)


def scope_of(catalog: Catalog, concerns: Callable[[TableName], bool] | None) -> Scope:
    """Give what was looked at of a catalog: a partition counts as a part of its table."""
    tables = [
        table
        for name, table in catalog.tables.items()
        if table.partition_of is None and (concerns is None or concerns(name))
    ]
    unreadable = [table.name for table in tables if table.privileges is not None and not table.privileges.select]
    return Scope(
        foreign_keys=sum(is_about(concerns, key) for key in catalog.foreign_keys),
        tables=len(tables),
        unreadable=tuple(sorted(unreadable)),
        role=catalog.server.role if catalog.server is not None else "",
    )
