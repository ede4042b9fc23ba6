"""Several databases: which ones a server has, and looking into each, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fkdash.checking.result import CheckReport
    from fkdash.db.session import Sessions

    Look = Callable[[], Awaitable[CheckReport]]

AT_ONCE: Final = 4
"""How many databases are looked into at the same time; each takes one connection or few."""


async def databases_of(sessions: Sessions) -> list[str]:
    """Give the names of the databases of a server that the role may connect to, templates left out."""
    async with sessions.session() as session:
        return [row["name"] for row in await session.rows(query("fkdash.catalog", "databases"))]


async def check_each(
    looks: Sequence[Look],
    heard: Callable[[int, CheckReport | FkdashError], object],
    *,
    begun: Callable[[int], object] = lambda _number: None,
) -> None:
    """Look into each database, AT_ONCE at a time, and give what was found as soon as it is known.

    `begun` and `heard` get the number of the look, from 0. A database that cannot
    be looked into is heard of as its error and keeps no other from being checked.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, look: Look) -> None:
        async with places:
            begun(number)
            try:
                heard(number, await look())
            except FkdashError as error:
                heard(number, error)

    async with asyncio.TaskGroup() as group:
        for number, look in enumerate(looks):
            group.create_task(one(number, look))
