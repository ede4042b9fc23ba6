"""A check as SARIF 2.1.0, for code scanning.

GitHub shows a result only at a place in a file ("SARIF support for code scanning"). A live database has none, so
that its findings stand on the first line of the file in which a team would decide about them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fkdash import __version__
from fkdash.checking.alike import MOST_ODD, places_words
from fkdash.checking.groups import groups_of
from fkdash.db.text import plain
from fkdash.rules.registry import EVERY_RULE
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.checking.groups import Group
    from fkdash.checking.result import CheckReport, Coverage
    from fkdash.lint.place import Place
    from fkdash.rules.finding import Finding, Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_INDEX: Final = {rule.id: number for number, rule in enumerate(EVERY_RULE)}


MOST_RESULTS: Final = 25_000
"""What GitHub takes of one run; the worst come first."""

_LONGEST_TEXT: Final = 1024
_DECIDED_IN: Final = "fkdash.toml"


def check_sarif(reports: Sequence[CheckReport]) -> str:
    """Give the document: one run, findings at their place in a file, else in the file that decides about them."""
    groups = groups_of(reports)
    grouped = {id(each): group for group in groups for each in group.members}
    results = [result for report in reports for result in _results(report, grouped)]
    _number_fingerprints(results)
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
                "invocations": [_invocation(reports, left_out=max(0, len(results) - MOST_RESULTS))],
                "results": sorted(results, key=_worst_first)[:MOST_RESULTS],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation[:_LONGEST_TEXT]},
        "help": {"text": f"{rule.explanation}\n\nExample:\n\n{rule.example}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["postgresql", "foreign-key"],
            "problem.severity": _PROBLEMS[rule.severity],
            "precision": "very-high" if rule.severity is Severity.ERROR else "high",
        },
    }


def _worst_first(result: Mapping[str, Any]) -> int:
    return list(_LEVELS.values()).index(result["level"])


def _number_fingerprints(results: Iterable[dict[str, Any]]) -> None:
    """Give each its own fingerprint in GitHub's terms: what is found twice is two alerts, in any run."""
    seen: Counter[str] = Counter()
    for result in results:
        fingerprint = result["partialFingerprints"]["fkdash/v1"]
        seen[fingerprint] += 1
        result["partialFingerprints"]["primaryLocationLineHash"] = f"{fingerprint}:{seen[fingerprint]}"


def _invocation(reports: Sequence[CheckReport], *, left_out: int) -> dict[str, Any]:
    notes = [
        {"level": "error", "message": {"text": plain(f"{report.where}: {report.failure}")}}
        for report in reports
        if report.failure
    ] + [
        {"level": "warning", "message": {"text": plain(f"{report.database}: {each.what}: {each.reason}")}}
        for report in reports
        for each in report.unknowns
    ]
    if left_out:
        notes.append({"level": "warning", "message": {"text": f"{left_out:,} results are left out."}})
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


def _results(report: CheckReport, grouped: Mapping[int, Group]) -> Iterator[dict[str, Any]]:
    for each in report.findings:
        group = grouped.get(id(each))
        if group is not None and group.first is not each:
            continue
        result = _result(report, each.finding, each.place)
        if group is not None:
            _tell_of_group(result, group)
        if each.began is not None:
            began = {"id": 1, "physicalLocation": _physical(each.began), "message": {"text": "it began here"}}
            result["relatedLocations"] = [began]
        if each.known:
            result |= {"baselineState": "unchanged", "suppressions": [{"kind": "external"}]}
        yield result
    for ignored in report.ignored:
        suppression = {"kind": "external", "justification": plain(ignored.reason)}
        yield _result(report, ignored.finding, None) | {"suppressions": [suppression]}


def _tell_of_group(result: dict[str, Any], group: Group) -> None:
    """Let one result stand for all of a shape, with all their locations."""
    [first] = result["locations"]
    names = [
        plain(f"{database}.{each.finding.subject}")
        for database, each in zip(group.databases, group.members, strict=True)
    ]
    result["locations"] = [
        first | {"logicalLocations": [{"fullyQualifiedName": name, "kind": "member"}]} for name in names
    ]
    said = f"{group.words} in {places_words(group.places)}: {group.first.finding.message}"
    if group.differs:
        said += f" Without it: {places_words(group.differs, MOST_ODD)}."
    result["message"] = {"text": plain(said)}
    shape = hashlib.sha256("\0".join((group.first.finding.rule, group.shape)).encode()).hexdigest()[:16]
    result["partialFingerprints"] = {"fkdash/v1": shape}


def _result(report: CheckReport, finding: Finding, place: Place | None) -> dict[str, Any]:
    name = plain(f"{report.database}.{finding.subject}")
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name, "kind": "member"}]}
    file, line, column = (place.file, place.line, place.column) if place else (_decided_in(report), 1, 1)
    location["physicalLocation"] = {
        "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line, "startColumn": column},
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": plain(finding.message)},
        "locations": [location],
        "partialFingerprints": {"fkdash/v1": finding.fingerprint},
    }


def _decided_in(report: CheckReport) -> str:
    """Give the configuration's or the baseline's path from the repository's root on."""
    if not report.decided_in:
        return _DECIDED_IN
    here = Path.cwd()
    root = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    relative = os.path.relpath(Path(report.decided_in).absolute(), root)
    return _DECIDED_IN if relative.startswith("..") else Path(relative).as_posix()
