"""A PgBouncer, in transaction mode if not told otherwise, before a server, where there is one to run."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
"""Where it is, None where it is not installed."""

_PORT = 5432
_CONFIGURATION = """\
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
unix_socket_mode = 0777
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
{more}
"""


@asynccontextmanager
async def pgbouncer(
    socket_directory: str, below: Path, *, size: int = 2, mode: str = "transaction", more: str = ""
) -> AsyncIterator[Path]:
    """Run one before the server of a unix socket; give the folder of its own socket, whose port is 5432.

    That folder is made below `below`; `size` is how many server connections a database and user have.
    """
    assert PROGRAM is not None
    # PgBouncer does not run as root; the owner of the server may open its socket.
    owner = pwd.getpwuid(os.stat(f"{socket_directory}/.s.PGSQL.{_PORT}").st_uid)  # noqa: PTH116 - a socket
    folder = below / "pgbouncer"
    folder.mkdir()
    file = folder / "pgbouncer.ini"
    file.write_text(
        _CONFIGURATION.format(host=socket_directory, port=_PORT, folder=folder, size=size, mode=mode, more=more)
    )
    as_root = os.geteuid() == 0
    if as_root:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    for path in folder.parents:
        if path.stat().st_uid == os.geteuid() and path != Path(path.root):
            path.chmod(path.stat().st_mode | 0o055)
        if path.name.startswith("pytest-of-"):
            break
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "-q",
        file,
        user=owner.pw_name if as_root else None,
        cwd="/",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_it_answers(folder / f".s.PGSQL.{_PORT}", process)
        yield folder
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_it_answers(socket: Path, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_unix_connection(socket)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(f"PgBouncer ended with {process.returncode}")
