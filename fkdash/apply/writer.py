"""The writer of a change: with a login of its own for looking, only where that one looks at the same server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fkdash.apply.journal.identity import identity_of, life_of
from fkdash.apply.sandbox import pinned
from fkdash.db.writing import Writer, open_writer
from fkdash.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fkdash.db.pool import ReadPool


@asynccontextmanager
async def writer_beside(pool: ReadPool) -> AsyncIterator[Writer]:
    """Open the writer of the pool's target; raises what `open_writer` raises.

    Raises StoppedError where another login looks, and looks elsewhere: what it saw would say nothing of what the
    writer changes.
    """
    async with open_writer(pool.target) as writer:
        if pool.target.look is not None:
            async with pool.session() as looking, writer.rolled_back() as writing, pinned(writing):
                same_database = (await identity_of(looking)).is_same(await identity_of(writing))
                same = same_database and await life_of(looking) == await life_of(writing)
            if not same:
                raise StoppedError(
                    f"The two logins lead to different servers: looking to {pool.where}, "
                    f"writing to {writer.where}.",
                    next_step="Nothing was changed. Let both lead to the same server, the primary.",
                )
        yield writer
