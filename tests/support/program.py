"""fkdash as a process of its own, as an operator or a script runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support import forked


@dataclass(frozen=True)
class Ended:
    """How a process ended; `code` is negative for a signal."""

    code: int
    out: str
    err: str


async def start(*arguments: str, state: Path) -> forked.Running:
    """Start `fkdash` with `state` as its state folder."""
    return await asyncio.to_thread(forked.start, arguments, _environment(state))


async def start_afresh(
    *arguments: str, state: Path, limit_file_bytes: int | None = None
) -> asyncio.subprocess.Process:
    """Start it with streams that can be closed early; `limit_file_bytes` makes larger files impossible."""
    program = [sys.executable, "-m", "fkdash", *arguments]
    if limit_file_bytes is not None:
        limited = (
            "import resource, runpy, sys; "
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_file_bytes}, {limit_file_bytes})); "
            "sys.argv = ['fkdash', *sys.argv[1:]]; runpy.run_module('fkdash', run_name='__main__')"
        )
        program = [sys.executable, "-c", limited, *arguments]
    return await asyncio.create_subprocess_exec(
        *program,
        env=_environment(state) | {"PYTHONWARNINGS": "error"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def _environment(state: Path) -> dict[str, str]:
    """Give this process' environment without settings for PostgreSQL, and with a state folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return inherited | {"XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state)}


async def ended(process: forked.Running) -> Ended:
    return Ended(*await asyncio.to_thread(process.ended))


async def run(*arguments: str, state: Path, limit_file_bytes: int | None = None) -> Ended:
    if limit_file_bytes is None:
        return await ended(await start(*arguments, state=state))
    process = await start_afresh(*arguments, state=state, limit_file_bytes=limit_file_bytes)
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def kill(process: forked.Running) -> None:
    """Kill it, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
