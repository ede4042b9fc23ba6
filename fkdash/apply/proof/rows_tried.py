"""Tries what a plan writes into rows before its first statement, rolled back, and says what the server refuses.

A CHECK, a narrower type, a domain, a unique index, another key or a trigger may refuse a row that is made or
changed, and the server alone knows. Found out at the first batch it would leave the plan halfway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.proof.probes import OF_THE_NAMES, user_triggers
from fkdash.apply.sandbox import DIAGNOSTICS, sandbox
from fkdash.counted import counted
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.errors import FkdashError, ServerRefusedError, StoppedError, UnreachableError
from fkdash.fix.plan import MAKE_ROWS
from fkdash.fix.steps.batch import DELETE, EMPTY, MOVE, REPARENT
from fkdash.sqlstates import DEADLOCK_DETECTED, SERIALIZATION_FAILURE

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step, Tried

_SECONDS: Final = 2.0
_TRIES: Final = 2
"""Once may be the doing of somebody who wrote one of the rows at that moment."""
_STATEMENT_MS: Final = 8000
_PATIENCE_SECONDS: Final = 15.0
_LOCK_MS: Final = 200
_NOT_AS_WRITTEN: Final = "FKD02"
_DONE: Final = {
    MAKE_ROWS: "made",
    DELETE: "deleted",
    EMPTY: "set to NULL",
    REPARENT: "re-parented",
    MOVE: "moved",
}


async def refuse_what_is_refused(writer: Writer, catalog: Catalog, plan: Plan) -> None:
    """Raise StoppedError where the server refuses what the plan would make of rows, with the first and how many.

    As many batches are tried as fit into two seconds, with the rights of the owner of the written table. What
    cannot be tried so, because it would run other roles' code, reach out of the database or wait for a lock, is
    left to the run. Raises UnreachableError where the connection is lost.
    """
    for step in plan.steps:
        if step.batch is not None and step.batch.tried is not None:
            refused = await _refused(writer, catalog, plan, step, step.batch.tried)
            if refused is not None:
                raise _stopped(catalog, plan, step, refused)


async def _refused(
    writer: Writer, catalog: Catalog, plan: Plan, step: Step, tried: Tried
) -> ServerRefusedError | None:
    """Give what the server refuses each time the step is tried; None where it once does not."""
    refused = None
    for _ in range(_TRIES):
        refused = await _met(writer, catalog, plan, step, tried)
        if refused is None:
            break
    return refused


def _is_told(refused: ServerRefusedError, *, as_in_the_run: bool) -> bool:
    """Tell whether a refusal is of the rows: not of rights that the run does not lack, nor of what others did."""
    how_many, _, _ = refused.detail.partition("|")
    by_others = {SERIALIZATION_FAILURE, DEADLOCK_DETECTED} | ({_NOT_AS_WRITTEN} if how_many == "0" else set())
    if not as_in_the_run:
        by_others |= OF_THE_NAMES
    return bool(how_many) and refused.sqlstate not in by_others


async def _met(
    writer: Writer, catalog: Catalog, plan: Plan, step: Step, tried: Tried
) -> ServerRefusedError | None:
    """Give what trying the step met that the run would meet as well; None also where it is not tried."""
    key = plan.key
    written, other = (key.referenced, key.table) if step.title == MAKE_ROWS else (key.table, key.referenced)
    oids = [oid for oid in (catalog.tables[written].oid, catalog.tables[other].oid) if oid is not None]
    body = query("fkdash.apply", "try_rows").format(
        watched=f"{literal(written.sql)}::pg_catalog.regclass::pg_catalog.oid",
        row=tried.row,
        batch=tried.batch,
        rows=tried.rows,
        one=tried.one,
        named=tried.named,
        there=tried.there,
        seconds=_SECONDS,
        diagnostics=DIAGNOSTICS,
    )
    try:
        async with sandbox(writer.target, oids, body, lock_ms=_LOCK_MS, statement_ms=_STATEMENT_MS) as ready:
            runs_as = ready.runs_as
            if runs_as.outside or (runs_as.untrusted and not runs_as.confined):
                return None
            role = await ready.session.value("select current_user::pg_catalog.text")
            refused = (await ready.call(seconds=_PATIENCE_SECONDS)).refused
    except UnreachableError:
        raise
    except FkdashError:
        return None
    if refused is not None and _is_told(refused, as_in_the_run=runs_as.role == role):
        return refused
    return None


def _stopped(catalog: Catalog, plan: Plan, step: Step, refused: ServerRefusedError) -> StoppedError:
    key = plan.key
    written = key.referenced if step.title == MAKE_ROWS else key.table
    how_many, of, first = refused.detail.split("|", 2)
    rows = counted(int(how_many), "rows") if how_many == of else f"{how_many} of {of} rows"
    # Each by itself may do, and not all together.
    who = f"the rows of {written.shown}" if how_many == "0" else f"{rows} of {written.shown}"
    which = f", the first with {first}" if first else ""
    if refused.sqlstate == _NOT_AS_WRITTEN:
        what = f"{who} would not become what step {step.number} ({step.title}) makes of them{which}"
        why = f"In the way may be {user_triggers(catalog, key) or 'a rule or a policy of row-level security'}"
    else:
        what = f"{who} cannot be {_DONE.get(step.title, 'changed')} by step {step.number}{which}"
        why = f"The server refuses it: {refused.said} ({refused.sqlstate})"
    return StoppedError(
        f"{what[0].upper()}{what[1:]}. {why}. It was tried, and rolled back.", next_step=_way_out(step)
    )


def _way_out(step: Step) -> str:
    if step.title == MAKE_ROWS:
        return (
            "Name other values (--value, --like), or choose another option for these orphans: reparent-orphans, "
            "null-orphans, quarantine-orphans, delete-orphans."
        )
    return "Change these rows yourself first, or choose another option."
