"""The throwaway server with the incident loaded, in one step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from fkdash.demo import incident
from fkdash.demo.server import throwaway_server

DATABASE = "app"


@contextmanager
def incident_server() -> Iterator[str]:
    """Give the DSN (a URI, superuser) of the database `app` with the incident on a new throwaway server.

    Not to be called while an event loop runs in this thread. The server is gone
    afterwards. Raises FkdashError when it cannot be started.
    """
    with throwaway_server() as dsn:
        yield asyncio.run(_database_with_incident(dsn))


async def _database_with_incident(dsn: str) -> str:
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "fkdash"})
    try:
        await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    finally:
        await connection.close()
    database_dsn = dsn.replace("/postgres?", f"/{DATABASE}?")
    await incident.load(database_dsn)
    return database_dsn
