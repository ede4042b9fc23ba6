"""Several databases: which ones a server has, and looking into each, a few at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from fkdash.db.at_once import at_once
from fkdash.db.queries import query
from fkdash.errors import FkdashError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence

    from fkdash.checking.result import CheckReport
    from fkdash.db.session import Sessions
    from fkdash.db.target import Target

    Look = Callable[[], Awaitable[CheckReport]]

AT_ONCE: Final = 4
"""How many databases of a server are looked into at the same time; each takes one connection or few."""
PATIENT_SECONDS: Final = 10.0
"""After so long a look no longer keeps others waiting: it goes on beside them."""
MOST_SECONDS: Final = 300.0
"""After so long a look is given up."""
_LEFT_FREE: Final = 2
"""Connections that are left to others, and to the watch over what waits for us."""


async def databases_of(sessions: Sessions) -> tuple[list[str], int]:
    """Give the databases that the role may connect to, no templates, and how many may be looked into at once.

    That is what the server has free, less a few for others, and one at least.
    """
    async with sessions.session() as session, at_once() as group:
        rows = group.create_task(session.asked(query("fkdash.catalog", "databases")))
        free = group.create_task(session.asked(query("fkdash.catalog", "free_connections")))
    return [row["name"] for row in rows.result()], max(1, int(free.result()[0]["free"]) - _LEFT_FREE)


def server_at(target: Target) -> tuple[tuple[str, int], ...]:
    """Give what the databases of one server have in common."""
    return tuple((address.host, address.port) for address in target.looking.addresses)


async def check_each(
    looks: Sequence[Look],
    heard: Callable[[int, CheckReport | FkdashError], object],
    *,
    begun: Callable[[int], object] = lambda _number: None,
    server_of: Callable[[int], Hashable] = lambda _number: None,
    jobs: Callable[[int], int] = lambda _number: AT_ONCE,
) -> None:
    """Look into each database in the order given, and give what was found as soon as it is known.

    `server_of` tells the databases of one server, of which `jobs` are looked into at a time. `begun` and `heard`
    get the number of the look, from 0. A database that cannot be looked into is heard of as its error; one that
    does not answer keeps no other waiting for more than PATIENT_SECONDS, and is given up after MOST_SECONDS.
    """
    places: dict[Hashable, asyncio.Semaphore] = {}
    for number in range(len(looks)):
        places.setdefault(server_of(number), asyncio.Semaphore(max(1, jobs(number))))
    late: defaultdict[Hashable, int] = defaultdict(int)

    async def one(number: int, look: Look) -> None:
        server = server_of(number)
        place = places[server]
        await place.acquire()
        begun(number)
        looking = asyncio.ensure_future(_bounded(look))
        held = True
        try:
            done, _ = await asyncio.wait({looking}, timeout=PATIENT_SECONDS)
            # As many again may be late; more would take the server's last connections.
            if not done and late[server] < max(1, jobs(number)):
                late[server] += 1
                held = False
                place.release()
            found: CheckReport | FkdashError = await looking
        except FkdashError as error:
            found = error
        finally:
            looking.cancel()
            if held:
                place.release()
            else:
                late[server] -= 1
        # What goes wrong while it is told is no failure of the database.
        heard(number, found)

    try:
        async with asyncio.TaskGroup() as group:
            for number, look in enumerate(looks):
                group.create_task(one(number, look))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _bounded(look: Look) -> CheckReport:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return await look()
    except TimeoutError:
        raise TimedOutError(
            f"It was given up after {MOST_SECONDS:g} s.", next_step="Check this database by itself."
        ) from None
