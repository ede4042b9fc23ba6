"""Carries a plan out: the one place that changes a schema.

Each of the plan's transactions is tried until its lock is had or patience ends. Before the first
statement the journal holds the plan and the way back; a line is on the disk before and after every step.
Every try compares the objects' fingerprint under its lock: if somebody changed them, nothing runs.
Whatever ends a run early, its last word is what the database then says.
"""

from __future__ import annotations

import asyncio
import platform
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from fkdash.apply.events import Event, RunEnded, RunOutcome, StepDone, StepStarted, StepWaits
from fkdash.apply.holders import holders
from fkdash.apply.journal.journal import JournalError, operator
from fkdash.apply.proof.preflight import tables_by_mode
from fkdash.apply.proof.rows_tried import refuse_what_is_refused
from fkdash.apply.proof.verify import row_summary, verify
from fkdash.apply.run import ending
from fkdash.apply.run.ending import Found
from fkdash.apply.run.lost_connection import (
    COMMITTED,
    IN_PROGRESS,
    asked_anew,
    backend_of,
    gone,
    has_same_history,
    require_same_primary,
    steps_told,
    transaction_status,
)
from fkdash.apply.run.patience import Patience, Wishes
from fkdash.apply.run.steps import Tries
from fkdash.db.lent import lent
from fkdash.db.pool import ReadPool
from fkdash.db.writing import open_writer
from fkdash.errors import (
    ConnectionLostError,
    FaultError,
    FkdashError,
    LockTimedOutError,
    ServerRefusedError,
    StoppedError,
    TimedOutError,
    UnreachableError,
)
from fkdash.faults import details_of
from fkdash.fix.plan_file.document import plan_document
from fkdash.pasting import for_psql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fkdash.apply.holders import Holder
    from fkdash.apply.journal.database_copy import DatabaseCopy
    from fkdash.apply.journal.journal import Journal
    from fkdash.apply.proof.verify import RowSummary
    from fkdash.apply.run.lost_connection import Backend
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

__all__ = ["SETTLING_SECONDS", "Patience", "Run", "Wishes"]

SETTLING_SECONDS: Final = 20.0
_FREEING_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.2


@dataclass(slots=True)
class Run:
    """One execution of a plan; `catalog` is the one it was made from, `tell` hears of every event.

    `seconds` bounds the reading before and after; the plan's own steps have their own limits.
    `settling_seconds` is how long a lost connection's outcome is asked for. `continues` is the journal of the
    run that this one finishes or undoes. `copy` is where the database itself keeps what matters of the journal.
    """

    writer: Writer
    sessions: Sessions
    catalog: Catalog
    plan: Plan
    journal: Journal
    tell: Callable[[Event], None]
    wishes: Wishes = field(default_factory=Wishes)
    patience: Patience = field(default_factory=Patience)
    seconds: float = 10.0
    reason: str = ""
    settling_seconds: float = SETTLING_SECONDS
    continues: Path | None = None
    copy: DatabaseCopy | None = None
    _done: list[int] = field(default_factory=list)
    _missing: list[int] = field(default_factory=list)
    _tries: Tries | None = None
    _summary: RowSummary | None = None
    _working: asyncio.Task[RunEnded] | None = None
    _cancelled: bool = False
    _begun: bool = False

    @property
    def steps_done(self) -> tuple[int, ...]:
        """The numbers of the steps that are committed."""
        return tuple(self._done)

    def cancel(self) -> None:
        """End it now: what is open is rolled back, and `carry_out` comes back with what the database then says.

        A second time changes nothing: what is left to do is to ask.
        """
        if not self._cancelled:
            self._cancelled = True
            if self._working is not None:
                self._working.cancel()

    async def carry_out(self) -> RunEnded:
        """Run every step and verify; never raises for what the database, the network, the disk or fkdash does."""
        ended = await self._to_its_end()
        facts = {
            "outcome": ended.outcome,
            "message": ended.message,
            "steps_done": list(ended.steps_done),
            "verification": [
                {"check": each.check, "ok": each.ok, "detail": each.detail} for each in ended.verification
            ],
        }
        if not self._note("ended", **facts):
            ended = replace(ended, message=f"{ended.message} {ending.NOT_KEPT}")
        await self._copy_end(facts)
        self.tell(ended)
        return ended

    async def _to_its_end(self) -> RunEnded:
        self._working = asyncio.create_task(self._work())
        if self._cancelled:
            self._working.cancel()
        while not self._working.done():
            try:
                await asyncio.wait({self._working})
            except asyncio.CancelledError:
                self.cancel()
        if self._working.cancelled():
            self._note("interrupted", steps_done=self._done)
            return await self._after_cancel()
        fault = self._working.exception()
        if fault is None:
            return self._working.result()
        if isinstance(fault, FkdashError):
            return await self._after(fault)
        return await self._after(FaultError(f"{details_of(fault)}.", next_step="Please report it with that file."))

    async def _copy_end(self, facts: Mapping[str, object]) -> None:
        """Keep the end in the database too; without it the copy says that the run was cut off, which is safe."""
        if self.copy is None or self._tries is None:
            return
        with suppress(FkdashError):
            async with open_writer(self.writer.target) as writer, writer.transaction() as session:
                await self.copy.reserve(session)
                await self.copy.add(session, "ended", facts)

    async def _work(self) -> RunEnded:
        self._summary = await row_summary(self.sessions, self.catalog, self.plan.key, seconds=self.seconds)
        backend = await backend_of(self.writer)
        facts = self._facts(backend)
        self.journal.write("plan", **facts)
        self._begun = True
        if self.copy is not None:
            await self.copy.begin(self.writer, facts)
        self._tries = Tries(
            self.writer,
            self.sessions,
            self.catalog,
            self.plan,
            self.journal,
            self.tell,
            backend,
            self.wishes,
            self.copy,
        )
        await refuse_what_is_refused(self.writer, self.catalog, self.plan)
        for _, grouped in groupby(self.plan.steps, key=lambda step: step.transaction):
            if self.wishes.stop_after_step:
                return ending.stopped(self.plan, self.journal.path, self._done)
            await self._steps(tuple(grouped), self._tries)
        ended = await self._verified(self.sessions, self.writer, backend)
        return ended if ended.outcome is RunOutcome.VERIFIED else await self._steps_asked_again(ended, self._tries)

    async def _steps_asked_again(self, ended: RunEnded, tries: Tries) -> RunEnded:
        """Give the end of a run that is not as promised: where a step is gone since, that is why."""
        found = await self._ask(tries, settled=True)
        if found is None:
            return ending.unknown(self.journal.path, self._done, ended.message)
        if not found.missing:
            return ended
        return ending.failed(self.plan, self.journal.path, StoppedError("Not every step is in effect."), found)

    async def _verified(self, sessions: Sessions, writer: Writer, backend: Backend) -> RunEnded:
        async with sessions.session(self.seconds) as session:
            life = await require_same_primary(session, backend.identity)
        found = await verify(sessions, writer, self.catalog, self.plan, self._summary, seconds=self.seconds)
        # What a server said proves nothing of the one that has taken its place meanwhile.
        async with asked_anew(writer, sessions) as session:
            await require_same_primary(session, backend.identity, life=life)
        return ending.verified(self.plan, self.journal.path, self._done, found)

    async def _verified_anew(self, backend: Backend) -> RunEnded:
        """Verify everything over connections that nothing was lost on."""
        target = self.writer.target
        async with lent(await ReadPool.open(target)) as pool, open_writer(target) as writer:
            return await self._verified(pool, writer, backend)

    def _facts(self, backend: Backend) -> dict[str, object]:
        server = self.catalog.server
        return {
            "plan": plan_document(self.plan),
            "database": backend.identity.database,
            "server": server.version if server else "",
            "cluster": backend.identity.cluster,
            "database_oid": backend.identity.oid,
            "where": self.writer.where,
            "role": self.writer.target.user if self.writer.target.look or not server else server.role,
            "operator": operator(),
            "host": platform.node(),
            "reason": self.reason,
            "continues": str(self.continues) if self.continues else None,
        }

    async def _steps(self, steps: Sequence[Step], tries: Tries) -> None:
        for step in steps:
            self.journal.write("step-started", step=step.number, sql=step.sql)
            self.tell(StepStarted(step))
        attempt = 1
        while True:
            began = time.monotonic()
            try:
                await tries.once(steps, attempt)
            except (TimedOutError, ServerRefusedError) as error:
                seconds = time.monotonic() - began
                if self.wishes.stop_after_step or not self.patience.tries_after(error, steps, attempt, seconds):
                    raise
                slow = isinstance(error, TimedOutError) and not isinstance(error, LockTimedOutError)
                await self._wait(steps[0], attempt, slow=slow)
                attempt += 1
            else:
                break
        self._done += [step.number for step in steps]
        for step in steps:
            self.tell(StepDone(step, time.monotonic() - began))
        for step in steps:
            self.journal.write("step-done", step=step.number)

    async def _wait(self, step: Step, attempt: int, *, slow: bool) -> None:
        pause = self.patience.pause(attempt)
        in_the_way = await self._holders(step)
        self.journal.write(
            "step-waits", step=step.number, attempt=attempt, holders=[str(each) for each in in_the_way]
        )
        self.tell(StepWaits(step, attempt, pause, in_the_way, slow=slow))
        await self.wishes.rest(pause)

    async def _holders(self, step: Step) -> tuple[Holder, ...]:
        found: dict[int | None, Holder] = {}
        try:
            async with self.sessions.session(self.seconds) as session:
                for mode, tables in tables_by_mode(self.catalog, [step]).items():
                    for each in await holders(session, tables, mode, own_pids=[self.writer.backend_pid]):
                        found.setdefault(each.pid, each)
        except FkdashError:
            return ()
        return tuple(found.values())

    async def _after_cancel(self) -> RunEnded:
        found = await self._found_out()
        if found is None:
            return ending.unknown(self.journal.path, self._done, "Cancelled.")
        return ending.cancelled(self.plan, self.journal.path, found)

    async def _after(self, error: FkdashError) -> RunEnded:
        """Give the end after an error: what took effect, and where that is all, whether it is as promised."""
        self._note("lost" if isinstance(error, ConnectionLostError) else "error", message=error.what)
        # What the error says of COMMIT is answered now.
        told = ConnectionLostError(error.what) if isinstance(error, ConnectionLostError) else error
        found = await self._found_out()
        if found is None:
            return ending.unknown(self.journal.path, self._done, error.what)
        if self._tries is None or isinstance(error, JournalError) or len(found.done) < len(self.plan.steps):
            return ending.failed(self.plan, self.journal.path, told, found)
        try:
            ended = await self._verified_anew(self._tries.backend)
            return (
                ended
                if ended.outcome is RunOutcome.VERIFIED
                else await self._steps_asked_again(ended, self._tries)
            )
        except FkdashError as again:
            return ending.failed(self.plan, self.journal.path, again, found)
        except Exception as fault:  # noqa: BLE001 - fkdash fails at verifying; that everything took effect is known
            return ending.failed(self.plan, self.journal.path, FaultError(f"{details_of(fault)}."), found)

    async def _found_out(self) -> Found | None:
        """Ask the database what took effect; None where nobody can tell now."""
        tries = self._tries
        if tries is None:
            return Found(())
        step = next((each for each in self.plan.steps if each.number not in self._done), None)
        alone = step is not None and step.alone
        open_question = alone or tries.committing is not None
        settled = True
        if self.writer.is_lost:
            settled = await gone(
                self.sessions,
                tries.backend,
                end=not alone and not self.writer.pooled,
                seconds=self.settling_seconds if open_question else min(self.settling_seconds, _FREEING_SECONDS),
            )
        if not (tries.touched or self._done):
            return Found(())
        if not await self._commit_is_known(tries, settled=settled, open_question=open_question):
            return None
        return await self._ask(tries, settled=settled)

    async def _commit_is_known(self, tries: Tries, *, settled: bool, open_question: bool) -> bool:
        status = None
        under_way = tries.committing
        same_history = await has_same_history(self.sessions, tries.backend, seconds=self.seconds)
        if under_way is not None and same_history:
            status = await transaction_status(self.sessions, under_way.xid, seconds=self.settling_seconds)
            self._note("settled", xid=under_way.xid, status=status, session_gone=settled)
        rows_in_doubt = (under_way is not None and under_way.rows) or (tries.rows and not same_history)
        if status is None and rows_in_doubt:
            # The catalog tells of declarations; whether these rows were changed, only the first server knew.
            return False
        if status == COMMITTED and under_way is not None and under_way.rows is not None:
            tries.batch_is_committed()
        elif status == COMMITTED and under_way is not None:
            self._done += [number for number in under_way.steps if number not in self._done]
        return status != IN_PROGRESS and (status is not None or settled or not open_question)

    async def _ask(self, tries: Tries, *, settled: bool) -> Found | None:
        """Read over a new connection which steps are in effect, whatever was committed before."""
        until = time.monotonic() + (self.settling_seconds if settled else 0.0)
        while True:
            try:
                return await self._asked(tries)
            except UnreachableError:
                # A server that answered a moment ago may be starting, or have no connection left.
                if time.monotonic() >= until:
                    return None
                await asyncio.sleep(_PAUSE_SECONDS)
            except FkdashError:
                return None

    async def _asked(self, tries: Tries) -> Found:
        async with asked_anew(self.writer, self.sessions) as session:
            await session.execute(f"set local statement_timeout = {round(self.seconds * 1000)}")
            await require_same_primary(session, tries.backend.identity)
            trusted = self.writer.target.trusted_owners
            in_effect = await steps_told(session, self.catalog, self.plan, claimed=self._done, trusted=trusted)
            left = await self._left(session, in_effect)
        self._missing = [number for number in self._done if number not in in_effect]
        self._done = in_effect
        rows = sum(rows for number, rows in tries.rows.items() if number not in in_effect)
        return Found(tuple(in_effect), tuple(self._missing), rows, left)

    async def _left(self, session: Session, in_effect: Sequence[int]) -> str:
        """Say what a step that allows no transaction left behind; empty when nothing."""
        step = next((each for each in self.plan.steps if each.number not in in_effect), None)
        if step is None or step.leftover is None:
            return ""
        left = await session.value(step.leftover)
        return (
            f"It left an invalid index, which resuming removes, or {for_psql(step.cleanup or '')}" if left else ""
        )

    def _note(self, event: str, **facts: object) -> bool:
        """Write what is good to know; what must be known for the way back is on the disk already.

        A journal without a plan would be none: nothing was begun. False where the disk does not take it.
        """
        if not self._begun:
            return True
        try:
            self.journal.write(event, **facts)
        except JournalError:
            return False
        return True
