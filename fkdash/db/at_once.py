"""Several questions at the same time, whose first error is the error of all."""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fkdash.errors import FkdashError


@asynccontextmanager
async def at_once() -> AsyncIterator[TaskGroup]:
    """Give what runs tasks until all have ended; raises the first one's FkdashError by itself, not as a group."""
    try:
        async with TaskGroup() as group:
            yield group
    except ExceptionGroup as errors:
        ours, others = errors.split(FkdashError)
        if ours is None or others is not None:
            raise
        raise ours.exceptions[0] from None
