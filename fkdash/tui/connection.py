"""The dashboard's pool of read-only sessions, opened when something is first asked of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fkdash.db.pool import ReadPool
    from fkdash.db.target import Target


class Connection:
    """Where to connect, and the pool once there is one."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._pool: ReadPool | None = None
        self._opening = asyncio.Lock()

    async def pool(self) -> ReadPool:
        """Give the pool, connecting at the first call; raises UnreachableError and its kinds."""
        async with self._opening:
            if self._pool is None:
                # The driver takes a while to load; the first frame is already on the screen.
                await asyncio.to_thread(import_module, "fkdash.db.pool")
                from fkdash.db.pool import ReadPool  # loaded just now

                self._pool = await ReadPool.open(self.target)
            return self._pool

    @property
    def is_open(self) -> bool:
        """Tell whether a pool is there, whatever became of its connections."""
        return self._pool is not None

    def trust(self, owners: frozenset[str]) -> None:
        """Let looking run functions of these roles from now on, until fkdash ends."""
        self.target = replace(self.target, trusted_owners=self.target.trusted_owners | owners)
        if self._pool is not None:
            for owner in owners:
                self._pool.trust(owner)

    async def close(self) -> None:
        """Close the pool within about two seconds, cancelling its queries on the server."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
