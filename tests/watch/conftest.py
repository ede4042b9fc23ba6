"""A server that logs in every format that it has, for the tests of the watch."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.support.servers import TestServer, running_server, versions_under_test


@contextmanager
def logging_server(major: int, **settings: str) -> Iterator[TestServer]:
    """Start a server with a log of its own, in every format unless `settings` say otherwise."""
    formats = "stderr,csvlog,jsonlog" if major >= 15 else "stderr,csvlog"
    with running_server(
        major,
        {
            "logging_collector": "on", "log_destination": formats, "log_filename": "postgresql.log", "log_rotation_size": "0",
            "log_statement": "none", **settings,
        },
    ) as server:  # fmt: skip
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


@pytest.fixture(scope="module")
def logging() -> Iterator[TestServer]:
    with logging_server(versions_under_test()[-1]) as server:
        yield server


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """End a watch that never ends by itself as a failure."""

    def gave_up(_signal: int, _frame: object) -> None:
        raise TimeoutError("the watch does not end")

    before = signal.signal(signal.SIGALRM, gave_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
