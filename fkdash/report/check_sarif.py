"""A check as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fkdash import __version__
from fkdash.db.text import plain
from fkdash.rules.finding import Severity
from fkdash.rules.registry import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.report.check import CheckReport, Place
    from fkdash.rules.finding import Finding, Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_INDEX: Final = {rule.id: number for number, rule in enumerate(RULES)}


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
                        "rules": [_rule(rule) for rule in RULES],
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
    done = not any(report.failure for report in reports)
    return {"executionSuccessful": done, "toolExecutionNotifications": notes}


def _results(report: CheckReport) -> Iterator[dict[str, Any]]:
    for each in report.findings:
        result = _result(report, each.finding, each.place)
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
        location["physicalLocation"] = {
            "artifactLocation": {"uri": place.file, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": plain(finding.message)},
        "locations": [location],
        "partialFingerprints": {"fkdash/v1": finding.fingerprint},
    }
