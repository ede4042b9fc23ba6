"""A check as text for people: lines with styles for a terminal, the same without for a pipe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from fkdash.checking.alike import biting_words, differ_words, places_words
from fkdash.checking.groups import alone, groups_of
from fkdash.checking.result import impact_words
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.report.not_run import not_run_lines
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.checking.groups import Group
    from fkdash.checking.result import CheckReport, Reported
    from fkdash.lint.place import Place

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LONGEST_LINE: Final = 160
_SUMMED_UP_FROM: Final = 4
_SHOWN_OF_A_RULE: Final = 3
_MOST_BITING: Final = 10
_MOST_UNKNOWNS: Final = 10
_QUIET_FROM: Final = 4


def check_lines(reports: Iterable[CheckReport], *, each: bool = False) -> Iterator[Text]:
    """Give the lines; nothing from the database is interpreted as markup or as a control sequence.

    Many findings are summed up by rule first, and of one rule only the first few are told, those that hold rows
    back today before all others. What many schemas or databases have in common is told once, after what is odd;
    `each` tells all of them.
    """
    reports = tuple(reports)
    groups = () if each else groups_of(reports)
    several = len(reports) > 1
    if several and groups:
        yield Text(f"in {len(reports):,} databases", style="bold")
        yield from _group_lines(groups)
        yield Text()
    quiet: list[CheckReport] = []
    begun = False
    for report, left in alone(reports, groups) if groups else ((one, one.findings) for one in reports):
        if len(reports) >= _QUIET_FROM and not each and report.is_quiet(left):
            quiet.append(report)
            continue
        if begun:
            yield Text()
        begun = True
        yield Text(plain(report.where or report.database), style="bold")
        yield Text(plain(report.headline), style="bold red" if report.failure else "")
        if report.standing:
            yield Text(plain(report.standing), style="yellow")
        if len(report.findings) >= _SUMMED_UP_FROM and (left or not several):
            yield from _summary(report)
        yield from _told(left, each=each)
        if not several:
            yield from _group_lines(groups)
        yield from _remarks(report, each=each)
    if quiet:
        names = places_words([report.database or report.where for report in quiet])
        what = "nothing else" if groups else "nothing found"
        yield from ((Text(),) if begun else ())
        yield Text(plain(f"{counted(len(quiet), 'databases')} with {what}: {names}"))


def _group_lines(groups: Iterable[Group]) -> Iterator[Text]:
    for group in groups:
        finding = group.first.finding
        yield Text()
        line = Text(finding.severity.word, style=_STYLES[finding.severity])
        line.append(f" {finding.rule} {finding.name}  ")
        line.append(plain(group.words), style="bold")
        line.append(plain(f" in {places_words(group.places)}"))
        if group.biting:
            line.append(f", {biting_words(group.biting)}", style="bold red")
        if group.first.known:
            line.append("  (known)", style="dim")
        yield line
        if group.differs:
            yield Text(plain(f"  {differ_words(group.differs)}"), style="bold yellow")
        yield Text(plain(f"  {group.first.finding.key.qualified}: {finding.message}"))
        if finding.fixes:
            yield Text(f"  fixes: {', '.join(finding.fixes)}", style="dim")
    if groups:
        yield Text()
        yield Text("--each tells all of them one by one")


def check_text(reports: Iterable[CheckReport], *, each: bool = False) -> str:
    """Give the check as plain text."""
    return "".join(f"{line.plain}\n" for line in check_lines(reports, each=each))


def _summary(report: CheckReport) -> Iterator[Text]:
    """Give a line for each rule: severity, rule, how often, and how many of them hold rows back today."""
    counts: dict[tuple[Severity, str, str], list[int]] = {}
    for reported in report.findings:
        finding = reported.finding
        count = counts.setdefault((finding.severity, finding.rule, finding.name), [0, 0])
        count[0] += 1
        count[1] += _bites(reported)
    yield Text()
    for (severity, rule, name), (number, biting) in sorted(counts.items(), key=_rank):
        line = Text("  ")
        line.append(f"{severity.word:<14}", style=_STYLES[severity])
        line.append(f"{rule} {name:<34} {number:>7,}")
        if biting:
            line.append(f"  {biting:,} biting", style="bold red")
        yield line


def _rank(counted: tuple[tuple[Severity, str, str], list[int]]) -> tuple[int, str]:
    (severity, rule, _), _ = counted
    return severity.rank, rule


def _told(findings: Sequence[Reported], *, each: bool) -> Iterator[Text]:
    """Give the findings, those of a rule that has many folded into a line after the first."""
    numbers = Counter(map(_kind, findings))
    left, told = numbers.copy(), Counter[tuple[str, Severity]]()
    for reported in findings:
        kind = _kind(reported)
        most = _MOST_BITING if _bites(reported) else _SHOWN_OF_A_RULE
        left[kind] -= 1
        # A single one more is told rather than folded into a line that is as long.
        if each or told[kind] < most or numbers[kind] <= most + 1:
            told[kind] += 1
            yield from _finding_lines(reported)
        if not left[kind] and told[kind] < numbers[kind]:
            more = numbers[kind] - told[kind]
            yield Text()
            yield Text(f"{kind[1].word} {kind[0]}: {more:,} more of these; --each --rule {kind[0]} tells them all")


def _kind(reported: Reported) -> tuple[str, Severity]:
    return reported.finding.rule, reported.finding.severity


def _bites(reported: Reported) -> bool:
    return reported.impact is not None and reported.impact.state == "biting"


def _finding_lines(reported: Reported) -> Iterator[Text]:
    finding = reported.finding
    name = finding.key.qualified if finding.key.name else f"{finding.key.table} ({', '.join(finding.key.columns)})"
    title = Text()
    title.append(finding.severity.word, style=_STYLES[finding.severity])
    title.append(f" {finding.rule} {finding.name}  ")
    title.append(plain(name), style="bold")
    if not finding.certain:
        title.append("  (possible)")
    if reported.known:
        title.append("  (known)", style="dim")
    yield Text()
    if reported.place is not None:
        yield Text(plain(str(reported.place)))
    yield title
    yield Text(f"  {plain(finding.message)}")
    yield from _excerpt(reported.place, "")
    if reported.began is not None:
        yield from _excerpt(reported.began, f"began at {reported.began}")
    for each in finding.evidence:
        if each.startswith("instead: "):
            yield Text(f"  {plain(each)}")
    if finding.error is not None:
        yield Text(f"  ERROR {finding.error.sqlstate}: {plain(finding.error.message)}")
    impact = impact_words(reported)
    if impact:
        yield Text(f"  {plain(impact)}")
    if finding.fixes:
        yield Text(f"  fixes: {', '.join(finding.fixes)}", style="dim")


def _excerpt(place: Place | None, title: str) -> Iterator[Text]:
    if title:
        yield Text(f"  {plain(title)}")
    for number, line in place.excerpt if place is not None else ():
        yield Text(f"  {number:>5} | {plain(line.expandtabs(4))}", style="dim")


def _remarks(report: CheckReport, *, each: bool) -> Iterator[Text]:
    shown = (
        report.unknowns if each or len(report.unknowns) <= _MOST_UNKNOWNS + 1 else report.unknowns[:_MOST_UNKNOWNS]
    )
    more = len(report.unknowns) - len(shown)
    remarks = [
        *(f"unknown: {unknown.what}: {unknown.reason}" for unknown in shown),
        *((f"unknown: {more:,} more; --each tells them all",) if more else ()),
        *not_run_lines(report.not_run),
        *(f"gone from the baseline: {name}" for name in report.gone),
    ]
    if report.ignored:
        remarks.append(f"ignored, each with a reason: {len(report.ignored)}")
    if report.coverage is not None:
        for unread in report.coverage.incomplete:
            yield Text()
            yield Text(plain(str(unread.place)))
            yield Text("incomplete", style="bold red").append(f"  {plain(unread.reason)}", style="")
            first = unread.statement.split("\n", 1)[0][:_LONGEST_LINE]
            if first:
                yield Text(f"  {unread.place.line:>5} | {plain(first)}", style="dim")
        remarks += [f"not asked: {rule}: {reason}" for rule, reason in report.coverage.not_asked]
        remarks.append(report.coverage.words)
    if remarks:
        yield Text()
    yield from (Text(plain(remark)) for remark in remarks)
