"""Transactions whose sessions have ended and that the next session may end: one wait less for the server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.db.opening import Connection

_MOMENT_SECONDS: Final = 0.2
"""Rules look at what was read for about as long; who waits for a lock meanwhile waits no longer than this."""


@dataclass(eq=False, slots=True)
class LeftOpen:
    """A connection whose transaction the next session may end; `no_longer` once it has, or nobody will."""

    connection: Connection
    no_longer: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        """Leave it open for a moment at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT_SECONDS):
                await self.no_longer.wait()


class AllLeftOpen:
    """Those of a pool, with the tasks that end them where no session does."""

    def __init__(self) -> None:
        self._left: list[LeftOpen] = []
        self._ending: dict[asyncio.Task[None], Connection] = {}

    def add(self, connection: Connection) -> LeftOpen:
        """Leave a connection's transaction open."""
        left = LeftOpen(connection)
        self._left.append(left)
        return left

    def ends_by(self, task: asyncio.Task[None], left: LeftOpen) -> None:
        """Say which task ends it."""
        self._ending[task] = left.connection
        task.add_done_callback(self._ending.pop)

    def taken(self) -> LeftOpen | None:
        """Give one that can still be used to the session that ends it; whoever takes it says `no_longer`."""
        found = next((each for each in self._left if not each.connection.is_closed()), None)
        if found is not None:
            self._left.remove(found)
        return found

    def withdraw(self, left: LeftOpen) -> bool:
        """Let no session take it any more; False where one has."""
        if left not in self._left:
            return False
        self._left.remove(left)
        return True

    async def one_has_ended(self) -> None:
        """Wait until one has ended; not at all where none is about to."""
        if self._ending:
            await asyncio.wait(self._ending, return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> None:
        """End them all, and wait for it."""
        for left in self._left:
            left.no_longer.set()
        if self._ending:
            await asyncio.shield(asyncio.wait(self._ending))

    def cut_off(self, connections: Collection[Connection]) -> None:
        """End those on these connections with them: nothing runs there, the server rolls back, nobody waits.

        A pooler would throw the server's connection away, and open another.
        """
        for connection in self._ending.values():
            if connection in connections:
                connection.terminate()
