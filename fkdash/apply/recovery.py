"""Runs that are over or were cut off: what their journals say, and the plans to finish or undo them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fkdash.apply.journal import read, runs_folder
from fkdash.catalog.model import quoted
from fkdash.catalog.spelling import source
from fkdash.errors import UsageError
from fkdash.fix.definition import definition
from fkdash.fix.document import plan_of
from fkdash.fix.fingerprint import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as its journal tells it; `outcome` is None for one that was cut off."""

    path: Path
    plan: Plan
    started: str
    database: str
    role: str
    operator: str
    reason: str
    outcome: str | None
    message: str
    steps_done: tuple[int, ...]
    verification: tuple[dict[str, Any], ...]


def recorded_run(path: Path) -> RecordedRun:
    """Give what a journal tells; raises UsageError for a file that is no journal."""
    try:
        lines = read(path)
        first = next(line for line in lines if line.event == "plan")
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, StopIteration) as error:
        raise UsageError(
            f"{path} is not the journal of a run.", next_step="fkdash fix history lists them."
        ) from error
    ended = [line for line in lines if line.event == "ended"]
    return RecordedRun(
        path=path,
        plan=plan_of(first.facts["plan"]),
        started=first.at,
        database=first.facts["database"],
        role=first.facts["role"],
        operator=first.facts["operator"],
        reason=first.facts["reason"],
        outcome=ended[-1].facts["outcome"] if ended else None,
        message=ended[-1].facts["message"] if ended else "It was cut off; the journal ends in the middle.",
        steps_done=tuple(line.facts["step"] for line in lines if line.event == "step-done"),
        verification=tuple(ended[-1].facts["verification"]) if ended else (),
    )


def history(folder: Path | None = None) -> tuple[RecordedRun, ...]:
    """Give every run there is a journal of, the newest first; files that are no journals are passed over."""
    home = folder or runs_folder()
    runs = []
    for path in sorted(home.glob("*.jsonl"), reverse=True):
        try:
            runs.append(recorded_run(path))
        except UsageError:
            continue
    return tuple(runs)


async def remaining(session: Session, catalog: Catalog, plan: Plan) -> Plan:
    """Give the part of a plan that has not taken effect, by what is true in the database now."""
    done = 0
    for step in plan.steps:
        if not await session.value(step.done_when):
            break
        done += 1
    key = _key_now(catalog, plan)
    return replace(plan, key=key, steps=plan.steps[done:], fingerprint=fingerprint(catalog, key))


def undo_plan(catalog: Catalog, plan: Plan) -> Plan:
    """Give the plan that leads back; raises UsageError where the key is no longer what the run made of it."""
    key = _key_now(catalog, plan)
    as_made = {definition(plan.goal.key), definition(replace(plan.goal.key, validated=False))}
    if definition(key) not in as_made:
        raise UsageError(
            f"{key.qualified} is no longer what the run made of it: {definition(key)}.",
            next_step="Somebody changed it since. Look at it, and plan the change you want anew.",
        )
    return replace(
        plan,
        key=key,
        rule="",
        option="undo",
        procedure=f"back to what it was before: {definition(plan.key)}",
        fingerprint=fingerprint(catalog, key),
        steps=plan.undo,
        undo=plan.steps,
        undo_condition="any time",
        consequences=(f"{plan.key.qualified} is declared as before the run",),
        goal=replace(plan.goal, key=plan.key, nullable=()),
    )


async def rows_in_the_way(session: Session, catalog: Catalog, plan: Plan) -> dict[str, int]:
    """Count the NULLs in each column that the run let be NULL; the undo fails while there are any."""
    counts: dict[str, int] = {}
    for table, column in plan.goal.nullable:
        statement = f"select count(*) from {source(catalog, table)} c where c.{quoted(column)} is null"
        nulls = await session.value(statement)
        if nulls:
            counts[f"{table}.{column}"] = nulls
    return counts


def _key_now(catalog: Catalog, plan: Plan) -> ForeignKey:
    for key in catalog.foreign_keys:
        if (key.table, key.name) == (plan.key.table, plan.key.name):
            return key
    raise UsageError(
        f"{plan.key.qualified} is not in this database.",
        next_step="Is it the right database? The journal names the one it belongs to: fkdash fix show JOURNAL",
    )
