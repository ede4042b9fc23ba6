"""A check as the versioned JSON document: fields are added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fkdash.catalog.refused_writes import refused_writes
from fkdash.checking.groups import groups_of
from fkdash.report.documents.parts import columns_document
from fkdash.report.not_run import not_run_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.checking.policy import Ignored
    from fkdash.checking.result import CheckReport, Coverage, Reported
    from fkdash.lint.place import Place


def check_json_pieces(reports: Sequence[CheckReport], *, kind: str = "check") -> Iterator[str]:
    """Give the document of one check piece by piece: readable, with a line for each entry of its lists.

    Several databases share one, with a part for each under `databases`. It is never whole in memory.
    """
    before = "{"
    for name, value in _document(reports, kind).items():
        yield f"{before}\n  {json.dumps(name)}: "
        before = ","
        if isinstance(value, list | Iterator):
            yield from _list_pieces(value)
        else:
            yield json.dumps(value)
    yield "\n}\n"


def check_document(reports: Sequence[CheckReport]) -> dict[str, Any]:
    """Give the document of `check` as data."""
    document = _document(reports, "check")
    return document | {"findings": list(document["findings"])}


def _list_pieces(entries: Iterable[Any]) -> Iterator[str]:
    before = "["
    for entry in entries:
        yield f"{before}\n    {json.dumps(entry)}"
        before = ","
    yield "[]" if before == "[" else "\n  ]"


def _document(reports: Sequence[CheckReport], kind: str) -> dict[str, Any]:
    """Give the document with its findings not made yet."""
    head: dict[str, Any] = {"fkdash": 1, "kind": kind}
    groups = groups_field(reports)
    if len(reports) == 1:
        return head | _part(reports[0]) | groups
    parts = [part | {"findings": list(part["findings"])} for part in map(_part, reports)]
    return (
        head
        | {
            "server": None,
            "tables": sum(part["tables"] for part in parts),
            "foreign_keys": sum(part["foreign_keys"] for part in parts),
            "findings": (
                finding | {"database": report.database}
                for report, part in zip(reports, parts, strict=True)
                for finding in part["findings"]
            ),
            "complete": all(part["complete"] for part in parts),
            "databases": parts,
        }
        | groups
    )


def groups_field(reports: Sequence[CheckReport]) -> dict[str, Any]:
    """Give the field with what many schemas or databases have in common, none where nothing is."""
    groups = [
        {
            "rule": each.first.finding.rule,
            "severity": str(each.first.finding.severity),
            "shape": each.shape,
            "count": len(each.members),
            "biting": each.biting,
            "places": list(each.places),
            "differs": list(each.differs),
        }
        for each in groups_of(reports)
    ]
    return {"groups": groups} if groups else {}


def _part(report: CheckReport) -> dict[str, Any]:
    version = report.server.version if report.server is not None else None
    refused = refused_writes(report.server)
    part: dict[str, Any] = {
        "server": {
            "version": version,
            "database": report.database,
            "read_only": refused.where if refused is not None else None,
        },
        "tables": report.scope.tables,
        "foreign_keys": report.scope.foreign_keys,
        "findings": map(_finding, report.findings),
        "complete": report.complete,
        "scope": {
            "role": report.scope.role,
            "unreadable_tables": [{"schema": name.schema, "table": name.name} for name in report.scope.unreadable],
        },
        "unknown": [{"what": each.what, "reason": each.reason} for each in report.unknowns],
        "ignored": [_ignored(each) for each in report.ignored],
        "gone": list(report.gone),
    }
    part |= not_run_field(report.not_run)
    if report.coverage is not None:
        part |= _coverage(report.coverage)
    elif report.rules:
        part["coverage"] = {
            "rules": report.rules,
            "asked": report.rules,
            "not_asked": [],
            "source": "a database",
        }
    if report.failure:
        part["failure"] = report.failure
    return part


def _finding(reported: Reported) -> dict[str, Any]:
    finding, key = reported.finding, reported.finding.key
    found: dict[str, Any] = {
        "rule": finding.rule,
        "name": finding.name,
        "severity": str(finding.severity),
        "schema": key.table.schema,
        "table": key.table.name,
        "constraint": key.name or None,
        "columns": list(key.columns),
        "referenced": columns_document(key.referenced, key.referenced_columns),
        "message": finding.message,
        "sqlstate": finding.error.sqlstate if finding.error is not None else None,
        "fixes": list(finding.fixes),
        "fingerprint": finding.fingerprint,
        "certain": finding.certain,
        "failing_columns": list(finding.columns),
        "statements": [str(statement) for statement in finding.statements],
        "error": finding.error.message if finding.error is not None else None,
        "explanation": finding.explanation,
        "evidence": list(finding.evidence),
        "path": [each.qualified for each in finding.path],
        "known": reported.known,
    }
    if reported.impact is not None:
        found["impact"] = {
            "state": reported.impact.state,
            "referenced_rows": reported.impact.referenced_rows,
            "blocking_rows": reported.impact.blocking_rows,
            "exact": reported.impact.exact,
            "reason": reported.impact.reason,
        }
    if reported.place is not None:
        found |= _place(reported.place)
    if reported.began is not None:
        found["began"] = _place(reported.began)
    return found


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "excerpt": [{"line": number, "text": text} for number, text in place.excerpt],
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "coverage": {
            "rules": coverage.rules,
            "asked": coverage.rules - len(coverage.not_asked),
            "not_asked": [{"rule": rule, "reason": reason} for rule, reason in coverage.not_asked],
            "source": coverage.source,
            "files": coverage.files,
            "statements": coverage.statements,
            "skipped": coverage.skipped,
            "not_understood": len(coverage.incomplete),
        },
        "incomplete": [
            {
                "file": each.place.file,
                "line": each.place.line,
                "column": each.place.column,
                "reason": each.reason,
                "statement": each.statement,
            }
            for each in coverage.incomplete
        ],
    }


def _ignored(ignored: Ignored) -> dict[str, Any]:
    finding = ignored.finding
    return {
        "rule": finding.rule,
        "constraint": finding.key.name or None,
        "schema": finding.key.table.schema,
        "table": finding.key.table.name,
        "fingerprint": finding.fingerprint,
        "reason": ignored.reason,
    }
