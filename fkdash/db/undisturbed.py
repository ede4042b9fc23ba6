"""Work that is waited for to its end whoever cancels: what it would leave behind half done is locks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def undisturbed(work: Coroutine[Any, Any, _T]) -> _T:
    """Wait for `work` and give its result, or raise what it raises; a cancellation meanwhile comes afterwards."""
    task = asyncio.create_task(work)
    if await finished(task):
        # Retrieved: what it met is of no interest to somebody who has cancelled.
        task.cancelled() or task.exception()
        raise asyncio.CancelledError
    return task.result()


async def finished(task: asyncio.Task[Any]) -> bool:
    """Wait for the task whatever happens; say whether somebody cancelled the waiting."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    return cancelled
