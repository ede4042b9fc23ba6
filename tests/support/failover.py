"""A server that crashes, comes back, and is replaced by a standby or a backup that lacks what was committed since."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fkdash.demo import cluster, directories
from fkdash.demo.cluster import SOCKET_NAME, Cluster
from tests.support.servers import _binaries, psql

_SECONDS = 60.0
_LOGGED = 4000
_SETTINGS = {
    "max_wal_senders": "4",
    "wal_level": "replica",
    # Without it a server that crashes soon after a checkpoint may find pages missing in the log, and not come back.
    "full_page_writes": "on",
    "autovacuum": "off",
    "max_connections": "40",
    "shared_buffers": "16MB",
}


class FailingServer:
    """A primary of one version; what answers at `socket` is the one there is now. `settings` are its own."""

    def __init__(self, major: int, settings: Mapping[str, str] | None = None) -> None:
        self.major = major
        self.settings = dict(settings or {})
        self._folders: dict[Cluster, ExitStack] = {}
        # The folder of the programs, which may be a copy, outlives every cluster.
        programs = self._new_cluster()
        self._programs = programs._reachable_programs()
        programs.hand_over()
        self._process: subprocess.Popen[bytes]
        self._backup: Cluster | None = None
        self._standby: tuple[Cluster, subprocess.Popen[bytes]] | None = None
        self._now = self._new_cluster()
        self._now._initialise(self._programs)
        self._launch(self._now)

    def close(self) -> None:
        """Stop it and remove everything."""
        cluster.stop(self._process)
        self._end_standby()
        for each in list(self._folders):
            self._remove(each)

    @property
    def socket(self) -> Path:
        """The socket of the present primary."""
        return self._now.directory / SOCKET_NAME

    def dsn(self, database: str) -> str:
        """The superuser's way to the present primary."""
        return self._now.dsn(database)

    @property
    def data(self) -> Path:
        """The data folder of the present primary."""
        return self._now.data

    @property
    def log(self) -> str:
        """The end of the present primary's log."""
        return self._now.log.read_text(encoding="utf-8", errors="replace")[-_LOGGED:]

    def crash_and_return(self) -> None:
        """Stop at once, and start again: whatever was not on the disk is gone."""
        cluster.stop(self._process)
        self._launch(self._now)

    def stop(self) -> None:
        """Shut it down as an administrator does, who waits for nobody ("fast")."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_SECONDS)

    def start(self, **settings: str) -> None:
        """Start it again, with other settings beside those that it has."""
        self.settings |= settings
        self._launch(self._now)

    def forget_copies(self) -> None:
        """Remove what was kept for an earlier run: it knows nothing of this one."""
        self._end_standby()
        if self._backup is not None:
            self._remove(self._backup)
            self._backup = None

    def back_up(self) -> None:
        """Keep what there is now."""
        self.forget_copies()
        self._backup = self._copied()

    def restore(self) -> None:
        """Let the backup take the place of the primary, which is gone; without one it is a crash."""
        if self._backup is None:
            self.crash_and_return()
            return
        cluster.stop(self._process)
        (self._backup.data / "recovery.signal").touch()
        lost, self._now, self._backup = self._now, self._backup, None
        self._launch(self._now, {"restore_command": "false"})
        self._remove(lost)

    def stand_by(self) -> None:
        """Start a standby that streams from the primary, and receives nothing any more once it has what there is now."""
        self.forget_copies()
        made = self._copied("--write-recovery-conf")
        process = made._launch(self._programs, _SETTINGS)
        made._wait_until_ready(process)
        self._standby = made, process
        wanted = _asked(self._now, "select pg_current_wal_flush_lsn()")
        until = time.monotonic() + _SECONDS
        while _asked(made, f"select pg_last_wal_replay_lsn() >= '{wanted}'") != "t":
            assert time.monotonic() < until, "the standby receives nothing"
        _asked(made, "alter system set primary_conninfo = ''", "select pg_reload_conf()")
        while _asked(made, "select count(*) from pg_stat_wal_receiver") != "0":
            assert time.monotonic() < until, "the standby does not stop receiving"

    def fail_over(self) -> None:
        """Let the standby, not promoted yet, answer instead of the primary, which is gone; without one it is a crash."""
        if self._standby is None:
            self.crash_and_return()
            return
        cluster.stop(self._process)
        lost = self._now
        (self._now, self._process), self._standby = self._standby, None
        self._remove(lost)

    def promote(self) -> None:
        """Make what answers a primary, if it is none."""
        if _asked(self._now, "select pg_is_in_recovery()") == "t":
            assert _asked(self._now, "select pg_promote(true, 20)") == "t"

    def _copied(self, *more: str) -> Cluster:
        made = self._new_cluster()
        made.log.touch()
        made.hand_over()
        subprocess.run(
            [
                # One of a later version reads servers of every earlier one.
                _binaries(18) / "pg_basebackup", "--host", str(self._now.directory), "--username", cluster.SUPERUSER,
                "--pgdata", str(made.data), "--checkpoint=fast", "--wal-method=fetch", "--no-sync", "--no-manifest",
                *more,
            ],
            check=True, capture_output=True, cwd=made.directory,
            user=made.account.uid if made.account else None, group=made.account.gid if made.account else None,
            extra_groups=[] if made.account else None, umask=0o077,
        )  # fmt: skip
        return made

    def _end_standby(self) -> None:
        if self._standby is not None:
            made, process = self._standby
            self._standby = None
            cluster.stop(process)
            self._remove(made)

    def _launch(self, at: Cluster, settings: dict[str, str] | None = None) -> None:
        (at.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = at._launch(self._programs, {**_SETTINGS, **self.settings, **(settings or {})})
        at._wait_until_ready(self._process)

    def _new_cluster(self) -> Cluster:
        account = cluster.server_account()
        stack = ExitStack()
        made = Cluster(stack.enter_context(directories.private_directory(account)), _binaries(self.major), account)
        self._folders[made] = stack
        return made

    def _remove(self, gone: Cluster) -> None:
        self._folders.pop(gone).close()


def _asked(of: Cluster, *statements: str) -> str:
    """Ask a server from outside, whatever an event loop is doing; gives the last answer."""
    commands = [part for each in statements for part in ("-c", each)]
    answer = subprocess.run(
        [psql(), "-XAtq", "-h", str(of.directory), "-U", cluster.SUPERUSER, "-d", "postgres", *commands],
        check=True, capture_output=True, text=True, timeout=_SECONDS,
    )  # fmt: skip
    return answer.stdout.strip().splitlines()[-1] if answer.stdout.strip() else ""


@contextmanager
def failing_server(major: int, settings: Mapping[str, str] | None = None) -> Iterator[FailingServer]:
    """Start such a server; everything of it is removed afterwards."""
    server = FailingServer(major, settings)
    try:
        yield server
    finally:
        server.close()
