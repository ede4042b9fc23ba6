"""Closes connections within a bound, stopping what they still run on the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import asyncpg

_CLOSE_SECONDS = 1.0


async def close_all(connections: Iterable[asyncpg.Connection[asyncpg.Record]]) -> None:
    """Close each connection, cancelling its query; one that takes longer than a second is cut off."""
    open_now = [connection for connection in connections if not connection.is_closed()]
    if not open_now:
        return
    closing = [asyncio.create_task(connection.close(timeout=_CLOSE_SECONDS)) for connection in open_now]
    try:
        await asyncio.wait(closing, timeout=_CLOSE_SECONDS)
    finally:
        # Also when this very wait is cancelled: the process is about to end.
        for task in closing:
            task.cancel()
        for connection in open_now:
            if not connection.is_closed():
                connection.terminate()
        await asyncio.gather(*closing, return_exceptions=True)
