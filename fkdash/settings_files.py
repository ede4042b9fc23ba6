"""Which setting stands in which file: all keys of both, and nothing else.

`config.toml` in the platform's configuration folder is an operator's: where the databases are and who may do what
there, the keys and labels that somebody is used to. It is never in a repository, and may name passwords' places.

`fkdash.toml` in a repository, or `[tool.fkdash]` of its `pyproject.toml`, is a team's: what is accepted and why,
by which columns rows are recognised, which references nobody declared, where the migrations are. What both may say
(`labels`), the operator's says last.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date
from typing import Final

from fkdash.fact import fact
from fkdash.reading.typed import Remark

Table = dict[str, list[str]]


@fact
class TrustTable:
    """`[profiles.NAME.trust]`: the roles whose code looking may run, beside superusers'."""

    owners: list[str] = field(default_factory=list)


@fact
class ProfileTable:
    """`[profiles.NAME]`: where to connect, by `dsn` or `service`, and what is there; `look` is who looks."""

    dsn: str | None = None
    service: str | None = None
    environment: str = ""
    read_only: bool = False
    trust: TrustTable = field(default_factory=TrustTable)
    look: str | None = None


@fact
class OperatorFile:
    """config.toml: profiles by name, label columns by `schema.table`, keys by binding id."""

    profiles: dict[str, ProfileTable] = field(default_factory=dict)
    labels: Table = field(default_factory=dict)
    keys: dict[str, str | list[str]] = field(default_factory=dict)


@fact
class OverrideTable:
    """`[[override]]`: another severity, or `off`, for a rule on constraints that match; * is anything."""

    severity: str
    rule: str = "*"
    constraint: str = "*"


@fact
class IgnoreTable:
    """`[[ignore]]`: an accepted finding and why; from the day after `until` on it is reported again."""

    reason: str
    rule: str = "*"
    constraint: str = "*"
    until: date | None = None


@fact
class LintTable:
    """`[lint]`: the folders or files that `fkdash lint` reads, from the file's own folder on, and the tool."""

    paths: list[str] = field(default_factory=list)
    tool: str | None = None


@fact
class TeamFile:
    """fkdash.toml: severities by rule, accepted findings, the baseline's file, labels, references, where to lint.

    `references` are those that no constraint declares: `"members.workspace_id" = "workspaces.id"`.
    """

    rules: dict[str, str] = field(default_factory=dict)
    override: list[OverrideTable] = field(default_factory=list)
    ignore: list[IgnoreTable] = field(default_factory=list)
    baseline: str | None = None
    labels: Table = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    lint: LintTable = field(default_factory=LintTable)


OPERATORS_ONLY: Final = frozenset({"profiles", "keys"})
"""What belongs into config.toml, should it stand in fkdash.toml."""

TEAMS_ONLY: Final = frozenset({"rules", "override", "ignore", "baseline", "references", "lint"})
"""What belongs into fkdash.toml, should it stand in config.toml."""


def with_its_place(unknown: Remark, elsewhere: frozenset[str], file: str, *, depth: int = 0) -> Remark:
    """Say of an unknown key, `depth` keys down, that it belongs into the other file, where it does."""
    if len(unknown.path) == depth + 1 and unknown.path[-1] in elsewhere:
        return Remark(unknown.path, f"has no effect here; it belongs into {file}")
    return unknown
