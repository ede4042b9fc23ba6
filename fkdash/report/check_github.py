"""A check as GitHub workflow commands: annotations on the run and, where a file is known, on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.rules.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.checking.result import CheckReport, Reported

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def check_github(reports: Iterable[CheckReport]) -> str:
    """Give one command per new finding, the worst first, and a summary; GitHub shows ten of each kind."""
    return "".join(f"{line}\n" for report in reports for line in _lines(report))


def _lines(report: CheckReport) -> Iterator[str]:
    if report.failure:
        yield f"::error title=fkdash::{_message(f'{report.where}: {report.failure}')}"
        return
    for reported in report.new:
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
