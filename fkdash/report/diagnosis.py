"""The diagnosis as Markdown: what is wrong, whom it blocks, what can be done, what was done. For the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.migrations import Migrations
from fkdash.checking.result import impact_words
from fkdash.fact import fact
from fkdash.pasting import for_psql
from fkdash.pictures.bars import bars
from fkdash.pictures.path import path
from fkdash.pictures.picture import TEXT_CELLS, UNICODE, text_of
from fkdash.pictures.relations import relation_map
from fkdash.report.drawn_from import held_rows, map_around, way_to_error
from fkdash.report.fix.plan import locks_in_words, plan_sql
from fkdash.report.markdown import escaped, fenced
from fkdash.rules.severity import Severity
from fkdash.shell import command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.apply.journal.recovery import RecordedRun
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.checking.result import CheckReport, Reported
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Plan
    from fkdash.preview.rows.blocked import BlockedRow
    from fkdash.rules.finding import Finding

_BEFORE: Final = (
    "the preflight passes (`fkdash fix apply` and the dashboard show it)",
    "no long transaction holds the tables",
    "somebody knows that it happens, and where the journal is",
)
_AFTER: Final = (
    "the definition is as planned, and validated",
    "the rule is quiet",
    "deleting a referenced row ends as promised, deleting an unreferenced one works",
    "a row that refers to a missing row is refused with 23503",
)


_NO_MIGRATIONS: Final = Migrations()


@fact
class PlannedOption:
    """An option with its plan, None where the option is refused."""

    option: Option
    plan: Plan | None


@fact
class Diagnosis:
    """Everything the document tells; `remedies` and `blocked` go by a finding's fingerprint.

    `errors` is what the server's log says, a line each; nothing where nobody asked it. With the `catalog` the
    relations of each table whose rows cannot be deleted are drawn.
    """

    title: str
    report: CheckReport
    remedies: Mapping[str, Sequence[PlannedOption]]
    blocked: Mapping[str, Sequence[BlockedRow]]
    runs: Sequence[RecordedRun]
    migrations: Migrations = _NO_MIGRATIONS
    errors: Sequence[str] = ()
    catalog: Catalog | None = None


def diagnosis_markdown(diagnosis: Diagnosis) -> str:
    """Give the document."""
    return "\n".join(_lines(diagnosis)) + "\n"


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    report = diagnosis.report
    yield f"# {escaped(diagnosis.title)}"
    yield ""
    server = f", PostgreSQL {escaped(report.server.version)}" if report.server else ""
    yield f"{escaped(report.where)}{server}. {escaped(report.headline[:1].upper() + report.headline[1:])}."
    for unknown in report.unknowns:
        yield f"- Not known: {escaped(unknown.what)}: {escaped(unknown.reason)}"
    wrong = [each for each in report.findings if each.finding.severity is Severity.ERROR]
    for each in wrong:
        yield from _contradiction(each, diagnosis)
    yield from _others([each for each in report.findings if each not in wrong])
    yield from _migrations(diagnosis.migrations)
    yield from applied_lines(diagnosis.runs)
    if diagnosis.errors:
        yield from ("", "## Errors in the server's log", "", *fenced("\n".join(diagnosis.errors), "text"))


def _contradiction(reported: Reported, diagnosis: Diagnosis) -> Iterator[str]:
    finding = reported.finding
    yield from ("", f"## {finding.rule} {escaped(finding.key.qualified)}", "", escaped(finding.explanation))
    if finding.error is not None:
        yield from ("", f"> ERROR {finding.error.sqlstate}: {escaped(finding.error.message)}")
    way = way_to_error(finding)
    if way is not None:
        yield from ("", *fenced(text_of(path(*way, TEXT_CELLS, UNICODE)), "text"))
    yield from _map(finding, diagnosis)
    yield from ("", "Evidence:", "")
    yield from (f"- {escaped(each)}" for each in finding.evidence)
    impact = impact_words(reported)
    if impact:
        yield f"- {escaped(impact)}"
    rows = diagnosis.blocked.get(finding.fingerprint, ())
    if rows:
        yield from (
            "",
            f"Rows that cannot be deleted, the first {len(rows)}:",
            "",
            "| key | | rows that hold it |",
            "|---|---|---:|",
        )
        for row in rows:
            labels = ", ".join(label for label in row.row.labels if label is not None)
            yield f"| {escaped(', '.join(row.row.key))} | {escaped(labels)} | {row.blocking_rows:,} |"
        yield from ("", *fenced(text_of(bars(held_rows(rows), TEXT_CELLS, UNICODE)), "text"))
    remedies = diagnosis.remedies.get(finding.fingerprint, ())
    if remedies:
        yield from ("", "### Options")
        for remedy in remedies:
            yield from _remedy(finding.key, remedy)
        yield from ("", "Before:", "", *(f"- [ ] {each}" for each in _BEFORE))
        yield from ("", "After:", "", *(f"- [ ] {each}" for each in _AFTER))


def _map(finding: Finding, diagnosis: Diagnosis) -> Iterator[str]:
    """Draw what is around the table whose rows cannot be deleted."""
    if diagnosis.catalog is None or way_to_error(finding) is None:
        return
    failing = {each.finding.key for each in diagnosis.report.findings if way_to_error(each.finding) is not None}
    table = (finding.path or (finding.key,))[0].referenced
    around = map_around(diagnosis.catalog, table, failing.__contains__, finding.key)
    yield from ("", *fenced(text_of(relation_map(*around, TEXT_CELLS, UNICODE)), "text"))


def _remedy(key: ForeignKey, remedy: PlannedOption) -> Iterator[str]:
    option = remedy.option
    yield from ("", f"**{escaped(option.title)}** (`{option.id}`)", "")
    if option.asks and not option.refused:
        yield f"It asks for {', '.join(map(escaped, option.asks))} of a row:"
        values = [
            word for name in option.asks for word in ("--value", f"{name}=..." if option.asks[1:] else "...")
        ]
        yield from fenced(command("fix", "plan", key.qualified, "--option", option.id, *values), "sh")
        return
    if remedy.plan is None:
        yield f"Not possible here: {escaped(option.refused)}."
        return
    yield f"- Then: {escaped(option.then)}"
    yield f"- The application {escaped(option.application)}"
    yield f"- Locks: {escaped(locks_in_words(lock for step in remedy.plan.steps for lock in step.locks))}"
    yield f"- Undo: {escaped(option.undo)}"
    yield ""
    yield from fenced(plan_sql(remedy.plan, psql=False), "sql")


def _others(others: Sequence[Reported]) -> Iterator[str]:
    if others:
        yield from ("", "## Also found", "")
    for each in others:
        yield f"- {each.finding.severity} {each.finding.rule} {escaped(each.finding.message)}"


def _migrations(migrations: Migrations) -> Iterator[str]:
    if migrations.newest or migrations.unread:
        yield from ("", "## What changed last", "")
    for each in migrations.newest:
        yield f"- {escaped(each.words)}"
    for reason in migrations.unread:
        yield f"- Not known: {escaped(reason)}"


def applied_lines(runs: Iterable[RecordedRun]) -> Iterator[str]:
    """Give the section on what was changed; nothing where no run is told of."""
    told = [line for run in runs for line in _run(run)]
    if told:
        yield from ("", "## What was applied", "", *told)


def _run(run: RecordedRun) -> Iterator[str]:
    ticket = f", {escaped(run.reason)}" if run.reason else ""
    what = f"{run.plan.option} on {escaped(run.plan.key.qualified)}"
    yield f"- {run.started[:19]}Z by {escaped(run.operator)}{ticket}: {what}: **{run.outcome or 'cut off'}**"
    for check in run.verification:
        standing = {True: "ok", False: "NO", None: "not tried"}[check["ok"]]
        yield f"  - {standing}: {escaped(check['check'])} {escaped(check['detail'])}".rstrip()
    yield f"  - journal: {escaped(str(run.path))}"
    ran = [f"{for_psql(step.sql)};" for step in run.plan.steps if step.number in run.steps_done]
    if ran:
        yield from (
            "  - what ran:",
            "",
            *(f"    {line}" for each in fenced("\n".join(ran), "sql") for line in each.split("\n")),
            "",
        )
