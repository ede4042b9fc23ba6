"""A check as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fkdash import __version__
from fkdash.db.text import plain
from fkdash.rules.finding import Severity
from fkdash.rules.registry import EVERY_RULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.report.check import CheckReport, Coverage, Place
    from fkdash.rules.finding import Finding, Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_INDEX: Final = {rule.id: number for number, rule in enumerate(EVERY_RULE)}


def check_sarif(reports: Sequence[CheckReport]) -> str:
    """Give the document: one run, findings with their files where there are any, else with their constraint."""
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "fkdash",
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in EVERY_RULE],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(reports)],
                "results": [result for report in reports for result in _results(report)],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\nExample:\n\n{rule.example}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["postgresql", "foreign-key"]},
    }


def _invocation(reports: Sequence[CheckReport]) -> dict[str, Any]:
    notes = [
        {"level": "error", "message": {"text": plain(f"{report.where}: {report.failure}")}}
        for report in reports
        if report.failure
    ] + [
        {"level": "warning", "message": {"text": plain(f"{report.database}: {each.what}: {each.reason}")}}
        for report in reports
        for each in report.unknowns
    ]
    for report in reports:
        if report.coverage is not None:
            notes += _coverage_notes(report.coverage)
    done = not any(report.failure or (report.coverage and report.coverage.incomplete) for report in reports)
    return {"executionSuccessful": done, "toolExecutionNotifications": notes}


def _coverage_notes(coverage: Coverage) -> Iterator[dict[str, Any]]:
    for each in coverage.incomplete:
        yield {
            "level": "error",
            "message": {"text": plain(f"incomplete: {each.reason}")},
            "locations": [{"physicalLocation": _physical(each.place)}],
        }
    for rule, reason in coverage.not_asked:
        yield {"level": "note", "message": {"text": plain(f"not asked: {rule}: {reason}")}}
    yield {"level": "note", "message": {"text": plain(coverage.words)}}


def _physical(place: Place) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": place.line, "startColumn": place.column},
    }


def _results(report: CheckReport) -> Iterator[dict[str, Any]]:
    for each in report.findings:
        result = _result(report, each.finding, each.place)
        if each.began is not None:
            began = {"id": 1, "physicalLocation": _physical(each.began), "message": {"text": "it began here"}}
            result["relatedLocations"] = [began]
        if each.known:
            result |= {"baselineState": "unchanged", "suppressions": [{"kind": "external"}]}
        yield result
    for ignored in report.ignored:
        suppression = {"kind": "external", "justification": plain(ignored.reason)}
        yield _result(report, ignored.finding, None) | {"suppressions": [suppression]}


def _result(report: CheckReport, finding: Finding, place: Place | None) -> dict[str, Any]:
    name = finding.key.qualified if finding.key.name else f"{finding.key.table}.{finding.key.columns[0]}"
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": plain(f"{report.database}.{name}"), "kind": "member"}]
    }
    if place is not None:
        location["physicalLocation"] = _physical(place)
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": plain(finding.message)},
        "locations": [location],
        "partialFingerprints": {"fkdash/v1": finding.fingerprint},
    }
