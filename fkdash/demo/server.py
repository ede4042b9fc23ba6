"""A private throwaway PostgreSQL server that never outlives the process which asked for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import fkdash
from fkdash.demo.cluster import embedded_binaries
from fkdash.errors import FkdashError

_SECONDS_TO_REMOVE = 20.0


@contextmanager
def throwaway_server(*, binaries: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give the DSN (a URI, superuser, database `postgres`) of a new server; it is gone afterwards.

    The server is the embedded PostgreSQL 18, or the programs in the folder
    `binaries`. It listens on a unix socket in a directory with mode 0700. A
    keeper process stops and removes it also when this process is killed. Raises
    FkdashError when there is no embedded server or it does not start.
    """
    with (
        tempfile.TemporaryFile() as complaints,
        _keeper(binaries or embedded_binaries(), settings or {}, complaints) as keeper,
    ):
        yield _dsn_from(keeper, complaints)


@contextmanager
def _keeper(
    binaries: Path, settings: Mapping[str, str], complaints: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    # -P: a json.py in the operator's folder is none of ours. PYTHONPATH: found however we were found.
    command = [sys.executable, "-P", "-m", "fkdash.demo.keeper", f"--binaries={binaries.resolve()}"]
    command += [f"--set={name}={value}" for name, value in settings.items()]
    keeper = subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
        # Its own session: ctrl+c and a closing terminal reach this process, not the keeper.
        start_new_session=True,
    )
    try:
        yield keeper
    finally:
        _dismiss(keeper)


def _import_path() -> list[str]:
    return [str(Path(fkdash.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]


def _dismiss(keeper: subprocess.Popen[bytes]) -> None:
    for stream in (keeper.stdin, keeper.stdout):
        if stream is not None:
            stream.close()
    with suppress(subprocess.TimeoutExpired):
        keeper.wait(_SECONDS_TO_REMOVE)


def _dsn_from(keeper: subprocess.Popen[bytes], complaints: IO[bytes]) -> str:
    line = keeper.stdout.readline() if keeper.stdout is not None else b""
    if not line:
        complaints.seek(0)
        last_words = complaints.read().decode("utf-8", errors="replace").strip().splitlines()[-1:]
        raise FkdashError(
            "The process that keeps the throwaway server ended before the server was ready."
            + "".join(f" It said: {word}" for word in last_words),
            next_step="Try again, or connect to a server of yours: fkdash DSN",
        )
    message = json.loads(line)
    if "dsn" not in message:
        raise FkdashError(message["what"], next_step=message["next_step"])
    return str(message["dsn"])
