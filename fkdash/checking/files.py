"""Judges files as `checking` judges a database: the same rules, the same ignores and baseline, places besides."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from fkdash.catalog.names import with_wholes
from fkdash.checking.policy import Configuration, Ignored, compare, judge
from fkdash.checking.result import CheckReport, Coverage, NotUnderstood, Reported, is_about, scope_of
from fkdash.fact import fact
from fkdash.lint.finding_places import spots_of
from fkdash.lint.ignoring import ignored_by_comment
from fkdash.lint.place import Place
from fkdash.lint.way import way_findings
from fkdash.rules.checks.fk6_the_way import FILE_RULES
from fkdash.rules.registry import EVERY_RULE, findings, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from fkdash.catalog.table_name import TableName
    from fkdash.checking.policy import Baseline
    from fkdash.lint.reading import FilesRead
    from fkdash.rules.finding import Finding, Rule


@fact
class LintOptions:
    """What to judge; `only_files` limits findings to those that these files complete (their labels)."""

    rules: tuple[Rule, ...] = EVERY_RULE
    concerns: Callable[[TableName], bool] | None = None
    configuration: Configuration = field(default_factory=Configuration)
    baseline: Baseline | None = None
    only_files: Collection[str] | None = None


def lint(read: FilesRead, options: LintOptions, *, where: str) -> CheckReport:
    """Judge what was read."""
    asked = tuple(rule for rule in options.rules if not rule.needs_server)
    wanted = {rule.id for rule in asked}
    found = list(findings(read.catalog, tuple(rule for rule in asked if rule not in FILE_RULES)))
    placed = [(each, *spots_of(read.script, each)) for each in found]
    placed += [each for each in way_findings(read.script, read.catalog) if each[0].rule in wanted]
    concerns = with_wholes(read.catalog, options.concerns)
    placed = [each for each in placed if is_about(concerns, each[0].key) and _of_files(options, each[1])]
    places = {id(finding): (completed, began) for finding, completed, began in placed}
    commented = ignored_by_comment(read.script, placed)
    left = [finding for finding, *_ in placed if id(finding) not in commented]
    judged = judge(in_order(left), options.configuration)
    places |= _after_judging(left, judged.findings, places)
    compared = compare(judged.findings, options.baseline)
    known = {id(each) for each in compared.known}
    ignored = [Ignored(finding, commented[id(finding)]) for finding, *_ in placed if id(finding) in commented]
    return CheckReport(
        where=where,
        database="",
        scope=scope_of(read.catalog, concerns),
        findings=tuple(
            Reported(
                each,
                place=places.get(id(each), (None, None))[0],
                began=places.get(id(each), (None, None))[1],
                known=id(each) in known,
            )
            for each in judged.findings
        ),
        ignored=(*judged.ignored, *ignored),
        gone=compared.gone,
        coverage=coverage_of(read, options.rules),
    )


def _after_judging(
    before: Iterable[Finding],
    after: Iterable[Finding],
    places: dict[int, tuple[Place | None, Place | None]],
) -> dict[int, tuple[Place | None, Place | None]]:
    """Give the places of findings that were made anew with another severity."""
    by_facts = {(each.rule, each.message, each.key.qualified): places[id(each)] for each in before}
    return {
        id(each): by_facts[each.rule, each.message, each.key.qualified]
        for each in after
        if (each.rule, each.message, each.key.qualified) in by_facts
    }


def coverage_of(read: FilesRead, rules: Iterable[Rule]) -> Coverage:
    """Say how far the files answer."""
    listed = tuple(rules)
    return Coverage(
        rules=len(listed),
        not_asked=tuple((rule.id, rule.not_told) for rule in listed if rule.needs_server),
        files=read.files,
        statements=read.statements,
        skipped=read.script.skipped,
        source=read.words,
        incomplete=tuple(
            NotUnderstood(Place(each.file, max(each.line, 1), max(each.column, 1)), each.reason, each.statement)
            for each in read.script.incomplete
        ),
    )


def _of_files(options: LintOptions, completed: Place | None) -> bool:
    return options.only_files is None or (completed is not None and completed.file in options.only_files)
