"""Says once a second how far a step is that takes long, and whom it waits for."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from fkdash.apply.events import StepProgress
from fkdash.apply.holders import Holder, holder_of
from fkdash.db.queries import query
from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fkdash.apply.events import Event
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Step

_EVERY_SECONDS: Final = 1.0


@asynccontextmanager
async def reporting(
    sessions: Sessions, pid: int, step: Step, tell: Callable[[Event], None]
) -> AsyncIterator[None]:
    """Tell `StepProgress` once a second while the block runs; looking never disturbs the run."""
    task = asyncio.create_task(_report(sessions, pid, step, tell))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _report(sessions: Sessions, pid: int, step: Step, tell: Callable[[Event], None]) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        detail, waits_for = "", tuple[Holder, ...]()
        with suppress(FkdashError):
            async with sessions.session(_EVERY_SECONDS) as session:
                row = await session.row(query("fkdash.apply", "progress"), pid)
                found = await session.rows(query("fkdash.apply", "waits_for"), pid)
            waits_for = tuple(holder_of(each) for each in found)
            if row is not None:
                detail = str(row["phase"])
                if row["total"]:
                    detail += f", {100 * row['done'] // row['total']} %"
        tell(StepProgress(step, time.monotonic() - began, detail, waits_for))
