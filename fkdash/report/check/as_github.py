"""A check as GitHub workflow commands: annotations on the run and, where a file is known, on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.checking.alike import places_words
from fkdash.checking.groups import alone, group_words, groups_of
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.checking.groups import Group
    from fkdash.checking.result import CheckReport, Reported

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def check_github(reports: Iterable[CheckReport]) -> str:
    """Give one command per new finding, the worst first, and a summary; GitHub shows ten of each kind.

    What many schemas or databases have in common is one command. Databases of which nothing else is to be said are
    summed up in one line.
    """
    reports = tuple(reports)
    groups = groups_of(reports)
    lines = [_of_group(group) for group in groups if not group.first.known]
    quiet: list[str] = []
    for report, left in alone(reports, groups):
        if groups and len(reports) > 1 and report.is_quiet(left):
            quiet.append(report.database or report.where)
        else:
            lines += _lines(report, left)
    if quiet:
        lines.append(plain(f"{counted(len(quiet), 'databases')} with nothing else: {places_words(quiet)}"))
    return "".join(f"{line}\n" for line in lines)


def _lines(report: CheckReport, left: Sequence[Reported]) -> Iterator[str]:
    if report.failure:
        yield f"::error title=fkdash::{_message(f'{report.where}: {report.failure}')}"
        return
    for reported in left:
        if not reported.known:
            yield _annotation(reported)
    for each in report.coverage.incomplete if report.coverage is not None else ():
        where = f"file={_property(each.place.file)},line={each.place.line},col={each.place.column}"
        yield f"::error title=fkdash incomplete,{where}::{_message(each.reason)}"
    for unknown in report.unknowns:
        yield f"::warning title=fkdash::{_message(f'unknown: {unknown.what}: {unknown.reason}')}"
    yield f"{plain(report.where or report.database)}: {plain(report.headline)}"
    if report.coverage is not None:
        yield from (plain(f"not asked: {rule}: {reason}") for rule, reason in report.coverage.not_asked)
        yield plain(report.coverage.words)


def _of_group(group: Group) -> str:
    finding = group.first.finding
    title = _property(f"{finding.rule} {finding.name}")
    said = f"{group_words(group)}. {finding.key.qualified}: {finding.message}"
    return f"::{_COMMANDS[finding.severity]} title={title}::{_message(said)}"


def _annotation(reported: Reported) -> str:
    finding, place = reported.finding, reported.place
    properties = {"title": f"{finding.rule} {finding.name}"}
    if place is not None:
        properties |= {"file": place.file, "line": str(place.line), "col": str(place.column)}
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    name = finding.key.qualified if finding.key.name else str(finding.key.table)
    began = f" It began at {reported.began}." if reported.began is not None else ""
    return f"::{_COMMANDS[finding.severity]} {said}::{_message(f'{name}: {finding.message}{began}')}"


def _message(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
