"""What the lines of a journal must hold, each event its own; a later fkdash may write more."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from fkdash.fact import fact
from fkdash.reading.source import Source
from fkdash.reading.typed import Found, typed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_T = TypeVar("_T")
_ADVICE = "fkdash fix history lists the journals; one that somebody wrote into cannot be carried out."


@fact
class PlanFacts:
    """The first line: the plan, and where and by whom it is carried out."""

    plan: dict[str, Any]
    database: str
    role: str
    operator: str
    reason: str
    where: str = ""
    host: str = ""
    cluster: str = ""
    database_oid: int | None = None
    continues: str | None = None


@fact
class CheckFacts:
    """One check of the verification."""

    check: str
    ok: bool | None
    detail: str = ""


@fact
class EndFacts:
    """The last line: how it ended."""

    outcome: str
    message: str
    steps_done: tuple[int, ...] = ()
    verification: tuple[CheckFacts, ...] = field(default=())


@fact
class StepFacts:
    """The number of a step."""

    step: int


@fact
class CommitFacts:
    """The numbers of the steps that commit together."""

    steps: tuple[int, ...]


def facts_of(line: Mapping[str, Any], wanted: type[_T], path: Path, event: str) -> _T:
    """Give the facts of a line as `wanted`; raises UsageError naming the journal and every mistake."""
    found = Found()
    facts = typed(line, wanted, found)
    if facts is None:
        raise Source(f"The journal {path}, line `{event}`,").refusal(found.mistakes, advice=_ADVICE)
    return facts
