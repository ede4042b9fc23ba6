"""A standby takes no change, and says so before anything starts."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.proof.preflight import Standing
from tests.support.changes import workbench
from tests.support.servers import TestDatabase, _binaries
from tests.support.traffic import SCHEMA


@asynccontextmanager
async def standby_of(database: TestDatabase) -> AsyncIterator[str]:
    """Give a URI of a standby of the database's server."""
    binaries = _binaries(database.version)
    if not (binaries / "pg_basebackup").exists():
        pytest.skip("this PostgreSQL comes without pg_basebackup")
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="fk-"))
    os.chown(folder, account.pw_uid, account.pw_gid)
    identity = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}

    async def start(program: str, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            binaries / program,
            *arguments,
            cwd=folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            **identity,  # type: ignore[arg-type] # user and group are numbers
        )

    copy = await start(
        "pg_basebackup",
        "-h",
        database.socket_directory,
        "-U",
        "postgres",
        "-D",
        str(folder / "data"),
        "-R",
        "-c",
        "fast",
    )
    assert await copy.wait() == 0
    server = await start(
        "postgres",
        "-D",
        str(folder / "data"),
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
    )
    dsn = f"postgresql://postgres@/{database.name}?host={quote(str(folder), safe='')}"
    try:
        await _until_it_answers(dsn, server)
        yield dsn
    finally:
        server.send_signal(signal.SIGQUIT)
        await server.wait()
        shutil.rmtree(folder)


async def _until_it_answers(dsn: str, server: asyncio.subprocess.Process) -> None:
    while True:
        assert server.returncode is None
        try:
            connection = await asyncpg.connect(dsn)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError):
            await asyncio.sleep(0.02)
        else:
            await connection.close()
            return


@pytest.mark.newest_version
async def test_a_standby_is_stopped_at_and_refuses_whoever_goes_on(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(SCHEMA)
    async with standby_of(database) as dsn, workbench(database, tmp_path, dsn=dsn) as bench:
        async with bench.pool.session() as session, bench.pool.beside(session) as other:
            assert other is not None  # it is read as fast as its primary
        chosen = await bench.plan("ck", "restrict")
        lines = await bench.preflight(chosen)
        assert [line.what for line in lines if line.standing is Standing.STOP] == ["this server is a standby"]
        ended = await bench.carry_out(chosen, look_first=False)
    assert (ended.outcome, ended.exit_code, ended.steps_done) == (RunOutcome.ROLLED_BACK, 4, ())
    assert "read-only" in ended.message or "recovery" in ended.message
