"""Servers that log in every format that they have, and their logs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.support.servers import TestServer, running_server


def settings_of(major: int) -> dict[str, str]:
    """Give the settings of a server that logs in every format that it has."""
    formats = "stderr,csvlog,jsonlog" if major >= 15 else "stderr,csvlog"
    return {
        "logging_collector": "on", "log_destination": formats, "log_filename": "postgresql.log", "log_rotation_size": "0",
        "log_statement": "none",
        # It is killed, and must come back with what was committed.
        "full_page_writes": "on", "synchronous_commit": "on",
    }  # fmt: skip


@contextmanager
def logging_server(major: int, **settings: str) -> Iterator[TestServer]:
    """Start a server with a log of its own, in every format unless `settings` say otherwise."""
    with running_server(major, {**settings_of(major), **settings}) as server:
        yield server


async def log_folder(server: TestServer) -> Path:
    """Give the folder of the server's log."""
    connection = await asyncpg.connect(server.dsn)
    try:
        row = await connection.fetchrow(
            "select current_setting('data_directory') as data, current_setting('log_directory') as log"
        )
    finally:
        await connection.close()
    assert row is not None
    return Path(str(row["data"])) / str(row["log"])


async def written(dsn: str, folder: Path) -> None:
    """Wait until what the server has logged so far stands in its files: a process of its own writes them."""
    token = uuid.uuid4().hex
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"do $$ begin raise log 'all up to {token}'; end $$")
        formats = str(await connection.fetchval("show log_destination")).split(",")
        async with asyncio.timeout(60):
            while sum(token.encode() in each.read_bytes() for each in folder.iterdir()) < len(formats):
                await connection.execute("select 1")
    finally:
        await connection.close()
