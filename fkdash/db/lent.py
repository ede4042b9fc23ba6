"""A pool that somebody opens for one purpose, and who closes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fkdash.db.pool import ReadPool


@asynccontextmanager
async def lent(pool: ReadPool, *, nothing_else: bool = False) -> AsyncIterator[ReadPool]:
    """Give a pool and close it at the end.

    Where nothing else is done on the server its last transaction ends with the connection: a wait less.
    """
    async with pool.in_a_row() if nothing_else else nullcontext():
        try:
            yield pool
        finally:
            await pool.close()
