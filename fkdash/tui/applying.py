"""The run that is going on: owned by the application, so that no screen's end is its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.apply.events import Event, RunEnded
    from fkdash.apply.run import Wishes
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.tui.connection import Connection


class Applying:
    """At most one run at a time. `watchers` are called after every event and at the end.

    `trouble` is what kept it from starting; `ended` how it ended. Both are None while it runs.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._task: asyncio.Task[None] | None = None
        self._wishes: Wishes | None = None
        self.plan: Plan | None = None
        self.events: list[Event] = []
        self.ended: RunEnded | None = None
        self.trouble: FkdashError | None = None
        self.cancelled = False
        self.watchers: list[Callable[[], None]] = []

    @property
    def running(self) -> bool:
        """Whether something is being changed right now."""
        return self._task is not None and not self._task.done()

    def start(self, catalog: Catalog, plan: Plan, *, continues: Path | None = None) -> None:
        """Begin to carry a plan out; `continues` is the journal of the run that it finishes or undoes.

        There must be no other run.
        """
        if self.running:
            raise RuntimeError("A run is going on already.")
        self.plan, self.events, self.ended, self.trouble, self.cancelled = plan, [], None, None, False
        self._task = asyncio.create_task(self._carry_out(catalog, plan, continues), name="apply")

    def stop_after_step(self) -> None:
        """Ask the run to end after the step that is under way."""
        if self._wishes is not None:
            self._wishes.stop_after_step = True

    async def cancel(self) -> None:
        """End the run now; what is open is rolled back. Comes back when that is done."""
        if self._task is not None and not self._task.done():
            self.cancelled = True
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _carry_out(self, catalog: Catalog, plan: Plan, continues: Path | None) -> None:
        # Loaded only now: nobody who just looks pays for what changes things.
        from fkdash.apply.journal import Journal  # noqa: PLC0415
        from fkdash.apply.run import Run, Wishes  # noqa: PLC0415
        from fkdash.db.writing import open_writer  # noqa: PLC0415

        self._wishes = Wishes()
        try:
            pool = await self._connection.pool()
            with Journal.create(plan.key.qualified) as journal:
                async with open_writer(pool.target) as writer:
                    run = Run(
                        writer,
                        pool,
                        catalog,
                        plan,
                        journal,
                        self._heard,
                        wishes=self._wishes,
                        continues=continues,
                    )
                    self.ended = await run.carry_out()
        except FkdashError as error:
            self.trouble = error
        finally:
            self._wishes = None
            self._task = None
            self._tell()

    def _heard(self, event: Event) -> None:
        self.events.append(event)
        self._tell()

    def _tell(self) -> None:
        for watcher in list(self.watchers):
            watcher()
