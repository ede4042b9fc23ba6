"""Private directories for throwaway servers, and the removal of those whose keeper is gone.

A keeper holds a lock on a file in its directory for as long as it lives, and the
kernel releases the lock when the keeper ends, however it ends. A directory
whose lock is free is therefore nobody's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from fkdash.demo.cluster import SOCKET_NAME, Account, open_to_everyone, stop_abandoned
from fkdash.errors import FkdashError

PREFIX = "fkdash-demo-"
LOCK = "keeper.lock"  # holds the keeper's process id
# sun_path holds 104 bytes on macOS and 108 on Linux, the terminating zero included.
_LONGEST_SOCKET_PATH = 100
_SOCKET_PATH_BELOW_PARENT = len(f"/{PREFIX}12345678/{SOCKET_NAME}")
_SECONDS_UNLOCKED_AT_BIRTH = 60.0
_ATTEMPTS_TO_REMOVE = 3


def _parents(account: Account | None) -> list[Path]:
    """Give the folders to make directories in: the temp folder, and /tmp where that one cannot serve."""
    candidates = dict.fromkeys((Path(tempfile.gettempdir()).resolve(), Path("/tmp").resolve()))  # noqa: S108 - mkdtemp
    return [
        parent
        for parent in candidates
        if parent.is_dir()
        and "," not in str(parent)  # which separates hosts in a DSN
        and len(os.fsencode(parent)) + _SOCKET_PATH_BELOW_PARENT <= _LONGEST_SOCKET_PATH
        and (account is None or open_to_everyone(parent))
        and _is_nobody_elses(parent)
    ]


def _is_nobody_elses(parent: Path) -> bool:
    """Tell whether nobody else can put something of theirs in the place of what we make in a folder."""
    found = parent.stat()
    writable = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return found.st_uid in {0, os.geteuid()} and (not writable or bool(found.st_mode & stat.S_ISVTX))


@contextmanager
def private_directory(account: Account | None) -> Iterator[Path]:
    """Give a new directory, mode 0700, owned by us and reachable by `account`, and remove it afterwards."""
    parents = _parents(account)
    if not parents:
        raise FkdashError(
            f"No folder for a throwaway server: {tempfile.gettempdir()} and /tmp are unusable.",
            next_step="Set TMPDIR to a folder with a short path that every account may enter.",
        )
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parents[0]))
    with _locked_from_birth(directory):
        try:
            yield directory
        finally:
            _remove(directory)


@contextmanager
def _locked_from_birth(directory: Path) -> Iterator[None]:
    unlocked = directory / f"{LOCK}.new"
    with unlocked.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print(os.getpid(), file=lock, flush=True)
        unlocked.rename(directory / LOCK)
        yield


def sweep(account: Account | None) -> None:
    """Remove every directory whose keeper is gone, stopping a server that still runs in it."""
    for parent in _parents(account):
        for directory in parent.glob(f"{PREFIX}*"):
            if _is_ours(directory, account):
                _remove_if_abandoned(directory, account)


def _is_ours(directory: Path, account: Account | None) -> bool:
    # The temp folder is everyone's: what carries our prefix may have been planted by somebody else.
    try:
        status = directory.lstat()
    except OSError:
        return False
    owners = {os.geteuid()} | ({account.uid} if account else set())
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners


def _remove_if_abandoned(directory: Path, account: Account | None) -> None:
    try:
        lock = _open_lock(directory)
    except FileNotFoundError:
        with suppress(FileNotFoundError):
            if time.time() - directory.lstat().st_mtime > _SECONDS_UNLOCKED_AT_BIRTH:
                _remove(directory)
        return
    except OSError:
        return
    with lock:
        if os.fstat(lock.fileno()).st_uid != os.geteuid():
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop_abandoned(directory, account)
        _remove(directory)


def _open_lock(directory: Path) -> IO[str]:
    return os.fdopen(os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW), "r+", encoding="ascii")


def _remove(directory: Path) -> None:
    # A server that is just ending still removes files of its own: look again when one vanished first.
    for _ in range(_ATTEMPTS_TO_REMOVE):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
