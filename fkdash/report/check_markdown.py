"""A check as Markdown, for a pull request or a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.checking.result import impact_words
from fkdash.db.text import plain
from fkdash.rules.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.checking.result import CheckReport, Reported

_MARKUP: Final = re.compile(
    r"""[\\`*\[\]<>|~]          # whatever stands around them
    | (?<![^\W_])_|_(?![^\W_])  # inside a word an underline is none of Markdown's
    | &(?=[#\w])               # an entity
    | \#(?=\d)                 # somebody's issue
    | ^[\#+=-]                 # at the beginning of a line
    | (?<=^\d)[.)]             # a list
    """,
    re.VERBOSE,
)


def check_markdown(reports: Iterable[CheckReport]) -> str:
    """Give a section per database: a table of the findings, the contradictions explained below it."""
    return "\n".join(line for report in reports for line in _lines(report)) + "\n"


def escaped(text: str) -> str:
    """Give text from outside so that Markdown shows it as it is; UUIDs and most names in it stay the same."""
    return _MARKUP.sub(r"\\\g<0>", plain(text))


def _lines(report: CheckReport) -> Iterator[str]:
    yield f"## {escaped(report.database or report.where)}"
    yield ""
    yield escaped(report.headline[:1].upper() + report.headline[1:]) + "."
    yield ""
    if report.findings:
        yield "| | rule | foreign key | what |"
        yield "|---|---|---|---|"
        for each in report.findings:
            yield _row(each)
        yield ""
    for each in report.findings:
        if each.finding.severity is Severity.ERROR and not each.known:
            yield from _explained(each)
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
