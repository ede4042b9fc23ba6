"""Checks one database: reads the catalog, asks the rules, and answers what only data can tell.

Every question to the data is bounded in time; what could not be answered is
reported as unknown, never as fine.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.catalog.kept_queries import read_statements, read_views
from fkdash.catalog.model import quoted
from fkdash.catalog.planted import refuse_planted_of
from fkdash.catalog.postgres import read_whole_catalog
from fkdash.catalog.spelling import source
from fkdash.errors import FkdashError, NotPermittedError, NotRunError, ServerRefusedError, StoppedError
from fkdash.preview.rows.blocked import impact
from fkdash.report.check import CheckReport, Coverage, Reported, Scope, Unknown
from fkdash.rules.configuration import Configuration, compare, judge
from fkdash.rules.finding import Severity, Statement
from fkdash.rules.fk106_set_default_not_referenced import settled
from fkdash.rules.registry import RULES, findings, in_order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from fkdash.catalog.model import Catalog, ForeignKey, Query, Server, TableName
    from fkdash.db.session import Session, Sessions
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.configuration import Baseline
    from fkdash.rules.finding import DefaultRow, Finding, Rule

_UNDECLARED: Final = "FK207"
NOT_IN_SNAPSHOTS: Final = {
    "FK205": "which rows a role may see is known of a running database only",
    "FK303": "a snapshot holds no sizes",
}
"""The rules that structure alone does not answer, and why."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check and how long one question may take.

    `concerns` chooses tables; a foreign key counts when either of its tables is
    chosen. `count_rows` asks how many rows every certain error holds back.
    """

    rules: tuple[Rule, ...] = RULES
    concerns: Callable[[TableName], bool] | None = None
    configuration: Configuration = field(default_factory=Configuration)
    baseline: Baseline | None = None
    count_rows: bool = True
    seconds: float = 2.0


async def check(sessions: Sessions, options: CheckOptions, *, where: str = "") -> CheckReport:
    """Check one database; raises the session's errors when the catalog itself cannot be read."""
    catalog = await read_whole_catalog(sessions)
    every, missed = await _found(sessions, catalog, options)
    unknowns = [*_locked(catalog), *missed]
    found = [each for each in every if _chosen(options, each.key)]
    settled_findings, unanswered = await answered(sessions, catalog, found, options.seconds)
    judged = judge(settled_findings, options.configuration)
    compared = compare(judged.findings, options.baseline) if options.baseline is not None else None
    known = {id(each) for each in compared.known} if compared is not None else set()
    impacts = await _impacts(sessions, catalog, judged.findings, options)
    return CheckReport(
        where=where,
        database=catalog.server.database if catalog.server else "",
        scope=_scope(catalog, options),
        findings=_in_order(
            Reported(each, impacts.get(id(each.key)) if _countable(each) else None, known=id(each) in known)
            for each in judged.findings
        ),
        server=catalog.server,
        ignored=judged.ignored,
        gone=compared.gone if compared is not None else (),
        unknowns=(*unknowns, *unanswered),
    )


def check_snapshot(catalog: Catalog, options: CheckOptions, *, where: str) -> CheckReport:
    """Check what a snapshot says; `coverage` lists what it cannot know."""
    asked = tuple(rule for rule in options.rules if rule.id not in NOT_IN_SNAPSHOTS)
    found = [each for each in findings(catalog, asked) if _chosen(options, each.key)]
    judged = judge(found, options.configuration)
    compared = compare(judged.findings, options.baseline) if options.baseline is not None else None
    known = {id(each) for each in compared.known} if compared is not None else set()
    return CheckReport(
        where=where,
        database="",
        scope=_scope(catalog, options),
        findings=_in_order(Reported(each, known=id(each) in known) for each in judged.findings),
        server=catalog.server,
        ignored=judged.ignored,
        gone=compared.gone if compared is not None else (),
        coverage=Coverage(
            rules=len(options.rules),
            not_asked=tuple(
                (each.id, NOT_IN_SNAPSHOTS[each.id]) for each in options.rules if each.id in NOT_IN_SNAPSHOTS
            ),
            files=1,
            source="a snapshot",
        ),
    )


async def answered(
    sessions: Sessions, catalog: Catalog, found: Iterable[Finding], seconds: float
) -> tuple[tuple[Finding, ...], tuple[Unknown, ...]]:
    """Put the findings' questions to the data, each for `seconds` at most; what is not answered stays."""
    settled_findings: list[Finding] = []
    unknowns: list[Unknown] = []
    for each in found:
        finding, unknown = await _answered(sessions, catalog, each, seconds)
        settled_findings.append(finding)
        unknowns += unknown
    return tuple(settled_findings), tuple(unknowns)


def _in_order(reported: Iterable[Reported]) -> tuple[Reported, ...]:
    """Put what holds rows back today before what is latent, within each severity."""

    def order(each: Reported) -> tuple[int, bool]:
        return each.finding.severity.rank, each.impact is None or each.impact.state != "biting"

    return tuple(sorted(reported, key=order))


def failed(where: str, database: str, error: FkdashError) -> CheckReport:
    """Give the report of a database that could not be checked."""
    return CheckReport(where=where, database=database, scope=Scope(0, 0), failure=error.what)


def _chosen(options: CheckOptions, key: ForeignKey) -> bool:
    return options.concerns is None or options.concerns(key.table) or options.concerns(key.referenced)


def _scope(catalog: Catalog, options: CheckOptions) -> Scope:
    tables = [
        table
        for name, table in catalog.tables.items()
        if table.partition_of is None and (options.concerns is None or options.concerns(name))
    ]
    unreadable = [table.name for table in tables if table.privileges is not None and not table.privileges.select]
    return Scope(
        foreign_keys=sum(_chosen(options, key) for key in catalog.foreign_keys),
        tables=len(tables),
        unreadable=tuple(sorted(unreadable)),
        role=_role(catalog.server),
    )


def _role(server: Server | None) -> str:
    return server.role if server is not None else ""


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
    others = tuple(rule for rule in options.rules if rule.id != _UNDECLARED)
    if len(others) == len(options.rules):
        return await asyncio.to_thread(findings, catalog, others), []
    found, (queries, missed) = await asyncio.gather(
        asyncio.to_thread(findings, catalog, others), _kept_queries(sessions, options)
    )
    undeclared = [rule for rule in options.rules if rule.id == _UNDECLARED]
    more = await asyncio.to_thread(findings, catalog.with_queries(queries), undeclared)
    return in_order((*found, *more)), missed


async def _kept_queries(sessions: Sessions, options: CheckOptions) -> tuple[tuple[Query, ...], list[Unknown]]:
    """Give the queries the database keeps, and what could not be read."""
    queries: list[Query] = []
    unknowns: list[Unknown] = []
    readers: tuple[tuple[str, Callable[[Session], Awaitable[tuple[Query, ...]]]], ...] = (
        ("joins in views", read_views),
        ("joins in pg_stat_statements", read_statements),
    )
    for what, read in readers:
        try:
            async with sessions.session(options.seconds) as session:
                queries += await read(session)
        except (NotPermittedError, ServerRefusedError, StoppedError) as error:
            unknowns.append(_unanswered(what, error))
    return tuple(queries), unknowns


def _unanswered(what: str, error: FkdashError) -> Unknown:
    """Tell what stays unknown; what was stopped could have been a finding, so the check is not complete."""
    not_run = error.not_run if isinstance(error, NotRunError) else ()
    return Unknown(what, error.what, hides_findings=isinstance(error, StoppedError), not_run=not_run)


async def _answered(
    sessions: Sessions, catalog: Catalog, finding: Finding, seconds: float
) -> tuple[Finding, list[Unknown]]:
    """Put a finding's question to the data; unanswered it stays as it is, with the reason."""
    if finding.question is None:
        return finding, []
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, (catalog.tables[finding.question.table],))
            present = await session.value(_presence(catalog, finding.question))
    except (NotPermittedError, ServerRefusedError, StoppedError) as error:
        what = f"whether {finding.question.table} has the default row of {finding.key.qualified}"
        return finding, [_unanswered(what, error)]
    return settled(finding, present=bool(present)), []


def _presence(catalog: Catalog, question: DefaultRow) -> str:
    """Spell the question; the defaults are constants as the catalog spells them, schema-qualified."""
    wanted = " and ".join(
        f"p.{quoted(column)} = ({default})"
        for column, default in zip(question.columns, question.defaults, strict=True)
    )
    return f"select exists (select from {source(catalog, question.table)} p where {wanted})"


def _countable(finding: Finding) -> bool:
    contradicts = finding.severity is Severity.ERROR and finding.certain and not finding.path
    return contradicts and Statement.DELETE in finding.statements and finding.rule.startswith("FK1")


async def _impacts(
    sessions: Sessions, catalog: Catalog, found: Iterable[Finding], options: CheckOptions
) -> dict[int, Impact]:
    keys = {id(each.key): each.key for each in found if _countable(each)} if options.count_rows else {}
    counted = await asyncio.gather(
        *(impact(sessions, catalog, key, seconds=options.seconds) for key in keys.values())
    )
    return dict(zip(keys, counted, strict=True))
