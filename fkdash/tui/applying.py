"""The run that is going on: owned by the application, so that no screen's end is its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.apply.change import Change, Confirmation
    from fkdash.apply.events import Event, RunEnded
    from fkdash.apply.proof.preflight import PreflightLine
    from fkdash.apply.run.patience import Wishes
    from fkdash.fix.plan import Plan


class Applying:
    """At most one run at a time. `watchers` are called after every event and at the end.

    `trouble` is what kept it from starting; `ended` how it ended. Both are None while it runs.
    """

    def __init__(self) -> None:
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

    def start(self, change: Change, looked: Sequence[PreflightLine], given: Confirmation) -> None:
        """Begin to carry a change out, as `fkdash.apply.change.carry_out` does. There must be no other run."""
        if self.running:
            raise RuntimeError("A run is going on already.")
        self.plan, self.events, self.ended, self.trouble, self.cancelled = change.plan, [], None, None, False
        self._task = asyncio.create_task(self._carry_out(change, looked, given), name="apply")

    def stop_after_step(self) -> None:
        """Ask the run to end after the step that is under way."""
        if self._wishes is not None:
            self._wishes.stop_after_step = True

    def try_now(self) -> None:
        """Have the step that waits for a lock tried again at once."""
        if self._wishes is not None:
            self._wishes.try_now()

    async def cancel(self) -> None:
        """End the run now; what is open is rolled back. Comes back when the database has said what took effect."""
        task = self._task
        if task is not None and not task.done():
            self.cancelled = True
            task.cancel()
            self._tell()
            while not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError:
                    # Whoever leaves meanwhile leaves with the end known.
                    task.cancel()

    async def _carry_out(self, change: Change, looked: Sequence[PreflightLine], given: Confirmation) -> None:
        # Loaded only now: nobody who just looks pays for what changes things.
        from fkdash.apply.change import carry_out
        from fkdash.apply.run.patience import Wishes
        from fkdash.faults import details_of

        self._wishes = Wishes()
        try:
            self.ended = await carry_out(change, looked, given, self._heard, self._wishes)
        except FkdashError as error:
            self.trouble = error
        except Exception as fault:  # noqa: BLE001 - a run says how it ended itself; this was before or after it
            self.trouble = FkdashError(
                f"{details_of(fault)}.", next_step="fkdash fix history lists whatever was under way."
            )
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
