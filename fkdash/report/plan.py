"""A plan for people: as text that explains, and as SQL that a DBA can read and paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.fix.plan import Duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.fix.plan import Lock, Plan, Step

_AS_LONG: Final = {Duration.INSTANT: "instant", Duration.SCAN: "as long as reading the table takes"}


def plan_text(plan: Plan) -> str:
    """Give a plan as text: steps with their locks, the way back, the consequences."""
    lines = [f"{plain(plan.key.qualified)}: {plan.option}", f"  {plain(plan.procedure)}", ""]
    for step in plan.steps:
        lines += [
            f"{step.number}. {step.title}",
            *_indented(step.sql),
            *(f"   {each}" for each in lock_lines(step)),
            "",
        ]
    lines += ["Consequences", *(f"  - {plain(each)}" for each in plan.consequences), ""]
    lines += [f"Way back ({plan.undo_condition})"]
    for step in plan.undo:
        lines += [*_indented(step.sql)]
    return "\n".join(lines) + "\n"


def lock_lines(step: Step) -> Iterator[str]:
    """Give what a step locks, for how long, who waits, and when it gives up."""
    for lock in step.locks:
        yield f"{plain(str(lock.table))} {lock.mode}, {_AS_LONG[lock.duration]}, {lock.mode.stops}"
    if step.lock_timeout_ms:
        yield f"gives up after waiting {step.lock_timeout_ms} ms for a lock, and tries again"


def plan_sql(plan: Plan) -> str:
    """Give a plan as a script for psql: each transaction with its limits, the way back as a comment."""
    lines = [f"-- {each}" for each in _comment_lines(plan)]
    number = 0
    for step in plan.steps:
        if step.transaction != number:
            lines += ["COMMIT;"] if number else []
            number = step.transaction
            lines += ["", "BEGIN;"]
        lines.append(f"SET LOCAL lock_timeout = '{step.lock_timeout_ms}ms';")
        lines.append(f"SET LOCAL statement_timeout = '{step.statement_timeout_ms}ms';")
        lines.append(f"{step.sql};")
    lines += ["COMMIT;", "", f"-- The way back ({plan.undo_condition}), each in a transaction of its own:"]
    for step in plan.undo:
        lines += [f"--   {line}" for line in f"{step.sql};".splitlines()]
    return "\n".join(lines) + "\n"


def locks_in_words(locks: Iterable[Lock]) -> str:
    """Give the locks of one or more steps as a phrase: `users, workspaces: ACCESS EXCLUSIVE, instant`."""
    groups: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        groups.setdefault((lock.mode, lock.duration), []).append(lock.table.name)
    return "; ".join(
        f"{', '.join(dict.fromkeys(tables))}: {mode}, {duration}" for (mode, duration), tables in groups.items()
    )


def _comment_lines(plan: Plan) -> Iterator[str]:
    yield f"fkdash: {plan.option} for {plain(plan.key.qualified)}"
    yield plain(plan.procedure)
    for each in plan.consequences:
        yield plain(each)
    yield "Run it with psql -v ON_ERROR_STOP=1; when a lock_timeout ends it, run it again."


def _indented(sql: str) -> list[str]:
    return [f"   {plain(line)}" for line in sql.split("\n")]
