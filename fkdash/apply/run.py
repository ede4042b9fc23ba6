"""Carries a plan out: the one place that changes a schema.

Each of the plan's transactions is tried until its lock is had or patience ends. Before the first
statement the journal holds the plan and the way back; a line is on the disk before and after every step.
The objects' fingerprint is compared under the first lock: if somebody changed them, nothing runs.
"""

from __future__ import annotations

import asyncio
import getpass
import random
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from fkdash.apply.events import Event, Outcome, RunEnded, StepDone, StepStarted, StepWaits
from fkdash.apply.holders import holders
from fkdash.apply.preflight import locked_tables
from fkdash.apply.verify import Verified, key_tables, row_summary, verify
from fkdash.catalog.postgres import read_catalog
from fkdash.errors import ConnectionLostError, FkdashError, LockTimedOutError, ServerRefusedError, StoppedError
from fkdash.fix.document import plan_document
from fkdash.fix.fingerprint import fingerprint
from fkdash.fix.plan import LockMode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.apply.holders import Holder
    from fkdash.apply.journal import Journal
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

_RESERVE_LOCK_MS = 3000
_IDLE_MS = 10_000
_DEADLOCK = "40P01"
_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a step is tried, and the pauses between in seconds, doubling from the first to the longest."""

    attempts: int = 20
    first_pause: float = 1.0
    longest_pause: float = 30.0

    def pause(self, attempt: int) -> float:
        """Give the pause after the given attempt, a quarter more or less so that waiters spread out."""
        steady = min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)
        return steady * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - nothing secret


@dataclass(slots=True)
class Wishes:
    """What the operator asks of a run that is going on."""

    stop_after_step: bool = False


@dataclass(slots=True)
class Run:
    """One execution of a plan; `catalog` is the one it was made from, `tell` hears of every event.

    `seconds` bounds the reading before and after; the plan's own steps have their own limits.
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
    _done: list[int] = field(default_factory=list)

    async def carry_out(self) -> RunEnded:
        """Run every step and verify; never raises for what the database or the network does.

        A cancelled task leaves its open transaction rolled back and says so in the journal.
        """
        try:
            ended = await self._carry_out()
        except asyncio.CancelledError:
            self.journal.write("interrupted", steps_done=self._done)
            raise
        except FkdashError as error:
            ended = await self._failed(error)
        self.journal.write(
            "ended",
            outcome=ended.outcome,
            message=ended.message,
            steps_done=self._done,
            verification=[
                {"check": each.check, "ok": each.ok, "detail": each.detail} for each in ended.verification
            ],
        )
        self.tell(ended)
        return ended

    async def _carry_out(self) -> RunEnded:
        summary = await row_summary(self.sessions, self.catalog, self.plan.key, seconds=self.seconds)
        self._write_plan()
        for _, grouped in groupby(self.plan.steps, key=lambda step: step.transaction):
            if self.wishes.stop_after_step:
                return self._stopped()
            await self._transaction(tuple(grouped))
        verification = await verify(
            self.sessions, self.writer, self.catalog, self.plan, summary, seconds=self.seconds
        )
        return self._verified(verification)

    def _write_plan(self) -> None:
        server = self.catalog.server
        self.journal.write(
            "plan",
            plan=plan_document(self.plan),
            database=server.database if server else "",
            server=server.version if server else "",
            role=server.role if server else "",
            operator=getpass.getuser(),
            reason=self.reason,
        )

    async def _transaction(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.journal.write("step-started", step=step.number, sql=step.sql)
            self.tell(StepStarted(step))
        attempt = 1
        while True:
            began = time.monotonic()
            try:
                await self._attempt(steps)
            except (LockTimedOutError, ServerRefusedError) as error:
                deadlocked = isinstance(error, ServerRefusedError) and error.sqlstate == _DEADLOCK
                if isinstance(error, ServerRefusedError) and not deadlocked:
                    raise
                if attempt >= self.patience.attempts or self.wishes.stop_after_step:
                    raise
                await self._wait(steps[0], attempt)
                attempt += 1
            else:
                break
        for step in steps:
            self._done.append(step.number)
            self.journal.write("step-done", step=step.number)
            self.tell(StepDone(step, time.monotonic() - began))

    async def _attempt(self, steps: Sequence[Step]) -> None:
        async with self.writer.transaction() as session:
            await session.execute(f"set local idle_in_transaction_session_timeout = {_IDLE_MS}")
            await self._reserve(session, steps[0])
            if not self._done:
                await self._check_unchanged(session)
            for step in steps:
                await session.execute(f"set local lock_timeout = {step.lock_timeout_ms}")
                await session.execute(f"set local statement_timeout = {step.statement_timeout_ms}")
                await session.execute(step.sql)
            transaction = await session.value("select pg_current_xact_id()::text")
            self.journal.write(
                "committing", steps=[step.number for step in steps], xid=transaction, pid=self.writer.backend_pid
            )

    async def _reserve(self, session: Session, step: Step) -> None:
        """Let autovacuum give way and keep other changes of the schema out, without stopping anybody."""
        table = self.catalog.tables[self.plan.key.table]
        alone = await session.value("select pg_try_advisory_xact_lock(hashtextextended('fkdash', $1))", table.oid)
        if not alone:
            raise StoppedError(
                f"Another fkdash is changing {table.name} right now.",
                next_step="Wait until it is done, then look again.",
            )
        if step.reserve is not None:
            await session.execute(f"set local lock_timeout = {_RESERVE_LOCK_MS}")
            await session.execute(f"lock table {step.reserve.sql} in share update exclusive mode")

    async def _check_unchanged(self, session: Session) -> None:
        now = await read_catalog(session, only=key_tables(self.catalog, self.plan.key))
        for key in now.foreign_keys:
            same = (key.table, key.name) == (self.plan.key.table, self.plan.key.name)
            if same and fingerprint(now, key) == self.plan.fingerprint:
                return
        raise StoppedError(
            f"{self.plan.key.qualified} or its columns changed since the plan was made; nothing was run.",
            next_step="Refresh, look at what it is now, and plan again.",
        )

    async def _wait(self, step: Step, attempt: int) -> None:
        pause = self.patience.pause(attempt)
        in_the_way = await self._holders(step)
        self.journal.write(
            "step-waits", step=step.number, attempt=attempt, holders=[str(each) for each in in_the_way]
        )
        self.tell(StepWaits(step, attempt, pause, in_the_way))
        await asyncio.sleep(pause)

    async def _holders(self, step: Step) -> tuple[Holder, ...]:
        mode = step.locks[0].mode if step.locks else LockMode.SHARE_UPDATE_EXCLUSIVE
        tables = locked_tables(self.catalog, self.plan) or key_tables(self.catalog, self.plan.key)
        try:
            async with self.sessions.session(self.seconds) as session:
                return await holders(session, tables, mode, own_pid=self.writer.backend_pid)
        except FkdashError:
            return ()

    def _stopped(self) -> RunEnded:
        message = (
            f"Stopped as asked after step {self._done[-1]}." if self._done else "Stopped before the first step."
        )
        return self._ended(Outcome.STOPPED, message)

    def _verified(self, verification: tuple[Verified, ...]) -> RunEnded:
        wrong = [each for each in verification if each.ok is False]
        if wrong:
            return self._ended(
                Outcome.FAILED,
                f"All steps are done, but this is not as promised: {wrong[0].check} ({wrong[0].detail}).",
                verification,
            )
        return RunEnded(
            outcome=Outcome.VERIFIED,
            journal=self.journal.path,
            message=f"Done and verified: {self.plan.key.qualified}, {self.plan.option}.",
            next_step=f"To undo it ({self.plan.undo_condition}): fkdash fix undo {self.journal.path}",
            steps_done=tuple(self._done),
            verification=verification,
        )

    async def _failed(self, error: FkdashError) -> RunEnded:
        if isinstance(error, ConnectionLostError):
            await self._find_out_what_is_done()
        self.journal.write("error", message=error.what)
        outcome = Outcome.FAILED if self._done else Outcome.ROLLED_BACK
        return self._ended(outcome, error.what, next_step=error.next_step)

    async def _find_out_what_is_done(self) -> None:
        """Ask the catalog, over another connection, which steps took effect before the session ended."""
        try:
            async with self.sessions.session(self.seconds) as session:
                for step in self.plan.steps[len(self._done) :]:
                    if not await session.value(step.done_when):
                        break
                    self._done.append(step.number)
        except FkdashError:
            self.journal.write("unknown", message="the server could not be asked which steps took effect")

    def _ended(
        self, outcome: Outcome, message: str, verification: tuple[Verified, ...] = (), next_step: str = ""
    ) -> RunEnded:
        if self._done:
            path = self.journal.path
            way_on = f"Finish it with `fkdash fix resume {path}`, or go back with `fkdash fix undo {path}`."
        else:
            way_on = "Nothing was changed."
        return RunEnded(
            outcome=outcome,
            journal=self.journal.path,
            message=message,
            next_step=" ".join(filter(None, (next_step if next_step != way_on else "", way_on))),
            steps_done=tuple(self._done),
            verification=verification,
        )
