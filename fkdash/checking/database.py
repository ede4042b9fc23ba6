"""Checks one database: reads the catalog, asks the rules, and answers what only data can tell.

Every question to the data is bounded in time; what could not be answered is
reported as unknown, never as fine.
"""

from __future__ import annotations

import asyncio
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Statement
from fkdash.catalog.confirmed_references import knowing_those_there
from fkdash.catalog.names import with_wholes
from fkdash.catalog.postgres.kept_queries import read_statements, read_views
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.checking.groups import schemas_of
from fkdash.checking.policy import Configuration, compare, judge
from fkdash.checking.result import CheckReport, Coverage, Reported, Scope, Unknown, is_about, scope_of
from fkdash.checking.row_questions import answered, unanswered
from fkdash.checking.sampled_values import with_sampled_values
from fkdash.db.at_once import at_once
from fkdash.errors import FkdashError, NotPermittedError, ServerRefusedError, StoppedError
from fkdash.fact import fact
from fkdash.fix.options import possible_fixes
from fkdash.preview.rows.impacts import impacts
from fkdash.rules.registry import RULES, findings, in_order
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Query
    from fkdash.catalog.table_name import TableName
    from fkdash.checking.policy import Baseline
    from fkdash.db.session import Session, Sessions
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding, Rule

_MOST_FORESEEN: Final = 100


@fact
class CheckOptions:
    """What to check and how long one question may take.

    `concerns` chooses tables; a foreign key counts when either of its tables is chosen. `decided_in` is the file
    of the configuration, else of the baseline. `count_rows` asks how many rows every certain contradiction holds
    back.
    """

    rules: tuple[Rule, ...] = RULES
    concerns: Callable[[TableName], bool] | None = None
    configuration: Configuration = field(default_factory=Configuration)
    baseline: Baseline | None = None
    decided_in: str = ""
    count_rows: bool = True
    seconds: float = 2.0


async def check(
    sessions: Sessions, options: CheckOptions, *, where: str = "", left: list[object] | None = None
) -> CheckReport:
    """Check one database; raises the session's errors when the catalog itself cannot be read.

    `left` is what `read_whole_catalog` takes.
    """
    async with sessions.in_a_row():
        return await _checked(sessions, options, where, left)


async def _checked(
    sessions: Sessions, options: CheckOptions, where: str, left: list[object] | None
) -> CheckReport:
    declared = await read_whole_catalog(sessions, left)
    catalog, lacking = knowing_those_there(declared, options.configuration.references)
    every, missed = await _found(sessions, catalog, options)
    concerns = with_wholes(catalog, options.concerns)
    unknowns = [*_locked(catalog), *_lacking(lacking), *missed]
    found = [each for each in every if is_about(concerns, each.key)]
    settled_findings, not_answered = await answered(sessions, catalog, found, options.seconds)
    settled_findings = await with_sampled_values(sessions, catalog, settled_findings, options.seconds)
    judged = judge(settled_findings, options.configuration)
    compared = compare(judged.findings, options.baseline)
    known = {id(each) for each in compared.known}
    counts = await _impacts(sessions, catalog, judged.findings, options)
    believed = await _believed(sessions, catalog, judged.findings, counts, options.seconds)
    believed = await asyncio.to_thread(_with_possible_fixes, catalog, believed)
    return CheckReport(
        where=where,
        database=catalog.server.database if catalog.server else "",
        scope=scope_of(catalog, concerns),
        findings=_in_order(
            Reported(found, counted, known=id(each) in known)
            for each, (found, counted) in zip(judged.findings, believed, strict=True)
        ),
        server=catalog.server,
        ignored=judged.ignored,
        gone=compared.gone,
        unknowns=(*unknowns, *not_answered),
        decided_in=options.decided_in,
        rules=len(options.rules),
        schemas=schemas_of(catalog),
    )


def _lacking(references: Mapping[str, str]) -> Iterable[Unknown]:
    for name, why in references.items():
        yield Unknown(f'the reference "{name}" of [references]', why, hides_findings=False)


def check_snapshot(catalog: Catalog, options: CheckOptions, *, where: str) -> CheckReport:
    """Check what a snapshot says; `coverage` lists what it cannot know."""
    asked = tuple(rule for rule in options.rules if not rule.needs_server)
    concerns = with_wholes(catalog, options.concerns)
    found = [each for each in findings(catalog, asked) if is_about(concerns, each.key)]
    judged = judge(found, options.configuration)
    compared = compare(judged.findings, options.baseline)
    known = {id(each) for each in compared.known}
    return CheckReport(
        where=where,
        database="",
        scope=scope_of(catalog, concerns),
        findings=_in_order(Reported(each, known=id(each) in known) for each in judged.findings),
        server=catalog.server,
        ignored=judged.ignored,
        gone=compared.gone,
        schemas=schemas_of(catalog),
        coverage=Coverage(
            rules=len(options.rules),
            not_asked=tuple((each.id, each.not_told) for each in options.rules if each.needs_server),
            files=1,
            source="a snapshot",
        ),
    )


def _in_order(reported: Iterable[Reported]) -> tuple[Reported, ...]:
    """Put what holds rows back today before what is latent, within each severity."""

    def order(each: Reported) -> tuple[int, bool]:
        return each.finding.severity.rank, each.impact is None or each.impact.state != "biting"

    return tuple(sorted(reported, key=order))


def failed(where: str, database: str, error: FkdashError) -> CheckReport:
    """Give the report of a database that could not be checked."""
    return CheckReport(where=where, database=database, scope=Scope(0, 0), failure=error.what)


def _locked(catalog: Catalog) -> Iterable[Unknown]:
    for table in catalog.tables.values():
        if table.locked:
            yield Unknown(
                f"checks, partial indexes and generated columns of {table.name}",
                "another session holds or awaits an ACCESS EXCLUSIVE lock on it, and reading them would wait",
                hides_findings=True,
            )


async def _found(
    sessions: Sessions, catalog: Catalog, options: CheckOptions
) -> tuple[tuple[Finding, ...], list[Unknown]]:
    """Ask the rules, most of them while the queries are read that one of them wants; and say what could not be."""
    others = tuple(rule for rule in options.rules if not rule.undeclared)
    if len(others) == len(options.rules):
        return await asyncio.to_thread(findings, catalog, others), []
    found, (queries, missed) = await asyncio.gather(
        asyncio.to_thread(findings, catalog, others), kept_queries(sessions, options.seconds)
    )
    undeclared = [rule for rule in options.rules if rule.undeclared]
    more = await asyncio.to_thread(findings, catalog.with_queries(queries), undeclared)
    return in_order((*found, *more)), missed


async def kept_queries(sessions: Sessions, seconds: float) -> tuple[tuple[Query, ...], list[Unknown]]:
    """Give the queries the database keeps, and what could not be read."""
    queries: list[Query] = []
    unknowns: list[Unknown] = []
    readers: tuple[tuple[str, Callable[[Session], Coroutine[None, None, tuple[Query, ...]]]], ...] = (
        ("joins in views", read_views),
        ("joins in pg_stat_statements", read_statements),
    )
    try:
        async with sessions.session(seconds) as session, at_once() as group:
            both = [group.create_task(read(session)) for _, read in readers]
        return tuple(each for task in both for each in task.result()), unknowns
    except (NotPermittedError, ServerRefusedError, StoppedError):
        # One of them at least: each by itself says which.
        pass
    for what, read in readers:
        try:
            async with sessions.session(seconds) as session:
                queries += await read(session)
        except (NotPermittedError, ServerRefusedError, StoppedError) as error:
            unknowns.append(unanswered(what, error))
    return tuple(queries), unknowns


def _countable(finding: Finding) -> bool:
    contradicts = finding.severity is Severity.ERROR and finding.certain and not finding.path
    return contradicts and Statement.DELETE in finding.statements


async def _believed(
    sessions: Sessions,
    catalog: Catalog,
    found: Sequence[Finding],
    counts: Mapping[str, Impact],
    seconds: float,
) -> list[tuple[Finding, Impact | None]]:
    """Give the findings with their impacts, those that a preview does not bear out toned down."""
    counted = {
        id(finding): (finding, counts[finding.key.qualified])
        for finding in found
        if _countable(finding) and finding.key.qualified in counts
    }
    if not counted:
        return [(finding, None) for finding in found]
    from fkdash.checking.biting import previewed  # the SQL parser takes a while to load

    believed = await previewed(sessions, catalog, list(counted.values()), seconds)
    told = dict(zip(counted, believed, strict=True))
    return [told.get(id(finding), (finding, None)) for finding in found]


def _with_possible_fixes(
    catalog: Catalog, found: Sequence[tuple[Finding, Impact | None]]
) -> list[tuple[Finding, Impact | None]]:
    """Leave the fixes out that would be refused; of very many findings of the first ones, as it takes a while."""
    asked = 0
    made: list[tuple[Finding, Impact | None]] = []
    for finding, counted in found:
        acts = finding.rule.startswith("FK1") and bool(finding.fixes)
        asked += acts
        if finding.fixes and not (acts and asked > _MOST_FORESEEN):
            fixes = possible_fixes(catalog, finding)
            finding = finding if fixes == finding.fixes else replace(finding, fixes=fixes)  # noqa: PLW2901
        made.append((finding, counted))
    return made


async def _impacts(
    sessions: Sessions, catalog: Catalog, found: Iterable[Finding], options: CheckOptions
) -> dict[str, Impact]:
    keys = {each.key.qualified: each.key for each in found if _countable(each)} if options.count_rows else {}
    if not keys:
        return {}
    return await impacts(sessions, catalog, list(keys.values()), seconds=options.seconds)
