"""The throwaway server with the incident loaded, in one step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg

from fkdash.demo import incident
from fkdash.demo.server import throwaway_server

DATABASE = "app"
_WITH_A_LOG = {"logging_collector": "on", "log_line_prefix": "%m [%p] %e %q%u@%d %a "}
_REFUSED = ("acme", "acme", "coral-software", "iron-homes", "acme")


@contextmanager
def incident_server() -> Iterator[str]:
    """Give the DSN (a URI, superuser) of the database `app` with the incident on a new throwaway server.

    Not to be called while an event loop runs in this thread. The server is gone
    afterwards. Raises FkdashError when it cannot be started.
    """
    # Collected, the log can be read over SQL: whether there are still errors can be asked here too.
    with throwaway_server(settings=_WITH_A_LOG) as dsn:
        yield asyncio.run(_database_with_incident(dsn))


async def _database_with_incident(dsn: str) -> str:
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "fkdash"})
    try:
        await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    finally:
        await connection.close()
    database_dsn = dsn.replace("/postgres?", f"/{DATABASE}?")
    await incident.load(database_dsn)
    await _delete_as_the_application_does(database_dsn)
    return database_dsn


async def _delete_as_the_application_does(dsn: str) -> None:
    """Try deletes that the conflict refuses: the errors that people ask about stand in the log then."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "shop"})
    try:
        for slug in _REFUSED:
            with suppress(asyncpg.NotNullViolationError):
                await connection.execute("DELETE FROM workspaces WHERE slug = $1", slug)
    finally:
        await connection.close()
