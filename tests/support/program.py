"""fkdash as a process of its own, as an operator or a script runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """How a process ended; `code` is negative for a signal."""

    code: int
    out: str
    err: str


async def start(*arguments: str, state: Path, limit_file_bytes: int | None = None) -> asyncio.subprocess.Process:
    """Start `fkdash` with `state` as its state folder; `limit_file_bytes` makes larger files impossible."""
    program = [sys.executable, "-m", "fkdash", *arguments]
    if limit_file_bytes is not None:
        limited = (
            "import resource, runpy, sys; "
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_file_bytes}, {limit_file_bytes})); "
            "sys.argv = ['fkdash', *sys.argv[1:]]; runpy.run_module('fkdash', run_name='__main__')"
        )
        program = [sys.executable, "-c", limited, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state), "PYTHONWARNINGS": "error"}
    return await asyncio.create_subprocess_exec(
        *program,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def run(*arguments: str, state: Path, limit_file_bytes: int | None = None) -> Ended:
    return await ended(await start(*arguments, state=state, limit_file_bytes=limit_file_bytes))


def kill(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
