"""Several databases: which ones a server has, and looking into each, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fkdash.checking.turns import Room, Turns
from fkdash.db.at_once import at_once
from fkdash.db.lent import lent
from fkdash.db.queries import query
from fkdash.errors import FkdashError, NoConnectionLeftError, StoppedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence

    from fkdash.checking.result import CheckReport
    from fkdash.db.session import Session, Sessions
    from fkdash.db.target import Target

    Look = Callable[[], Awaitable[CheckReport]]

AT_ONCE: Final = 4
"""How many databases of a server are looked into at the same time; each takes one connection or few."""
PATIENT_SECONDS: Final = 10.0
"""After so long a look no longer keeps others waiting: it goes on beside them."""
MOST_SECONDS: Final = 300.0
"""After so long a look is given up."""
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a server without a free connection is asked again."""
_MOST_IN_VAIN: Final = 3
"""So many databases are asked for again like that, one after the other; then the server is full."""
_MOST_ASKED: Final = 3
"""So many databases of a server are asked what it has free: the first may be gone, or its password wrong."""


async def databases_of(sessions: Sessions) -> tuple[list[str], Room]:
    """Give the databases that the role may connect to, no templates, and what the server has room for."""
    async with sessions.session() as session, at_once() as group:
        rows = group.create_task(session.asked(query("fkdash.catalog.postgres", "databases")))
        room = group.create_task(_room(session))
    return [row["name"] for row in rows.result()], room.result()


async def _room(session: Session) -> Room:
    [row] = await session.asked(query("fkdash.catalog.postgres", "free_connections"))
    return Room((row["server"], row["started"]), int(row["free"]))


async def room_at(targets: Sequence[Target], server: Hashable) -> Room:
    """Ask the first of some databases of a server that can be reached what the server has room for.

    Where none of the first few answers within PATIENT_SECONDS that is not known, and `server` is its name.
    """
    from fkdash.db.pool import Limits, ReadPool  # not before the first frame

    for target in targets[:_MOST_ASKED]:
        try:
            async with asyncio.timeout(PATIENT_SECONDS):
                limits = Limits(connections=1)
                async with lent(await ReadPool.open(target, limits=limits)) as pool, pool.session() as session:
                    return await _room(session)
        except TimeoutError:
            break
        except FkdashError:
            continue
    return Room(server)


def server_at(target: Target) -> tuple[Hashable, ...]:
    """Give what databases have in common that are reached at the same place by the same role."""
    login = target.looking
    return login.user, *((address.host, address.port) for address in login.addresses)


async def check_each(
    looks: Sequence[Look],
    heard: Callable[[int, CheckReport | FkdashError], object],
    *,
    begun: Callable[[int], object] = lambda _number: None,
    place_of: Callable[[int], Hashable] = lambda _number: None,
    room_of: Callable[[Hashable, Sequence[int]], Awaitable[Room]] | None = None,
    jobs: int = AT_ONCE,
) -> None:
    """Look into each database in the order given, and give what was found as soon as it is known.

    `jobs` databases of a server are looked into at a time, and no more than it has room for: `room_of` asks that
    for each place of `place_of` with several looks, whose numbers it gets, while the first of them goes on.
    `begun` and `heard` get the number of the look, from 0. What cannot be looked into is heard of as its error;
    what does not answer keeps no other waiting for more than PATIENT_SECONDS, and is given up after MOST_SECONDS.
    A server that has no connection left for a moment is asked again.
    """
    turns = Turns(jobs)
    places: dict[Hashable, list[int]] = {}
    for number in range(len(looks)):
        places.setdefault(place_of(number), []).append(number)

    async def learn(place: Hashable, numbers: Sequence[int]) -> None:
        turns.learnt(place, await room_of(place, numbers) if room_of is not None else Room(place))

    async def one(number: int, look: Look) -> None:
        place = place_of(number)
        await turns.wait(place)
        begun(number)
        looking = asyncio.ensure_future(_bounded(look, turns, place))
        late = False
        try:
            done, _ = await asyncio.wait({looking}, timeout=PATIENT_SECONDS)
            late = not done and turns.is_late(place)
            found: CheckReport | FkdashError = await looking
        except FkdashError as error:
            found = error
        except asyncio.CancelledError:
            if not looking.cancelled() or _is_cancelled():
                raise
            # Nobody asked for it, and a database must not be missing without a word.
            found = StoppedError("Looking into it was broken off.", next_step="Check this database by itself.")
        finally:
            looking.cancel()
            turns.end(place, late=late)
        # What goes wrong while it is told is no failure of the database.
        heard(number, found)

    try:
        async with asyncio.TaskGroup() as group:
            for number, look in enumerate(looks):
                group.create_task(one(number, look))
            for place, numbers in places.items():
                if len(numbers) > 1:
                    group.create_task(learn(place, numbers))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _bounded(look: Look, turns: Turns, place: Hashable) -> CheckReport:
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return await _insisting(look, turns, place)
    except TimeoutError:
        raise TimedOutError(
            f"It was given up after {MOST_SECONDS:g} s.", next_step="Check this database by itself."
        ) from None


async def _insisting(look: Look, turns: Turns, place: Hashable) -> CheckReport:
    """Look, and again after a while where the server had no connection left: others come and go."""
    pauses = iter(_PAUSES)
    while True:
        try:
            report = await look()
        except NoConnectionLeftError:
            pause = next(pauses, None)
            if pause is None:
                turns.refused(place, in_vain=True)
            if pause is None or turns.times_refused(place) >= _MOST_IN_VAIN:
                raise
            await asyncio.sleep(pause)
        else:
            turns.refused(place, in_vain=False)
            return report
