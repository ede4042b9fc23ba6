"""The one way to change a database, for both faces: look, have it confirmed, keep the journal, run, say the end.

Nothing is run for a session that only looks, without a preflight that lets it start, or without the names that
must be typed. Once the journal is open there is always an end, and it says what the database says, whether the
run was through, was cancelled, lost its connection or met a fault.
"""

from __future__ import annotations

import asyncio
from dataclasses import field
from typing import TYPE_CHECKING, Final

from fkdash.apply.events import RunBegan
from fkdash.apply.journal.database_copy import DatabaseCopy
from fkdash.apply.journal.identity import identity_of
from fkdash.apply.journal.journal import Journal
from fkdash.apply.journal.records import unfinished
from fkdash.apply.proof.preflight import may_start, preflight
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.apply.run.ending import not_begun
from fkdash.apply.run.patience import Patience, Wishes
from fkdash.apply.run.run import SETTLING_SECONDS, Run
from fkdash.apply.writer import writer_beside
from fkdash.db.target import refuse_writing
from fkdash.errors import AlreadySoError, StoppedError, UsageError
from fkdash.fact import fact
from fkdash.orphans.scan import count_orphans
from fkdash.profiles import is_production
from fkdash.rules.actions.enforcement import is_silenced
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fkdash.apply.events import Event, RunEnded
    from fkdash.apply.journal.records import RecordedRun
    from fkdash.apply.proof.preflight import PreflightLine
    from fkdash.apply.proof.rehearsal import Rehearsal
    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.fix.plan import Plan

__all__ = [
    "Change",
    "Confirmation",
    "carry_out",
    "left_halfway",
    "look",
    "may_start",
    "refuse_what_is_so",
    "try_out",
    "wanted",
]

_LOOKING_SECONDS: Final = 10.0


@fact
class Change:
    """What is to be changed, where, and under which rules.

    `catalog` is what the plan was made from. `environment` is what the profile says. `continues` is the journal
    of the run that this one finishes or undoes; `copy_in` the schema in which the database itself is to keep what
    matters of the journal; `folder` where journals are, by default the operator's own. `settling_seconds` is how
    long a lost connection's outcome is asked for.
    """

    pool: ReadPool
    catalog: Catalog
    plan: Plan
    environment: str = ""
    reason: str = ""
    continues: Path | None = None
    copy_in: str | None = None
    folder: Path | None = None
    patience: Patience = field(default_factory=Patience)
    settling_seconds: float = SETTLING_SECONDS


@fact
class Confirmation:
    """The names that somebody typed, or has to type: the constraint's, in production the database's as well."""

    constraint: str
    database: str | None = None


def wanted(change: Change) -> Confirmation:
    """Give what has to be typed before a change is carried out."""
    server = change.catalog.server
    production = is_production(change.environment)
    return Confirmation(change.plan.key.name, server.database if production and server is not None else None)


async def look(change: Change) -> tuple[PreflightLine, ...]:
    """Look at everything that could make the change fail or hurt; writes nothing."""
    async with writer_beside(change.pool) as writer:
        return await preflight(change.pool, writer, change.catalog, change.plan, seconds=_LOOKING_SECONDS)


async def left_halfway(change: Change) -> tuple[RecordedRun, ...]:
    """Give the runs on the same table of this database that nobody has finished; not the one that is continued."""
    async with change.pool.session() as session:
        here = await identity_of(session)
    return tuple(
        run
        for run in await asyncio.to_thread(unfinished, change.folder, table=change.plan.key.table)
        if run.identity.is_same(here) and run.path != change.continues
    )


async def refuse_what_is_so(change: Change) -> None:
    """Raise AlreadySoError for a repair of a proven key without orphans; of other plans the catalog tells."""
    plan, key = change.plan, change.plan.key
    if not plan.mends or not (key.validated and key.enforced) or is_silenced(change.catalog, key):
        return
    orphans = await count_orphans(change.pool, change.catalog, key, seconds=_LOOKING_SECONDS)
    if orphans.rows == 0:
        raise AlreadySoError(key.qualified, plan.option, "every row refers to an existing row")


async def try_out(change: Change, given: Confirmation | None) -> Rehearsal:
    """Rehearse a change: its short steps with their real locks, rolled back.

    Raises UsageError for a session that only looks, and in production without the names that must be typed.
    """
    refuse_writing(change.pool.target)
    if is_production(change.environment):
        _require_confirmed(change, given)
    async with writer_beside(change.pool) as writer:
        return await rehearse(writer, change.catalog, change.plan)


async def carry_out(
    change: Change,
    looked: Sequence[PreflightLine],
    given: Confirmation | None,
    tell: Callable[[Event], None],
    wishes: Wishes,
) -> RunEnded:
    """Carry a change out, by what the preflight `looked` at and what was typed (`given`).

    Cancelling the task that waits for it cancels the run, and it still comes back with the end; a second time
    changes nothing. Raises UsageError and StoppedError where it may not begin, JournalError where no journal can
    be kept, and what connecting raises: then nothing was run.
    """
    refuse_writing(change.pool.target)
    if change.plan.steps:
        _require_confirmed(change, given)
    if not looked or not may_start(looked):
        raise StoppedError("The preflight stops it; nothing was changed.", next_step="See its lines.")
    carrying = _Carrying(change, tell, wishes)
    task = asyncio.create_task(carrying.out(), name="change")
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            carrying.cancel(task)
    return task.result()


class _Carrying:
    """A change on its way; cancelling it before there is a run ends the task, later it is the run's business."""

    def __init__(self, change: Change, tell: Callable[[Event], None], wishes: Wishes) -> None:
        self._change, self._tell, self._wishes = change, tell, wishes
        self._run: Run | None = None
        self._cancelled = False

    def cancel(self, task: asyncio.Task[RunEnded]) -> None:
        if self._run is not None:
            self._run.cancel()
        elif not self._cancelled:
            self._cancelled = True
            task.cancel()

    async def out(self) -> RunEnded:
        change = self._change
        with Journal.create(change.plan.key.qualified, folder=change.folder) as journal:
            self._tell(RunBegan(journal.path))
            try:
                async with writer_beside(change.pool) as writer:
                    self._run = Run(
                        writer,
                        change.pool,
                        change.catalog,
                        change.plan,
                        journal,
                        self._tell,
                        wishes=self._wishes,
                        patience=change.patience,
                        reason=change.reason,
                        settling_seconds=change.settling_seconds,
                        continues=change.continues,
                        copy=DatabaseCopy(change.copy_in, journal.path.stem) if change.copy_in else None,
                    )
                    return await self._run.carry_out()
            except asyncio.CancelledError:
                return not_begun(change.plan, journal.path)


def _require_confirmed(change: Change, given: Confirmation | None) -> None:
    asked = wanted(change)
    if given is None or given.constraint != asked.constraint:
        raise UsageError(
            "The constraint's name must be given, spelled exactly, before anything is run.",
            next_step=f"--confirm {shell_word(asked.constraint)}",
        )
    if asked.database is not None and given.database != asked.database:
        raise UsageError(
            "This profile is production: the database's name must be given as well.",
            next_step=f"--confirm-database {shell_word(asked.database)}",
        )
