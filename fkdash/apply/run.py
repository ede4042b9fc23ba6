"""Carries a plan out: the one place that changes a schema.

Each of the plan's transactions is tried until its lock is had or patience ends. Before the first
statement the journal holds the plan and the way back; a line is on the disk before and after every step.
The objects' fingerprint is compared under the first lock: if somebody changed them, nothing runs.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final

from fkdash.apply import ending
from fkdash.apply.events import Event, RunEnded, StepDone, StepStarted, StepWaits
from fkdash.apply.holders import holders
from fkdash.apply.journal import JournalError
from fkdash.apply.preflight import tables_by_mode
from fkdash.apply.settle import IN_PROGRESS, backend_of, gone, transaction_status
from fkdash.apply.steps import Tries
from fkdash.apply.verify import row_summary, verify
from fkdash.apply.wishes import Patience, Wishes
from fkdash.db.writing import open_writer
from fkdash.errors import (
    CommitUnknownError,
    ConnectionLostError,
    FkdashError,
    LockTimedOutError,
    ServerRefusedError,
)
from fkdash.fix.document import plan_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fkdash.apply.database_copy import DatabaseCopy
    from fkdash.apply.holders import Holder
    from fkdash.apply.journal import Journal
    from fkdash.apply.settle import Backend
    from fkdash.apply.verify import RowSummary
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

__all__ = ["Patience", "Run", "Wishes"]

_DEADLOCK: Final = "40P01"
_SETTLING_SECONDS: Final = 20.0
_FREEING_SECONDS: Final = 5.0


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
    settling_seconds: float = _SETTLING_SECONDS
    continues: Path | None = None
    copy: DatabaseCopy | None = None
    _done: list[int] = field(default_factory=list)
    _tries: Tries | None = None

    @property
    def steps_done(self) -> tuple[int, ...]:
        """The numbers of the steps that are committed."""
        return tuple(self._done)

    async def carry_out(self) -> RunEnded:
        """Run every step and verify; never raises for what the database, the network or the disk does.

        A cancelled task leaves its open transaction rolled back and says so in the journal.
        """
        summary = None
        try:
            summary = await row_summary(self.sessions, self.catalog, self.plan.key, seconds=self.seconds)
            ended = await self._carry_out(summary)
        except asyncio.CancelledError:
            self._note("interrupted", steps_done=self._done)
            raise
        except ConnectionLostError as error:
            ended = await self._after_loss(error, summary)
        except FkdashError as error:
            ended = await self._failed(error)
        facts = {
            "outcome": ended.outcome,
            "message": ended.message,
            "steps_done": self._done,
            "verification": [
                {"check": each.check, "ok": each.ok, "detail": each.detail} for each in ended.verification
            ],
        }
        self._note("ended", **facts)
        await self._copy_end(facts)
        self.tell(ended)
        return ended

    async def _copy_end(self, facts: Mapping[str, object]) -> None:
        """Keep the end in the database too; without it the copy says that the run was cut off, which is safe."""
        if self.copy is None or self._tries is None:
            return
        with suppress(FkdashError):
            async with open_writer(self.writer.target) as writer, writer.transaction() as session:
                await self.copy.add(session, "ended", facts)

    async def _carry_out(self, summary: RowSummary | None) -> RunEnded:
        backend = await backend_of(self.writer)
        facts = self._facts(backend)
        self.journal.write("plan", **facts)
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
        for _, grouped in groupby(self.plan.steps, key=lambda step: step.transaction):
            if self.wishes.stop_after_step:
                return ending.stopped(self.plan, self.journal.path, self._done)
            await self._steps(tuple(grouped), self._tries)
        return await self._verify(self.writer, summary)

    async def _verify(self, writer: Writer, summary: RowSummary | None) -> RunEnded:
        found = await verify(self.sessions, writer, self.catalog, self.plan, summary, seconds=self.seconds)
        return ending.verified(self.plan, self.journal.path, self._done, found)

    def _facts(self, backend: Backend) -> dict[str, object]:
        server = self.catalog.server
        return {
            "plan": plan_document(self.plan),
            "database": backend.identity.database,
            "server": server.version if server else "",
            "cluster": backend.identity.cluster,
            "database_oid": backend.identity.oid,
            "where": self.writer.where,
            "role": server.role if server else "",
            "operator": getpass.getuser(),
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
        self._done += [step.number for step in steps]
        for step in steps:
            self.tell(StepDone(step, time.monotonic() - began))
        for step in steps:
            self.journal.write("step-done", step=step.number)

    async def _wait(self, step: Step, attempt: int) -> None:
        pause = self.patience.pause(attempt)
        in_the_way = await self._holders(step)
        self.journal.write(
            "step-waits", step=step.number, attempt=attempt, holders=[str(each) for each in in_the_way]
        )
        self.tell(StepWaits(step, attempt, pause, in_the_way))
        await asyncio.sleep(pause)

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

    async def _after_loss(self, error: ConnectionLostError, summary: RowSummary | None) -> RunEnded:
        """Find out, over another connection, what took effect before the session ended."""
        self._note("lost", message=error.what)
        step = next((each for each in self.plan.steps if each.number not in self._done), None)
        tries = self._tries
        if tries is None or step is None:
            return await self._failed(error)
        open_question = isinstance(error, CommitUnknownError) or step.alone
        settled = await gone(
            self.sessions,
            tries.backend,
            end=not step.alone and not self.writer.pooled,
            seconds=self.settling_seconds if open_question else min(self.settling_seconds, _FREEING_SECONDS),
        )
        if open_question and not await self._settle(tries, settled=settled):
            return ending.unknown(self.journal.path, self._done, error)
        if len(self._done) < len(self.plan.steps):
            # What the error says of COMMIT is answered now.
            return await self._failed(ConnectionLostError(error.what))
        try:
            async with open_writer(self.writer.target) as writer:
                return await self._verify(writer, summary)
        except FkdashError as again:
            return await self._failed(again)

    async def _settle(self, tries: Tries, *, settled: bool) -> bool:
        """Tell whether it is known now which steps took effect: by pg_xact_status and by the catalog."""
        status = None
        if tries.xid:
            status = await transaction_status(self.sessions, tries.xid, seconds=self.settling_seconds)
        self._note("settled", xid=tries.xid, status=status, session_gone=settled)
        if status == IN_PROGRESS or (status is None and not settled):
            return False
        try:
            async with self.sessions.session(self.seconds) as session:
                for step in self.plan.steps[len(self._done) :]:
                    if not await session.value(step.done_when):
                        break
                    self._done.append(step.number)
        except FkdashError:
            return False
        return True

    async def _failed(self, error: FkdashError) -> RunEnded:
        self._note("error", message=error.what)
        rows = 0
        if self._tries is not None:
            rows = sum(rows for step, rows in self._tries.rows.items() if step not in self._done)
        return ending.failed(self.plan, self.journal.path, self._done, error, rows=rows, left=await self._left())

    async def _left(self) -> str:
        """Say what a step that allows no transaction left behind; empty when nothing."""
        step = next((each for each in self.plan.steps if each.number not in self._done), None)
        if step is None or step.leftover is None or self._tries is None:
            return ""
        try:
            async with self.sessions.session(self.seconds) as session:
                left = await session.value(step.leftover)
        except FkdashError:
            return ""
        return f"It left an invalid index, which resuming removes, or {step.cleanup}" if left else ""

    def _note(self, event: str, **facts: object) -> None:
        """Write what is good to know; what must be known for the way back is on the disk already."""
        with suppress(JournalError):
            self.journal.write(event, **facts)
