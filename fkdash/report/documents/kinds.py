"""The JSON documents that fkdash prints, as types: what `fkdash schema KIND` gives and tests hold them against.

Fields are added, never renamed, so that a schema refuses nothing that it does not know.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from fkdash.report.documents.fixes import ExportDocument, OptionsDocument, PlanDocument, RunDocument
from fkdash.report.documents.others import (
    BaselineDocument,
    ConfigCheckDocument,
    ConfigDocument,
    GrantsDocument,
    GuardDocument,
    SnapshotDocument,
    SpecDocument,
    WatchDocument,
    WatchSummaryDocument,
)
from fkdash.report.documents.parts import (
    ColumnsDocument,
    Names,
    NotRunDocument,
    One,
    ServerDocument,
    Severity,
    TableDocument,
)


class ImpactDocument(TypedDict):
    """How many rows a finding holds back; null where nobody could count."""

    state: str
    referenced_rows: int | None
    blocking_rows: int | None
    exact: bool
    reason: str


class ExcerptDocument(TypedDict):
    """A line of a file."""

    line: int
    text: str


class PlaceDocument(TypedDict):
    """Where something stands in a file, with the lines there."""

    file: str
    line: int
    column: int
    excerpt: list[ExcerptDocument]


class FindingDocument(TypedDict):
    """A rule's verdict on a foreign key."""

    rule: str
    name: str
    severity: Severity
    schema: str
    table: str
    constraint: str | None
    columns: Names
    referenced: ColumnsDocument
    message: str
    sqlstate: str | None
    fixes: Names
    fingerprint: str
    certain: NotRequired[bool]
    failing_columns: NotRequired[Names]
    statements: NotRequired[Names]
    error: NotRequired[str | None]
    explanation: NotRequired[str]
    evidence: NotRequired[Names]
    path: NotRequired[Names]
    known: NotRequired[bool]
    impact: NotRequired[ImpactDocument]
    file: NotRequired[str]
    line: NotRequired[int]
    column: NotRequired[int]
    excerpt: NotRequired[list[ExcerptDocument]]
    began: NotRequired[PlaceDocument]
    database: NotRequired[str]


class UnknownDocument(TypedDict):
    """Something that could not be found out."""

    what: str
    reason: str


class IgnoredDocument(TableDocument):
    """A finding that a team has accepted."""

    rule: str
    constraint: str | None
    fingerprint: str
    reason: str


class NotAskedDocument(TypedDict):
    """A rule that the source cannot answer."""

    rule: str
    reason: str


class CoverageDocument(TypedDict):
    """How many of the chosen rules were asked of what; files say how much of them was read besides."""

    rules: int
    asked: int
    not_asked: list[NotAskedDocument]
    source: str
    files: NotRequired[int]
    statements: NotRequired[int]
    skipped: NotRequired[int]
    not_understood: NotRequired[int]


class CheckPart(TypedDict):
    """What was found in one database."""

    server: ServerDocument | None
    tables: int
    foreign_keys: int
    findings: list[FindingDocument]
    complete: NotRequired[bool]
    scope: NotRequired[dict[str, Any]]
    unknown: NotRequired[list[UnknownDocument]]
    ignored: NotRequired[list[IgnoredDocument]]
    gone: NotRequired[Names]
    not_run: NotRequired[list[NotRunDocument]]
    coverage: NotRequired[CoverageDocument]
    failure: NotRequired[str]


class GroupDocument(TypedDict):
    """Findings of one shape in many schemas or databases: `count` of them at `places`; where it `differs`."""

    rule: str
    severity: str
    shape: str
    count: int
    biting: int
    places: Names
    differs: Names


class CheckDocument(CheckPart):
    """`fkdash check --format json`; several databases have a part each."""

    fkdash: One
    kind: Literal["check"]
    databases: NotRequired[list[CheckPart]]
    groups: NotRequired[list[GroupDocument]]


class NotUnderstoodDocument(TypedDict):
    """A statement of a file that might change the schema, and why it was not followed."""

    file: str
    line: int
    column: int
    reason: str
    statement: str


class LintDocument(CheckPart):
    """`fkdash lint --format json`; findings have their place."""

    fkdash: One
    kind: Literal["lint"]
    incomplete: list[NotUnderstoodDocument]
    groups: NotRequired[list[GroupDocument]]


class CheckSummaryDocument(TypedDict):
    """The last line of `fkdash check --format jsonl`: the databases before it, and what they have in common."""

    fkdash: One
    kind: Literal["check-summary"]
    databases: int
    failed: Names
    incomplete: Names
    findings: dict[str, int]
    resumed: int
    groups: NotRequired[list[GroupDocument]]


class BlockerDocument(ColumnsDocument):
    """What stops a delete."""

    constraint: str | None
    sqlstate: str
    rows: int
    first: NotRequired[bool]
    holds_back: NotRequired[int]
    first_rows: NotRequired[list[dict[str, Any]]]


class EffectDocument(TableDocument):
    """What a delete does to a table's rows."""

    deleted: int
    set_null: int
    set_default: int
    updated: int


class TargetDocument(TableDocument):
    """Where rows are deleted from, and how many."""

    rows: int


class ScanDocument(ColumnsDocument):
    """A large table that would have to be read."""

    rows: int | float | None
    bytes: int | None


class RehearsalDocument(TypedDict):
    """A delete that was run and rolled back, beside what was foreseen."""

    agrees: bool | None
    sqlstate: str | None
    detail: str
    role: str | None


class PreviewDocument(TypedDict):
    """`fkdash preview --format json`; with --all the question was about every row alone."""

    fkdash: One
    kind: Literal["preview"]
    verdict: Literal["allowed", "blocked", "unknown"]
    exact: bool
    blockers: list[BlockerDocument]
    effects: list[EffectDocument]
    notes: Names
    target: TargetDocument
    cut_short: bool
    lower_limits: bool
    scans: list[ScanDocument]
    not_run: NotRequired[list[NotRunDocument]]
    rehearsal: NotRequired[RehearsalDocument]
    each_row: NotRequired[bool]
    cannot_be_deleted: NotRequired[int]
    not_known: NotRequired[int | None]
    rows: NotRequired[list[dict[str, Any]]]
    more_rows: NotRequired[bool]


class KeyDocument(TableDocument):
    """A foreign key."""

    constraint: str
    columns: Names
    referenced: ColumnsDocument
    on_delete: str
    on_update: str
    delete_columns: Names
    match: Literal["SIMPLE", "FULL"]
    deferrable: bool
    initially_deferred: bool
    validated: bool
    enforced: bool
    comment: str | None


class ListDocument(TypedDict):
    """`fkdash list --format json`."""

    fkdash: One
    kind: Literal["list"]
    server: ServerDocument | None
    foreign_keys: list[KeyDocument]


class OrphanDocument(ColumnsDocument):
    """How many rows refer to nothing; `constraint` is null for a reference that nobody declared."""

    constraint: str | None
    referenced: ColumnsDocument
    declared: bool
    status: Literal["complete", "at-least", "unknown"]
    rows: int | None
    reason: NotRequired[str]


class OrphansDocument(TypedDict):
    """`fkdash orphans scan --format json`."""

    fkdash: One
    kind: Literal["orphans"]
    results: list[OrphanDocument]
    not_run: NotRequired[list[NotRunDocument]]


class AnswerDocument(TableDocument):
    """A foreign key that explains an error."""

    constraint: str
    sqlstate: str | None
    message: str
    paths: list[Names]
    next_step: str


class ExplanationDocument(TypedDict):
    """`fkdash explain --format json`."""

    fkdash: One
    kind: Literal["explanation"]
    sqlstate: str | None
    headline: str
    ambiguous: bool
    advice: str | None
    answers: list[AnswerDocument]


class RuleDocument(TypedDict):
    """A rule."""

    rule: str
    name: str
    severity: Severity
    summary: str
    explanation: str
    example: str


class RulesDocument(TypedDict):
    """`fkdash rules --format json`."""

    fkdash: One
    kind: Literal["rules"]
    rules: list[RuleDocument]


DOCUMENTS: Final[dict[str, Any]] = {
    "check": CheckDocument,
    "check-summary": CheckSummaryDocument,
    "lint": LintDocument,
    "preview": PreviewDocument,
    "list": ListDocument,
    "orphans": OrphansDocument,
    "plan": PlanDocument,
    "export": ExportDocument,
    "options": OptionsDocument,
    "run": RunDocument,
    "explanation": ExplanationDocument,
    "rules": RulesDocument,
    "grants": GrantsDocument,
    "guard": GuardDocument,
    "snapshot": SnapshotDocument,
    "watch": WatchDocument,
    "watch-summary": WatchSummaryDocument,
    "baseline": BaselineDocument,
    "config": ConfigDocument,
    "config-check": ConfigCheckDocument,
    "spec": SpecDocument,
}


def schema_of(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a document; raises KeyError for a kind that there is not."""
    import msgspec  # only where a schema is asked for

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"fkdash {kind}",
        **msgspec.json.schema(DOCUMENTS[kind]),
    }
