"""The documents of fixes: plans, options, exports, runs."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from fkdash.report.documents.parts import Names, One, TableDocument


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
    of_rows: NotRequired[bool]
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
