"""The documents about rights, settings, guards, snapshots, logs and fkdash itself."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from fkdash.report.documents.parts import Names, One, TableDocument


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


class GuardParameterDocument(TypedDict):
    """A column whose value the query is given."""

    column: str
    type: str


class GuardDocument(TableDocument):
    """`fkdash guard --format json`."""

    fkdash: One
    kind: Literal["guard"]
    parameters: list[GuardParameterDocument]
    limit: int
    sql: str
    code: str
    not_asked: Names


class SnapshotDocument(TypedDict):
    """What `fkdash snapshot` writes: what is declared, and no row."""

    fkdash: One
    kind: Literal["snapshot"]
    version: int
    server: dict[str, Any] | None
    domains: list[dict[str, Any]]
    tables: list[dict[str, Any]]
    foreign_keys: list[dict[str, Any]]


class WatchDocument(TypedDict):
    """A line of `fkdash watch --format jsonl`: errors of one constraint in one minute."""

    fkdash: One
    kind: Literal["watch"]
    minute: str | None
    constraint: str | None
    sqlstate: str
    count: int
    schema: str | None
    table: str | None
    column: NotRequired[str | None]
    key: str | None
    finding: str | None
    applications: dict[str, int]
    roles: dict[str, int]
    statements: NotRequired[Names]


class FixedDocument(TypedDict):
    """A constraint that was changed while it was watched, with the errors before and after."""

    constraint: str
    at: str
    before: int
    after: int


class WatchSummaryDocument(TypedDict):
    """The last line of `fkdash watch --format jsonl`."""

    fkdash: One
    kind: Literal["watch-summary"]
    violations: int
    unclassified: int
    other_databases: int
    last: str | None
    fixed: list[FixedDocument]
    notes: Names
