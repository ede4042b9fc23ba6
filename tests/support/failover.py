"""A server that crashes, comes back, and is replaced by a backup of its that lacks what was committed since."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fkdash.demo import cluster, directories
from fkdash.demo.cluster import SOCKET_NAME, Cluster
from tests.support.servers import _binaries

_SETTINGS = {
    "max_wal_senders": "2",
    "wal_level": "replica",
    "autovacuum": "off",
    "max_connections": "40",
    "shared_buffers": "16MB",
}


class FailingServer:
    """A primary of one version; what answers at `socket` is the one there is now."""

    def __init__(self, major: int) -> None:
        self.major = major
        self._folders: dict[Cluster, ExitStack] = {}
        # The folder of the programs, which may be a copy, outlives every cluster.
        self._programs = self._new_cluster()._reachable_programs()
        self._now = self._new_cluster()
        self._now._initialise(self._programs)
        self._launch(self._now)
        self._backup: Cluster | None = None

    def close(self) -> None:
        """Stop it and remove everything."""
        cluster.stop(self._process)
        for each in list(self._folders):
            self._remove(each)

    @property
    def socket(self) -> Path:
        """The socket of the present primary."""
        return self._now.directory / SOCKET_NAME

    def dsn(self, database: str) -> str:
        """The superuser's way to the present primary."""
        return self._now.dsn(database)

    def crash_and_return(self) -> None:
        """Stop at once, and start again: whatever was not on the disk is gone."""
        cluster.stop(self._process)
        self._launch(self._now)

    def back_up(self) -> None:
        """Keep what there is now: a standby that receives nothing from here on."""
        if self._backup is not None:
            self._remove(self._backup)
        made = self._new_cluster()
        subprocess.run(
            [
                # One of a later version reads servers of every earlier one.
                _binaries(18) / "pg_basebackup", "--host", str(self._now.directory), "--username", cluster.SUPERUSER,
                "--pgdata", str(made.data), "--checkpoint=fast", "--wal-method=fetch", "--no-sync", "--no-manifest",
            ],
            check=True, capture_output=True, cwd=made.directory,
            user=made.account.uid if made.account else None, group=made.account.gid if made.account else None,
            extra_groups=[] if made.account else None, umask=0o077,
        )  # fmt: skip
        made.log.touch()
        if made.account:
            made.log.chmod(0o666)
        self._backup = made

    def fail_over(self) -> None:
        """Let the backup take the place of the primary, which is gone; without one it is a crash."""
        if self._backup is None:
            self.crash_and_return()
            return
        cluster.stop(self._process)
        (self._backup.data / "recovery.signal").touch()
        lost, self._now, self._backup = self._now, self._backup, None
        self._launch(self._now, {"restore_command": "false"})
        self._remove(lost)

    def _launch(self, at: Cluster, settings: dict[str, str] | None = None) -> None:
        (at.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = at._launch(self._programs, {**_SETTINGS, **(settings or {})})
        at._wait_until_ready(self._process)

    def _new_cluster(self) -> Cluster:
        account = cluster.server_account()
        stack = ExitStack()
        made = Cluster(stack.enter_context(directories.private_directory(account)), _binaries(self.major), account)
        self._folders[made] = stack
        return made

    def _remove(self, gone: Cluster) -> None:
        self._folders.pop(gone).close()


@contextmanager
def failing_server(major: int) -> Iterator[FailingServer]:
    """Start such a server; everything of it is removed afterwards."""
    server = FailingServer(major)
    try:
        yield server
    finally:
        server.close()
