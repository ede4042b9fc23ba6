"""What stands in the database, as somebody sees it who knows nothing of fkdash."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import asyncpg

from fkdash.fix.plan import Plan
from tests.support.failover import FailingServer

_LONGEST_SECONDS = 60.0
_PAUSE_SECONDS = 0.01
# What it did is still there after a crash.
_SETTINGS = {"application_name": "truth", "synchronous_commit": "on"}
_LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
_CATALOG = """
select (select array_agg(format('%s %s %s %s', oid, conname, pg_get_constraintdef(oid), obj_description(oid)) order by oid)
          from pg_constraint where conrelid = 'children'::regclass and contype = 'f') as keys,
       (select array_agg(format('%s %s', attname, attnotnull) order by attnum) from pg_attribute
         where attrelid = 'children'::regclass and attnum > 0) as columns,
       (select array_agg(format('%s %s', indexrelid::regclass, indisvalid) order by indexrelid) from pg_index
         where indrelid = 'children'::regclass) as indexes
"""
_KEPT = "select relname from pg_class where relname like 'fkdash_orphans_%'"
_BUSY = """
select count(*) from pg_stat_activity a join pg_locks l on l.pid = a.pid and l.granted
 where a.application_name = 'fkdash' and l.relation = 'children'::regclass and l.mode like '%Exclusive%'
"""


@dataclass(frozen=True)
class Seen:
    """The catalog and the rows; `rows` is the checksum of what a repair started from."""

    catalog: tuple[Any, ...]
    rows: int


async def connected(server: FailingServer) -> asyncpg.Connection[asyncpg.Record]:
    """Connect as somebody who knows nothing of fkdash, once the server lets anybody in."""
    until = time.monotonic() + _LONGEST_SECONDS
    while True:
        try:
            return await asyncpg.connect(server.dsn("postgres"), statement_cache_size=0, server_settings=_SETTINGS)
        except (OSError, asyncpg.PostgresError) as error:
            if time.monotonic() > until:
                raise AssertionError(f"nobody is let in any more; the server's log ends: {server.log}") from error
            await asyncio.sleep(_PAUSE_SECONDS)


class Onlooker:
    """Asks over one connection, and over a new one where that was lost."""

    def __init__(self, server: FailingServer) -> None:
        self._server = server
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    async def rows(self, sql: str) -> list[asyncpg.Record]:
        """Ask until the server answers; it may be crashing right now."""
        until = time.monotonic() + _LONGEST_SECONDS
        while True:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connected(self._server)
            try:
                return await self._connection.fetch(sql)
            except _LOST:
                self._connection.terminate()
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)

    async def value(self, sql: str) -> Any:  # noqa: ANN401 - a column may hold any type
        return (await self.rows(sql))[0][0]

    async def script(self, sql: str) -> None:
        """Run statements; nothing is happening to the server now."""
        await self.value("select 1")
        assert self._connection is not None
        await self._connection.execute(sql)

    async def kept(self) -> list[str]:
        """Give the tables in which repairs keep the rows that they took."""
        return [str(row[0]) for row in await self.rows(_KEPT)]

    async def seen(self) -> Seen:
        (row,) = await self.rows(_CATALOG)
        had = "select id, parent_id, needed from children"
        for name in await self.kept():
            had = (
                f"select * from ({had}) c where not exists (select from {name} k where k.id = c.id) "
                f"union all select id, parent_id, needed from {name}"
            )
        rows = await self.value(f"select sum(hashtextextended(format('%s', r), 0)) from ({had}) r")
        return Seen(tuple(tuple(each or ()) for each in row), int(rows))

    async def in_effect(self, chosen: Plan) -> tuple[int, ...]:
        """Give the steps that have taken effect, up to the first that has not."""
        found = []
        for step in chosen.steps:
            if not await self.value(step.done_when):
                break
            found.append(step.number)
        return tuple(found)

    async def require_nothing_held(self) -> None:
        """Wait until no session of a run that has ended holds a lock; they go, or this fails."""
        until = time.monotonic() + _LONGEST_SECONDS
        while await self.value(_BUSY):
            assert time.monotonic() < until, "locks of a run that has ended are still held"
            await asyncio.sleep(_PAUSE_SECONDS)
