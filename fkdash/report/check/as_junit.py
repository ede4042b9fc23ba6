"""A check as JUnit XML: a suite per database, a failed case per finding."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from fkdash.checking.groups import groups_of
from fkdash.db.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.checking.groups import Group
    from fkdash.checking.result import CheckReport
    from fkdash.lint.place import Place
    from fkdash.rules.finding import Finding


def check_junit(reports: Sequence[CheckReport]) -> str:
    """Give the document; ignored and known findings are skipped cases, what is unknown is an error."""
    grouped = {id(each): group for group in groups_of(reports) for each in group.members}
    suites = [_suite(report, grouped) for report in reports]
    body = "".join(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="fkdash">\n{body}</testsuites>\n'


def _suite(report: CheckReport, grouped: Mapping[int, Group]) -> str:
    cases = list(_cases(report, grouped))
    failures = sum("<failure" in case for case in cases)
    errors = sum("<error" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    return (
        f'  <testsuite name={_attribute(report.database or report.where)} tests="{len(cases)}" '
        f'failures="{failures}" errors="{errors}" skipped="{skipped}">\n{"".join(cases)}  </testsuite>\n'
    )


def _cases(report: CheckReport, grouped: Mapping[int, Group]) -> Iterator[str]:
    if report.failure:
        yield _case("fkdash", report.where, f"<error message={_attribute(report.failure)}/>")
        return
    for each in report.findings:
        group = grouped.get(id(each))
        if group is not None and group.first is not each:
            continue
        outcome = '<skipped message="known by the baseline"/>' if each.known else _failure(each.finding, group)
        name = each.finding.subject if group is None else group.words
        yield _case(each.finding.rule, name, outcome, each.place)
    for ignored in report.ignored:
        skipped = f"<skipped message={_attribute(ignored.reason)}/>"
        yield _case(ignored.finding.rule, ignored.finding.subject, skipped)
    for unread in report.coverage.incomplete if report.coverage is not None else ():
        yield _case("incomplete", str(unread.place), f"<error message={_attribute(unread.reason)}/>")
    for unknown in report.unknowns:
        yield _case("unknown", unknown.what, f"<error message={_attribute(unknown.reason)}/>")
    if report.coverage is not None:
        for rule, reason in report.coverage.not_asked:
            yield _case(rule, "not asked of files", f"<skipped message={_attribute(reason)}/>")
        yield _case("coverage", report.coverage.words, "")
    elif not (report.findings or report.ignored or report.unknowns):
        yield _case("fkdash", report.scope.words, "")


def _case(rule: str, name: str, outcome: str, place: Place | None = None) -> str:
    where = f' file={_attribute(place.file)} line="{place.line}"' if place is not None else ""
    return f'    <testcase classname="fkdash.{rule}" name={_attribute(name)}{where}>{outcome}</testcase>\n'


def _failure(finding: Finding, group: Group | None) -> str:
    """Give a failure; that of a group lists where it is and where it is not."""
    said = escape(plain(finding.explanation or finding.message))
    if group is not None:
        said += escape(plain(f" In {', '.join(group.places)}."))
        said += escape(plain(f" Not in {', '.join(group.differs)}.")) if group.differs else ""
    return f'<failure type="{finding.severity}" message={_attribute(finding.message)}>{said}</failure>'


def _attribute(text: str) -> str:
    return quoteattr(plain(text))
