"""Whose turn it is to be looked into: of each server a few databases at a time, and no more than it has free."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Hashable

_LEFT_FREE: Final = 2
"""Connections of a server that are left to others."""
_OF_ONE_LOOK: Final = 2
"""Connections that a look takes: one that reads, and one that watches whether somebody waits for it."""


@fact
class Room:
    """What a server told: which one it is, and how many connections it has free; None where nobody could ask."""

    server: Hashable
    connections: int | None = None

    @property
    def places(self) -> int | None:
        """How many looks it has room for, one at least."""
        if self.connections is None:
            return None
        return max(1, (self.connections - _LEFT_FREE) // _OF_ONE_LOOK)


@dataclass(slots=True)
class _Server:
    most: int = 1
    most_late: int = 1
    running: int = 0
    late: int = 0
    in_vain: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def wake(self) -> None:
        while self.waiting and self.running < self.most:
            turn = self.waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)


class Turns:
    """The turns of looks, each under the `place` where its server is reached; `jobs` of a server at a time.

    Until `learnt` says what a place's server has room for one look goes on there. Places that turn out to be one
    server share its turns.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = max(1, jobs)
        self._servers: dict[Hashable, _Server] = {}
        self._known: dict[Hashable, _Server] = {}

    async def wait(self, place: Hashable) -> None:
        """Wait for a turn; turns come in the order in which they were asked for."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        server = self._at(place)
        server.waiting.append(turn)
        server.wake()
        await turn

    def learnt(self, place: Hashable, room: Room) -> None:
        """Hear what the server of a place has told."""
        server = self._at(place)
        most = min(self._jobs, room.places or self._jobs)
        # As many again may be late; more would take the server's last connections.
        most_late = most if room.places is None else max(1, min(most, room.places - most))
        known = self._known.setdefault(room.server, server)
        if known is server:
            server.most, server.most_late = most, most_late
        else:
            known.most, known.most_late = min(known.most, most), min(known.most_late, most_late)
            known.running += server.running
            known.late += server.late
            known.waiting += server.waiting
            self._servers = {each: known if at is server else at for each, at in self._servers.items()}
        known.wake()

    def is_late(self, place: Hashable) -> bool:
        """Let another look begin beside one that lasts, where not too many do; say whether it does."""
        server = self._at(place)
        if server.late >= server.most_late:
            return False
        server.late += 1
        server.running -= 1
        server.wake()
        return True

    def end(self, place: Hashable, *, late: bool) -> None:
        """Give the turn back; `late` as `is_late` has said."""
        server = self._at(place)
        server.late -= late
        server.running -= not late
        server.wake()

    def refused(self, place: Hashable, *, in_vain: bool) -> None:
        """Hear whether a look was refused for want of connections to the end."""
        server = self._at(place)
        server.in_vain = server.in_vain + 1 if in_vain else 0

    def times_refused(self, place: Hashable) -> int:
        """Give how many looks were refused since one was not."""
        return self._at(place).in_vain

    def _at(self, place: Hashable) -> _Server:
        return self._servers.setdefault(place, _Server())
