"""Runs a plan's short steps and a probing delete in one transaction that is rolled back, and measures them.

It takes the real locks, if only for milliseconds, on standbys too; a tiny lock_timeout makes it give up first.
What is written into rows is tried before, in a transaction of its own, which locks them for a few seconds.
The delete comes last, inside the sandbox: after it nothing may run but the rollback, and the connection is closed.
Steps that read whole tables are left out: inside one transaction they would keep the locks for as long.
"""

from __future__ import annotations

import asyncio
import math
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.apply.others_code import at_once_refusal
from fkdash.apply.proof.preflight import never_proven
from fkdash.apply.proof.probes import deleting_referenced, tried_in
from fkdash.apply.proof.rows_tried import refuse_what_is_refused
from fkdash.apply.proof.verified import Verified
from fkdash.apply.sandbox import event_code, pinned, sandbox
from fkdash.catalog.table_name import TableName
from fkdash.db.queries import query
from fkdash.errors import FkdashError, HeldUpError, TimedOutError, UnreachableError
from fkdash.fact import fact
from fkdash.fix.plan import Duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from fkdash.apply.proof.probes import Trial
    from fkdash.apply.sandbox import Sandbox
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

_T = TypeVar("_T")
_LOCK_MS: Final = 50
_STATEMENT_MS: Final = 1000
_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.1


@fact
class MeasuredLock:
    """A table lock that the rehearsal held, and for how many seconds before the rollback."""

    table: TableName
    mode: str
    seconds: float


@fact
class Rehearsal:
    """What a rehearsal found: steps run and left out (by number), locks, the delete.

    `ok` is None where it could not be tried; `detail` then says why.
    """

    ok: bool | None
    detail: str
    steps: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    locks: tuple[MeasuredLock, ...] = ()
    delete: Verified | None = None


async def rehearse(writer: Writer, catalog: Catalog, plan: Plan) -> Rehearsal:
    """Rehearse a plan; never changes anything and never raises for what the server refuses.

    Raises UnreachableError where no session for it can be had or it is lost: nothing is known then.

    Nothing is run on what was never proven: what a rollback takes back there is not known either.
    """
    short = _short_steps(plan)
    try:
        not_tried = await _patiently(partial(_not_tried, writer, catalog, plan, short))
        if not_tried is not None:
            return not_tried
        # Once only: it locks rows for longer than all tries together.
        await refuse_what_is_refused(writer, catalog, plan)
        if not short:
            return Rehearsal(
                ok=None, detail="no step of it fits into one short transaction", left_out=_left_out(plan, short)
            )
        return await _patiently(partial(_measured, writer, catalog, plan, short))
    except UnreachableError:
        raise  # Without a session nothing was tried: that says nothing against the change.
    except FkdashError as error:
        return Rehearsal(ok=False, detail=error.what)


async def _patiently(attempt: Callable[[], Awaitable[_T]]) -> _T | Rehearsal:
    """Give what an attempt gives, of which others hinder a few; where they hinder all, say what was in the way."""
    why = ""
    for number in range(1, _ATTEMPTS + 1):
        try:
            return await attempt()
        except HeldUpError:
            why = f"no lock within {_LOCK_MS} ms in {_ATTEMPTS} tries: the tables are in use, nothing was run"
        except TimedOutError:
            # A server that stands still for a moment says nothing about the change.
            why = f"a statement was not done within {_STATEMENT_MS} ms in {_ATTEMPTS} tries; all was rolled back"
        if number < _ATTEMPTS:
            await asyncio.sleep(_PAUSE_SECONDS * number)
    return Rehearsal(ok=None, detail=why)


async def _not_tried(writer: Writer, catalog: Catalog, plan: Plan, short: Sequence[Step]) -> Rehearsal | None:
    """Say why nothing of a plan may be tried here; None where it may be."""
    why = await never_proven(writer, catalog, plan, seconds=_STATEMENT_MS / 1000)
    if why:
        return Rehearsal(ok=None, detail=f"on what was never proven nothing is rehearsed: {why}")
    trusted = writer.target.trusted_owners
    async with writer.rolled_back() as session:
        refusal = await event_code(session, trusted)
        refusal = refusal or await at_once_refusal(session, catalog, plan, short, trusted, rehearsing=True)
    return Rehearsal(ok=None, detail=f"not tried: {refusal.why}") if refusal is not None else None


async def _measured(writer: Writer, catalog: Catalog, plan: Plan, short: Sequence[Step]) -> Rehearsal:
    """Run the short steps and the delete in one transaction, and give what they met; all of it is rolled back."""
    held: dict[tuple[TableName, str], float] = {}
    trial = deleting_referenced(catalog, plan.goal.key, nullable=bool(plan.goal.nullable))
    async with sandbox(
        writer.target, trial.tables, trial.body, lock_ms=_LOCK_MS, statement_ms=_STATEMENT_MS
    ) as ready:
        for step in short:
            began = time.monotonic()
            await ready.session.execute(step.sql)
            async with pinned(ready.session):
                for lock in await _locks(ready.session):
                    held.setdefault(lock, began)
        delete = None if plan.goal.gone else await _tried(ready, trial, plan)
    ended = time.monotonic()
    return Rehearsal(
        ok=delete is None or delete.ok is not False,
        detail="",
        steps=tuple(step.number for step in short),
        left_out=_left_out(plan, short),
        locks=tuple(MeasuredLock(table, mode, ended - began) for (table, mode), began in held.items()),
        delete=delete,
    )


def _left_out(plan: Plan, short: Sequence[Step]) -> tuple[int, ...]:
    return tuple(step.number for step in plan.steps if step not in short)


async def _tried(ready: Sandbox, trial: Trial, plan: Plan) -> Verified:
    # What is switched off today stays so, unless the key is declared anew.
    if trial.why_not and not plan.declares_anew:
        return Verified(trial.check, None, f"not tried: {trial.why_not}")
    return await tried_in(ready, trial)


async def _locks(session: Session) -> Iterator[tuple[TableName, str]]:
    rows = await session.rows(query("fkdash.apply", "own_locks"))
    return ((TableName(row["schema"], row["name"]), row["mode"]) for row in rows)


def _short_steps(plan: Plan) -> tuple[Step, ...]:
    """Give the steps that take milliseconds, up to the transaction of the first whose work is left out.

    Later ones may need that work: an index to attach, rows that refer to something before a key is attached.
    """
    last = min((step.transaction for step in plan.steps if step.alone or step.repeats), default=math.inf)
    return tuple(
        step
        for step in plan.steps
        if step.transaction <= last
        and not (step.alone or step.repeats)
        and all(lock.duration is Duration.INSTANT for lock in step.locks)
    )
