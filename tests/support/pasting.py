"""Scripts as somebody pastes them into psql."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.servers import psql


async def pasted(dsn: str, script: str, *options: str, folder: Path | None = None) -> tuple[int, str]:
    """Give the exit status of psql and all that it prints; `options` are its own, such as `-At`."""
    process = await asyncio.create_subprocess_exec(
        psql(), "-X", "-q", *options, dsn, cwd=folder,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate(script.encode())
    return process.returncode or 0, out.decode()


async def carried_out(dsn: str, script: str, *options: str, folder: Path | None = None) -> str:
    """Give what a script prints that psql carries out to its end."""
    code, out = await pasted(dsn, script, "-v", "ON_ERROR_STOP=1", *options, folder=folder)
    assert code == 0, out
    return out
