"""Several questions at the same time, whose first error is the error of all."""

from __future__ import annotations

from asyncio import TaskGroup, current_task
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fkdash.errors import FkdashError


@asynccontextmanager
async def at_once() -> AsyncIterator[TaskGroup]:
    """Give what runs tasks until all have ended; raises the first one's FkdashError by itself, not as a group."""
    task = current_task()
    cancelled_before = task.cancelling() if task is not None else 0
    only_waiting = False
    try:
        async with TaskGroup() as group:
            yield group
            only_waiting = True
    except ExceptionGroup as errors:
        # Python 3.11 cancels who waits for the group when a task of it fails, and does not take that back: a time
        # limit around it, when it is reached later, would then end as a cancellation that nobody asked for.
        if only_waiting and task is not None and task.cancelling() > cancelled_before:
            task.uncancel()
        ours, others = errors.split(FkdashError)
        if ours is None or others is not None:
            raise
        raise ours.exceptions[0] from None
