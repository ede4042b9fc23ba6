"""The JSON documents that fkdash prints, as types: what `fkdash schema KIND` gives and tests hold them against.

Fields are added, never renamed, so that a schema refuses nothing that it does not know.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

One = Literal[1]
Severity = Literal["error", "warning", "info"]
Names = list[str]


class TableDocument(TypedDict):
    """A table."""

    schema: str
    table: str


class ColumnsDocument(TableDocument):
    """Columns of a table."""

    columns: Names


class NotRunDocument(TypedDict):
    """Another role's code that was not run, and the argument that accepts it."""

    object: str
    function: str
    owner: str
    reason: str
    accept: str


class ServerDocument(TypedDict):
    """Where it was looked."""

    version: str | None
    database: str


class ImpactDocument(TypedDict):
    """How many rows a finding holds back; null where nobody could count."""

    state: str
    referenced_rows: int | None
    blocking_rows: int | None
    exact: bool
    reason: str


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
    failure: NotRequired[str]


class CheckDocument(CheckPart):
    """`fkdash check --format json`; several databases have a part each."""

    fkdash: One
    kind: Literal["check"]
    databases: NotRequired[list[CheckPart]]


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


class LockDocument(TableDocument):
    """A lock that a step takes."""

    mode: str
    duration: Literal["instant", "scan"]


class StepDocument(TypedDict):
    """One statement of a plan; steps with the same transaction commit together."""

    n: int
    title: str
    sql: str
    transaction: int
    locks: list[LockDocument]
    lock_timeout_ms: int
    statement_timeout_ms: int
    undo: str | None
    done_when: str
    reserve: Names | None
    alone: bool
    repeats: bool
    leftover: str | None
    cleanup: str | None


PlanDocument = TypedDict(
    "PlanDocument",
    {
        "fkdash": One,
        "kind": Literal["plan"],
        "constraint": str,
        "rule": str,
        "option": str,
        "procedure": str,
        "fingerprint": str,
        "steps": list[StepDocument],
        "undo": Names,
        "consequences": Names,
        "undo_condition": str,
        "undo_steps": list[StepDocument],
        "from": dict[str, Any],
        "to": dict[str, Any],
        "objects": dict[str, Any],
    },
)
"""`fkdash fix plan --option OPTION --format json`: what `--plan FILE` takes."""


class ExportedFileDocument(TypedDict):
    """A file of an export, with all of its new text; `path` is relative to DIR."""

    path: str
    action: Literal["create", "edit"]
    content: str
    sha256_before: str | None


class ExportedTransactionDocument(TypedDict):
    """Statements that the tool runs in one transaction."""

    n: int
    file: str
    statements: Names
    note: str


class ToDoDocument(TypedDict):
    """What an export leaves to the team."""

    file: str | None
    line: int | None
    reason: str


class ExportDocument(TypedDict):
    """`fkdash fix export --tool TOOL --format json`; `suggested` are edits that --edit-schema writes as well."""

    fkdash: One
    kind: Literal["export"]
    tool: str
    files: list[ExportedFileDocument]
    mark_applied: Names
    transactions: list[ExportedTransactionDocument]
    incomplete: list[ToDoDocument]
    suggested: list[ExportedFileDocument]
    notes: Names


class OptionDocument(TypedDict):
    """An option; `refused` says why it is none here."""

    option: str
    title: str
    then: str
    application: str
    frees: bool
    undo: str
    refused: str
    asks: Names
    procedure: str | None
    expected_seconds: float | None


class OptionsDocument(TypedDict):
    """`fkdash fix plan --format json` without an option."""

    fkdash: One
    kind: Literal["options"]
    constraint: str
    rule: str
    message: str
    options: list[OptionDocument]
    others: NotRequired[Names]


class RanDocument(TypedDict):
    """A step, and whether it took effect."""

    n: int
    title: str
    sql: str
    done: bool


class VerifiedDocument(TypedDict):
    """One check of a verification; null where it could not be tried."""

    check: str
    ok: bool | None
    detail: str


class RunDocument(TypedDict):
    """`fkdash fix apply`, `undo` and `resume` with --format json."""

    fkdash: One
    kind: Literal["run"]
    outcome: Literal["verified", "rolled-back", "stopped", "failed"]
    constraint: str
    option: str
    journal: str
    message: str
    next_step: str
    steps: list[RanDocument]
    verification: list[VerifiedDocument]


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


class GrantDocument(TypedDict):
    """A GRANT, and what it is for."""

    sql: str
    why: str


class RoleDocument(TypedDict):
    """What one role lacks."""

    role: str
    statements: list[GrantDocument]
    limits: Names


class GrantsDocument(TypedDict):
    """`fkdash grants --format json`."""

    fkdash: One
    kind: Literal["grants"]
    roles: list[RoleDocument]


class KnownDocument(TypedDict):
    """A finding that a baseline knows."""

    rule: NotRequired[str]
    constraint: NotRequired[str]
    fingerprint: str


class BaselineDocument(TypedDict):
    """What `fkdash check --write-baseline FILE` writes and --baseline takes."""

    fkdash: One
    kind: Literal["baseline"]
    findings: list[KnownDocument]


class SettingDocument(TypedDict):
    """A setting as it holds, and where it comes from."""

    key: str
    value: Any
    origin: str


class ConfigDocument(TypedDict):
    """`fkdash config show --format json`."""

    fkdash: One
    kind: Literal["config"]
    settings: list[SettingDocument]


class ConfigFileDocument(TypedDict):
    """A settings file and what is wrong in it."""

    path: str
    there: bool
    mistakes: Names
    warnings: Names


class ConfigCheckDocument(TypedDict):
    """`fkdash config check --format json`."""

    fkdash: One
    kind: Literal["config-check"]
    files: list[ConfigFileDocument]


class ArgumentDocument(TypedDict):
    """An option or an argument of a command; `value` is null for a flag."""

    names: Names
    value: str | None
    help: str
    choices: NotRequired[Names]
    repeats: bool
    required: bool


class CommandDocument(TypedDict):
    """A command; "" is the dashboard."""

    name: str
    summary: str
    arguments: list[ArgumentDocument]


class SpecDocument(TypedDict):
    """`fkdash --spec`."""

    fkdash: One
    kind: Literal["spec"]
    version: str
    exit_codes: dict[str, str]
    commands: list[CommandDocument]


DOCUMENTS: Final[dict[str, Any]] = {
    "check": CheckDocument,
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
    "baseline": BaselineDocument,
    "config": ConfigDocument,
    "config-check": ConfigCheckDocument,
    "spec": SpecDocument,
}


def schema_of(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a document; raises KeyError for a kind that there is not."""
    import msgspec  # noqa: PLC0415 - only where a schema is asked for

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"fkdash {kind}",
        **msgspec.json.schema(DOCUMENTS[kind]),
    }
