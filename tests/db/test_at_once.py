"""Questions at the same time: an error in one leaves no trace in who waits for them."""

from __future__ import annotations

import asyncio

import pytest

from fkdash.db.at_once import at_once
from fkdash.errors import FkdashError, ServerRefusedError

pytestmark = pytest.mark.newest_version


async def _refused() -> None:
    await asyncio.sleep(0)
    raise ServerRefusedError("no", sqlstate="42501")


@pytest.mark.parametrize("body_waits", [True, False])
async def test_a_time_limit_around_questions_of_which_one_failed_is_still_a_time_limit(body_waits: bool) -> None:
    async def ask() -> None:
        async with at_once() as group:
            group.create_task(_refused())
            if body_waits:
                await asyncio.Event().wait()

    async def ask_until_the_limit() -> None:
        async with asyncio.timeout(None) as limited:
            for _ in range(3):
                with pytest.raises(FkdashError, match="no"):
                    await ask()
            limited.reschedule(0)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await ask_until_the_limit()


async def test_a_cancellation_from_outside_is_not_taken_back() -> None:
    waiting = asyncio.Event()

    async def waits() -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def ask() -> None:
        async with at_once() as group:
            group.create_task(waits())

    asking = asyncio.create_task(ask())
    await waiting.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
