"""A check as Markdown, for a pull request or a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.checking.alike import places_words
from fkdash.checking.groups import alone, group_words, groups_of
from fkdash.checking.result import impact_words
from fkdash.counted import counted
from fkdash.report.markdown import escaped
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.checking.groups import Group
    from fkdash.checking.result import CheckReport, Reported


def check_markdown(reports: Iterable[CheckReport]) -> str:
    """Give a section per database: a table of the findings, the contradictions explained below it.

    What many schemas or databases have in common is told once, of several databases in a section before theirs.
    """
    reports = tuple(reports)
    groups = groups_of(reports)
    if len(reports) == 1:
        lines = list(_lines(reports[0], next(alone(reports, groups))[1], groups))
        return "\n".join(lines) + "\n"
    lines = list(_together(reports, groups)) if groups else []
    quiet: list[str] = []
    for report, left in alone(reports, groups):
        if groups and report.is_quiet(left):
            quiet.append(report.database or report.where)
        else:
            lines += _lines(report, left, ())
    if quiet:
        lines.append(escaped(f"{counted(len(quiet), 'databases')} with nothing else: {places_words(quiet)}") + ".")
    return "\n".join(lines) + "\n"


def _together(reports: Sequence[CheckReport], groups: Sequence[Group]) -> Iterator[str]:
    yield f"## In {len(reports):,} databases"
    yield ""
    yield from _table((), groups)


def _lines(report: CheckReport, left: Sequence[Reported], groups: Sequence[Group]) -> Iterator[str]:
    yield f"## {escaped(report.database or report.where)}"
    yield ""
    yield escaped(report.headline[:1].upper() + report.headline[1:]) + "."
    yield ""
    if report.standing:
        yield escaped(report.standing)
        yield ""
    yield from _table(left, groups)
    if report.coverage is not None:
        for incomplete in report.coverage.incomplete:
            yield f"- Incomplete: {escaped(str(incomplete.place))}: {escaped(incomplete.reason)}"
        for rule, reason in report.coverage.not_asked:
            yield f"- Not asked: {rule}: {escaped(reason)}"
        yield f"- Coverage: {escaped(report.coverage.words)}"
    for unknown in report.unknowns:
        yield f"- Unknown: {escaped(unknown.what)}: {escaped(unknown.reason)}"
    for gone in report.gone:
        yield f"- Gone from the baseline: {escaped(gone)}"
    for ignored in report.ignored:
        name = ignored.finding.key.qualified
        yield f"- Ignored: {ignored.finding.rule} {escaped(name)}: {escaped(ignored.reason)}"


def _table(findings: Sequence[Reported], groups: Sequence[Group]) -> Iterator[str]:
    """Give a row for each group and for each finding that is in none, and explain the contradictions."""
    if not findings and not groups:
        return
    yield "| | rule | foreign key | what |"
    yield "|---|---|---|---|"
    yield from map(_row, findings)
    yield from map(_group_row, groups)
    yield ""
    for each in (*findings, *(group.first for group in groups)):
        if each.finding.severity is Severity.ERROR and not each.known:
            yield from _explained(each)


def _group_row(group: Group) -> str:
    finding = group.first.finding
    severity = finding.severity.word + (" (known)" if group.first.known else "")
    one = f"{finding.key.qualified}: {finding.message}"
    return f"| {severity} | {finding.rule} | {escaped(group_words(group))} | {escaped(one)} |"


def _row(reported: Reported) -> str:
    finding = reported.finding
    name = finding.key.qualified if finding.key.name else f"{finding.key.table} ({', '.join(finding.key.columns)})"
    severity = finding.severity.word + (" (known)" if reported.known else "")
    place = f" ({escaped(str(reported.place))})" if reported.place is not None else ""
    return f"| {severity} | {finding.rule} | {escaped(name)} | {escaped(finding.message)}{place} |"


def _explained(reported: Reported) -> Iterator[str]:
    finding = reported.finding
    yield f"### {finding.rule} {escaped(finding.key.qualified)}"
    yield ""
    yield escaped(finding.explanation)
    if finding.error is not None:
        yield ""
        yield f"> ERROR {finding.error.sqlstate}: {escaped(finding.error.message)}"
    impact = impact_words(reported)
    if impact:
        yield ""
        yield escaped(impact[:1].upper() + impact[1:]) + "."
    if finding.fixes:
        yield ""
        yield f"Fixes: {', '.join(finding.fixes)}."
    yield ""
