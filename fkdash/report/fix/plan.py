"""A plan for people: as text that explains, and as SQL that a DBA can read and paste."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import visible
from fkdash.db.text import plain
from fkdash.fix.plan import Duration
from fkdash.pasting import PSQL_SETTINGS, SETTINGS, WHOSE_RIGHTS, dollar_quoted, for_psql, in_comment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.fix.plan import Lock, Plan, Step

_BATCHES: Final = """DECLARE
  changed bigint;
BEGIN
  LOOP
    {body}
    EXIT WHEN changed OPERATOR(pg_catalog.=) 0;
    COMMIT;
  END LOOP;
END"""
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
        yield f"gives up after waiting at most {step.lock_timeout_ms} ms for a lock, and tries again"


def plan_sql(plan: Plan, *, psql: bool = True) -> str:
    """Give a plan as a script for psql: each transaction with its limits, the way back as a comment.

    Without `psql` it is SQL alone, for whatever client; then an error does not keep what follows from being tried.
    """
    lines = [f"-- {in_comment(each)}" for each in _comment_lines(plan, psql=psql)]
    lines += [*(PSQL_SETTINGS.splitlines() if psql else ()), *SETTINGS.splitlines()]
    for _, together in groupby(plan.steps, key=lambda step: step.transaction):
        steps = list(together)
        by_itself = steps[0].alone or any(step.repeats for step in steps)
        lines += ["", *(_by_itself(steps) if by_itself else _transaction(steps))]
    if plan.undo:
        lines += ["", f"-- The way back ({in_comment(plan.undo_condition)}), each in a transaction of its own:"]
    else:
        lines += ["", f"-- The way back: {in_comment(plan.undo_condition)}"]
    for step in plan.undo:
        lines += [f"--   {in_comment(line)}" for line in f"{for_psql(step.sql)};".split("\n")]
    return "\n".join(lines) + "\n"


def _transaction(steps: Iterable[Step]) -> Iterator[str]:
    yield "BEGIN;"
    for step in steps:
        yield f"SET LOCAL lock_timeout = '{step.lock_timeout_ms}ms';"
        yield f"SET LOCAL statement_timeout = '{step.statement_timeout_ms}ms';"
        yield f"{for_psql(step.sql)};"
    yield "COMMIT;"


def _by_itself(steps: Sequence[Step]) -> Iterator[str]:
    """Give a step that allows no transaction, or steps that commit batch after batch until no row is left."""
    step = steps[0]
    yield f"SET lock_timeout = '{step.lock_timeout_ms}ms';"
    yield f"SET statement_timeout = '{step.statement_timeout_ms}ms';"
    if step.cleanup is not None:
        yield f"-- Where an earlier try was cut off: {in_comment(' '.join(for_psql(step.cleanup).split()))};"
    body = _BATCHES.format(body="\n    ".join(_batch(steps)))
    yield f"{for_psql(step.sql)};" if step.alone else f"DO {dollar_quoted(body)};"
    yield "RESET lock_timeout;"
    yield "RESET statement_timeout;"


def _batch(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        yield f"{for_psql(step.sql)};"
        if step.repeats:
            yield "GET DIAGNOSTICS changed = ROW_COUNT;"
            yield "SET CONSTRAINTS ALL IMMEDIATE;"


def locks_in_words(locks: Iterable[Lock]) -> str:
    """Give the locks of one or more steps as a phrase: `users, workspaces: ACCESS EXCLUSIVE, instant`."""
    groups: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        groups.setdefault((lock.mode, lock.duration), []).append(visible(lock.table.name))
    return "; ".join(
        f"{', '.join(dict.fromkeys(tables))}: {mode}, {duration}" for (mode, duration), tables in groups.items()
    )


def _comment_lines(plan: Plan, *, psql: bool) -> Iterator[str]:
    yield f"fkdash: {plan.option} for {plan.key.qualified}"
    yield plan.procedure
    yield from plan.consequences
    yield WHOSE_RIGHTS
    if psql:
        yield "For psql; when a lock_timeout ends it, run it again."
    else:
        yield "Stop at the first error; when it is a lock_timeout, run it again."


def _indented(sql: str) -> list[str]:
    return [f"   {plain(line)}" for line in for_psql(sql).split("\n")]
