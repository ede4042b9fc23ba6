"""Watches whether somebody waits for what a look holds, and has the look give way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from fkdash.db.session import Row
from fkdash.db.text import plain
from fkdash.errors import FkdashError

_EVERY_SECONDS = 1.0
_SHOWN_CHARACTERS = 120


class Look(Protocol):
    """An open transaction that can give way."""

    async def give_way(self, reason: str) -> None:
        """End the transaction; what runs in it and what is asked later raises GaveWayError with the reason."""


class Watch:
    """Asks once a second, while a look has lasted a second, who waits for it; one for all sessions of a pool.

    `ask` gives the rows of `waits_for_us.sql` for server processes, on a connection of its own, and raises the
    errors of connecting; `rest` closes that connection; `blind` is called once with why it cannot watch.
    """

    def __init__(
        self,
        ask: Callable[[Iterable[int]], Awaitable[Sequence[Row]]],
        rest: Callable[[], None],
        blind: Callable[[FkdashError], None],
    ) -> None:
        self._ask = ask
        self._rest = rest
        self._blind = blind
        self._looks: dict[int, tuple[float, Look]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._off = False

    def begin(self, pid: int, look: Look) -> None:
        """Watch a look whose server process is `pid`, until `end`."""
        self._looks[pid] = (time.monotonic(), look)
        if not self._off and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())

    def end(self, pid: int) -> None:
        """Watch it no longer."""
        self._looks.pop(pid, None)

    async def close(self) -> None:
        """Stop watching."""
        self._off = True
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self) -> None:
        try:
            while self._looks:
                await asyncio.sleep(_EVERY_SECONDS)
                ripe = time.monotonic() - _EVERY_SECONDS
                watched = {pid: look for pid, (began, look) in self._looks.items() if began <= ripe}
                if watched:
                    await self._give_way(watched)
        except FkdashError as error:
            # Without a connection to watch from, looking goes on with the one it has.
            self._off = True
            self._blind(error)
        finally:
            self._rest()

    async def _give_way(self, watched: dict[int, Look]) -> None:
        for row in await self._ask(watched):
            look = watched[row["ours"]]
            # Behind a pooler the process may serve another transaction of ours by now.
            if self._looks.get(row["ours"], (0, None))[1] is look:
                await look.give_way(waited_for(row["pid"], row["query"]))


def waited_for(pid: int, query: str | None) -> str:
    """Give `stopped counting: pid 123, ALTER TABLE users, waited for us`."""
    return f"stopped counting: pid {pid}, {_shown(query)}, waited for us"


def locked_words(rows: Sequence[Row]) -> str:
    """Name what is locked, by whom and since when, as `locked_relations.sql` tells it; "" for nothing."""
    return "; ".join([_locked(row) for row in rows] + _others(rows))


def _others(rows: Sequence[Row]) -> list[str]:
    more = rows[0]["found"] - len(rows) if rows else 0
    return [f"and {more} more"] if more else []


def _locked(row: Row) -> str:
    how = "held" if row["granted"] else "awaited"
    who = "a prepared transaction" if row["pid"] is None else f"pid {row['pid']}, {_shown(row['query'])}"
    since = "" if row["seconds"] is None else f", for {row['seconds']:.0f} s"
    return f"ACCESS EXCLUSIVE on {plain(row['relation'])} is {how} by {who}{since}"


def _shown(query: str | None) -> str:
    if query is None:
        return "a statement this role may not see"
    words = plain(" ".join(query.split())) or "no statement"
    return words if len(words) <= _SHOWN_CHARACTERS else f"{words[: _SHOWN_CHARACTERS - 1]}…"
