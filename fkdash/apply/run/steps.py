"""One try of one step, or of the steps that commit together: the only statements that change anything."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.apply.events import StepProgress
from fkdash.apply.kept_by_whom import refuse_a_stranger
from fkdash.apply.others_code import refuse_at_once, refuse_planted_for, refuse_to_read
from fkdash.apply.proof.probes import user_triggers
from fkdash.apply.proof.verify import key_tables
from fkdash.apply.run.lost_connection import Committing, backend_of
from fkdash.apply.run.progress import reporting
from fkdash.apply.run.unchanged import refuse_changed, refuse_changed_since, reserved
from fkdash.apply.sandbox import pinned, prepared
from fkdash.apply.walk import LONGEST_PAUSE_BETWEEN_BATCHES, Walk
from fkdash.counted import counted
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.db.undisturbed import undisturbed
from fkdash.errors import FkdashError, LockTimedOutError, ServerRefusedError, StoppedError
from fkdash.fix.plan import ATTACH, REPLACED, Duration
from fkdash.rules.sizes import rows_of
from fkdash.sqlstates import SERIALIZATION_FAILURE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from fkdash.apply.events import Event
    from fkdash.apply.journal.database_copy import DatabaseCopy
    from fkdash.apply.journal.journal import Journal
    from fkdash.apply.run.lost_connection import Backend
    from fkdash.apply.run.patience import Wishes
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

_RESERVE_LOCK_MS: Final = 3000
_IDLE_MS: Final = 10_000
_CLEANING_LOCK_MS: Final = 10_000
_CLEANING_SECONDS: Final = 15.0
_FIRST_WAIT_MS: Final = 25
_BELOW_DEADLOCK: Final = 0.8
_COUNTING_SECONDS: Final = 10.0
_LEEWAY: Final = 3
_MOST_REPAIRS: Final = 100_000
_MOST_UNKNOWN: Final = 10_000_000
"""Beyond these a repair is not getting anywhere; statistics may be out of date, so they are generous."""
ADVISORY: Final = "pg_catalog.hashtextextended('fkdash', $1)"
"""The key of the advisory lock on a table's OID under which only one fkdash changes its keys."""


@dataclass(slots=True)
class Tries:
    """Tries steps. Until one of its own took effect, every try compares the objects under its own lock.

    `committing` is the transaction whose COMMIT may have been sent and whose end is not known; `touched` says
    that something may have taken effect, `changed` that something did.
    """

    writer: Writer
    sessions: Sessions
    catalog: Catalog
    plan: Plan
    journal: Journal
    tell: Callable[[Event], None]
    backend: Backend
    wishes: Wishes
    copy: DatabaseCopy | None = None
    touched: bool = False
    changed: bool = False
    committing: Committing | None = None
    rows: dict[int, int] = field(default_factory=dict)
    _longest_wait_ms: int = _FIRST_WAIT_MS

    async def once(self, steps: Sequence[Step], attempt: int = 1) -> None:
        """Try steps that commit together, or one that stands alone; raises FkdashError.

        The first tries that stop others give up sooner than the step allows. A lock is had at once or after the
        transactions under way, which are short, or it is not had at all: others wait in a circle with this session
        (deletes lock parent and child, inserts child and parent), or for one that sits idle.
        """
        self._longest_wait_ms = _FIRST_WAIT_MS * 2 ** ((attempt - 1) // 2)
        first = steps[0]
        if self.writer.is_retired:
            await self.writer.renew()
            self.backend = await backend_of(self.writer)
        if first.alone:
            await self._alone(first)
        elif any(step.repeats for step in steps):
            await self._in_batches(steps)
        elif first.checks_rows:
            await self._confined(steps)
        else:
            await self._together(steps)

    async def _together(self, steps: Sequence[Step]) -> None:
        async with self.writer.transaction() as session:
            await self._begin(session, steps[0])
            await refuse_at_once(session, self.catalog, self.plan, steps, self.writer.target.trusted_owners)
            for step in steps:
                await self._limit(session, step)
                async with self._reported(step):
                    await session.execute(step.sql)
            await refuse_a_stranger(session, self.catalog, self.plan, steps)
            await self._committing(session, [step.number for step in steps])
        self.committing = None
        self.changed = True

    async def _confined(self, steps: Sequence[Step]) -> None:
        """Check rows with the table owner's rights: it runs what others planted, and nothing of that is left.

        Between the last statement and COMMIT there is nothing; what it left in the connection goes with that.
        """
        *before, check = steps
        tables = key_tables(self.catalog, self.plan.key)
        own = self.catalog.tables[check.locks[0].table].oid
        ran = False
        try:
            async with self.writer.transaction() as session:
                await self._begin(session, check)
                for step in before:
                    await self._limit(session, step)
                    await session.execute(step.sql)
                await self._committing(session, [step.number for step in steps])
                await self._limit(session, check)
                read = [each for each in (own, *tables) if each is not None]
                trusted = self.writer.target.trusted_owners
                await refuse_to_read(session, read, trusted)
                body = query("fkdash.apply", "run_confined").format(statement=literal(check.sql), idle_ms=_IDLE_MS)
                ready = await prepared(session, read, body, lasting=True, trusted=trusted)
                ran = True
                async with self._reported(check):
                    await ready.call()
        finally:
            if ran:
                await self.writer.retire()
        self.committing = None
        self.changed = True

    async def _in_batches(self, steps: Sequence[Step]) -> None:
        step = next(each for each in steps if each.repeats)
        rows_there = rows_of(self.catalog, self.plan.key.table)
        most = max(_MOST_REPAIRS, _LEEWAY * rows_there) if rows_there is not None else _MOST_UNKNOWN
        triggers = user_triggers(self.catalog, self.plan.key)
        walk = Walk(step, self.plan.pace, await self._total(step), triggers)
        while True:
            began = time.monotonic()
            try:
                rows = await self._batch_committed(steps, walk)
            except ServerRefusedError as error:
                if error.sqlstate != SERIALIZATION_FAILURE or not walk.may_try_again():
                    raise
                # Somebody changed one of the rows meanwhile: look again whether it is still an orphan.
                await asyncio.sleep(LONGEST_PAUSE_BETWEEN_BATCHES)
                continue
            self.batch_is_committed()
            if not walk.goes_on(rows):
                return
            if self.rows[step.number] > most:
                raise StoppedError(
                    f"Step {step.number} changed more rows than {self.plan.key.table} has: they come back.",
                    next_step="A trigger may be changing them back; look at the table's triggers.",
                )
            if self.wishes.stop_after_step:
                raise StoppedError(
                    f"Stopped as asked, after {counted(self.rows[step.number], 'rows')} of step {step.number}."
                )
            self.tell(StepProgress(step, walk.seconds, walk.words))
            await asyncio.sleep(walk.pause(rows, time.monotonic() - began))

    async def _batch_committed(self, steps: Sequence[Step], walk: Walk) -> int:
        # A row that somebody else changed since is an error then, and never judged by an old snapshot.
        # Other steps lock the table first, and what is read then is as it is.
        async with self.writer.transaction(one_snapshot=len(steps) == 1) as session:
            await self._begin(session, steps[0])
            await refuse_at_once(session, self.catalog, self.plan, steps, self.writer.target.trusted_owners)
            await refuse_a_stranger(session, self.catalog, self.plan, steps)
            rows = await self._batch(session, steps, walk)
            await self._committing(session, [each.number for each in steps], rows=rows, last=walk.is_last(rows))
        return rows

    async def _total(self, step: Step) -> int | None:
        """Count what there is to do, for a few seconds at most; nobody waits for more than an estimate."""
        if step.total is None:
            return None
        try:
            async with self.sessions.session(_COUNTING_SECONDS) as session:
                await refuse_planted_for(session, self.catalog, self.plan)
                return int(await session.value(step.total))
        except FkdashError:
            return None

    def batch_is_committed(self) -> None:
        """Count the rows of the transaction on the point of COMMIT."""
        under_way, self.committing = self.committing, None
        self.changed = True
        for step in self.plan.steps:
            if under_way is not None and step.number in under_way.steps and step.repeats:
                self.rows[step.number] = self.rows.get(step.number, 0) + (under_way.rows or 0)

    async def _batch(self, session: Session, steps: Sequence[Step], walk: Walk) -> int:
        """Run steps once and give the rows that the repeating one changed."""
        rows = 0
        for step in steps:
            await self._limit(session, step)
            async with self._reported(step):
                if step.repeats:
                    [batch] = await session.rows(walk.sql)
                    rows = walk.came_to(
                        found=batch["found"],
                        changed=batch["changed"],
                        otherwise=batch["otherwise"],
                        came_to=batch["came_to"],
                    )
                else:
                    await session.execute(step.sql)
            if step.repeats:
                # ALTER TABLE refuses a table with checks pending (55006).
                await session.execute("set constraints all immediate")
        return rows

    async def _alone(self, step: Step) -> None:
        """Run a step that allows no transaction; what failed tries leave is removed at once or before the next."""
        async with self._alone_on_table():
            if not self.changed:
                async with self.writer.rolled_back() as session, pinned(session):
                    await refuse_changed(session, self.catalog, self.plan)
            own = self.catalog.tables[step.locks[0].table].oid
            if step.plans_as_owner and own is not None:
                async with self.writer.rolled_back() as session:
                    await refuse_to_read(session, [own], self.writer.target.trusted_owners)
            await self._clean_up(step)
            self.journal.write("running", step=step.number, pid=self.writer.backend_pid)
            self.touched = True
            try:
                async with self._reported(step):
                    await self.writer.run_alone(step.sql)
                self.changed = True
                if self.copy is not None:
                    async with self.writer.transaction() as session:
                        await self.copy.reserve(session)
                        await self.copy.add(session, "step-done", {"step": step.number})
            except (FkdashError, asyncio.CancelledError):
                if not self.writer.is_lost:
                    await undisturbed(self._in_time(self._clean_up(step)))
                raise

    @asynccontextmanager
    async def _alone_on_table(self) -> AsyncIterator[None]:
        """Keep other fkdash away for longer than a transaction; behind a pooler that is not possible."""
        oid = self.catalog.tables[self.plan.key.table].oid
        if self.writer.pooled:
            yield
            return
        for setting in ("lock_timeout", "statement_timeout", "idle_session_timeout"):
            await self.writer.run_alone(f"set {setting} = 0")
        async with self.writer.rolled_back() as session:
            lasting = await _commits_last(session)
        if not lasting:
            await self.writer.run_alone("set synchronous_commit = local")
        async with self.writer.rolled_back() as session:
            if not await session.value(f"select pg_catalog.pg_try_advisory_lock({ADVISORY})", oid):
                raise self._taken()
        try:
            yield
        finally:
            if not self.writer.is_lost:
                await undisturbed(self._in_time(self._unlock(oid)))

    async def _in_time(self, work: Coroutine[None, None, None]) -> None:
        """Do what is left to do on a connection that may be silent by now; then it is given up."""
        try:
            async with asyncio.timeout(_CLEANING_SECONDS):
                await work
        except TimeoutError:
            await self.writer.close()

    async def _unlock(self, oid: int | None) -> None:
        async with self.writer.rolled_back() as session:
            await session.value(f"select pg_catalog.pg_advisory_unlock({ADVISORY})", oid)

    async def _clean_up(self, step: Step) -> None:
        if step.leftover is None or step.cleanup is None:
            return
        async with self.writer.rolled_back() as session, pinned(session):
            left = await session.value(step.leftover)
        if left:
            self.journal.write("cleaning-up", step=step.number, sql=step.cleanup)
            await self.writer.run_alone(f"set lock_timeout = {_CLEANING_LOCK_MS}")
            await self.writer.run_alone(step.cleanup)
            await self.writer.run_alone("set lock_timeout = 0")

    async def _begin(self, session: Session, step: Step) -> None:
        """Let autovacuum give way and keep other changes of the schema out, without stopping anybody."""
        await session.execute(f"set local idle_in_transaction_session_timeout = {_IDLE_MS}")
        if not await _commits_last(session):
            await session.execute("set local synchronous_commit = local")
        table = self.catalog.tables[self.plan.key.table]
        if not await session.value(f"select pg_catalog.pg_try_advisory_xact_lock({ADVISORY})", table.oid):
            raise self._taken()
        if self.copy is not None:
            await self.copy.reserve(session)
        if step.reserve is not None:
            await session.execute(f"set local lock_timeout = {_RESERVE_LOCK_MS}")
            await reserved(session, step.reserve)
        if not self.changed:
            async with pinned(session):
                await refuse_changed(session, self.catalog, self.plan)
        if step.title == ATTACH or (self.changed and step.title == REPLACED):
            async with pinned(session):
                await refuse_changed_since(session, self.catalog, self.plan, step)

    async def _limit(self, session: Session, step: Step) -> None:
        lock_ms = step.lock_timeout_ms
        if any(lock.mode.stops != "nobody waits" for lock in step.locks):
            below_deadlock = max(1, int(self.backend.deadlock_timeout_ms * _BELOW_DEADLOCK))
            lock_ms = min(lock_ms, self._longest_wait_ms, below_deadlock)
        await session.execute(f"set local lock_timeout = {lock_ms}")
        await session.execute(f"set local statement_timeout = {step.statement_timeout_ms}")

    async def _committing(
        self, session: Session, numbers: list[int], rows: int | None = None, *, last: bool = True
    ) -> None:
        """Keep what is needed to find out how COMMIT ended, before it is sent; `last`: no batch comes after it."""
        facts: dict[str, object] = {} if rows is None else {"rows": rows}
        if self.copy is not None:
            for number in numbers:
                await self.copy.add(session, "step-done" if last else "batch-done", {"step": number, **facts})
        xid = str(await session.value("select pg_catalog.pg_current_xact_id()::pg_catalog.text"))
        self.journal.write("committing", steps=numbers, xid=xid, pid=self.writer.backend_pid, **facts)
        self.committing = Committing(xid, tuple(numbers), rows)
        self.touched = True

    @asynccontextmanager
    async def _reported(self, step: Step) -> AsyncIterator[None]:
        if step.alone or any(lock.duration is Duration.SCAN for lock in step.locks):
            async with reporting(self.sessions, self.writer.backend_pid, step, self.tell):
                yield
        else:
            yield

    def _taken(self) -> FkdashError:
        """Give what another run on the table does: it ends ours, or is waited for once something is changed."""
        what = f"Another fkdash is changing {self.plan.key.table.shown} right now."
        if self.changed:
            return LockTimedOutError(what, next_step="Go on with what is left once it is done.")
        return StoppedError(what, next_step="Wait until it is done, then look again.")


async def _commits_last(session: Session) -> bool:
    """Tell whether a COMMIT that was answered is still there after a crash."""
    return str(await session.value("select pg_catalog.current_setting('synchronous_commit')")) != "off"
