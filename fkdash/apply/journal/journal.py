"""The journal of a run: append-only JSON lines, on the disk before and after every step.

It alone is enough to know what was under way, and to finish or undo it, after a crash at any moment.
One file per run, readable by its owner only, in the platform's state folder.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
import re
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from platformdirs import user_state_path

from fkdash.errors import StoppedError, UsageError, reason_of
from fkdash.fact import fact
from fkdash.private_file import is_shared, require_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

_OTHERS_WRITE: Final = 0o022
_OWNER_ONLY: Final = 0o600
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME: Final = 80
_ROOM: Final = 256 * 1024
_LARGEST_BYTES: Final = 256 * 1024 * 1024
"""A billion rows in batches of a thousand leave some 200 MB: a line each."""
_LONGEST_LINE_BYTES: Final = 64 * 1024 * 1024
"""What a plan may have that is read from a file."""
_NEW: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
# What is no file (a named pipe, say) must not be waited for, and a link is not followed.
_JUST_A_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW


class JournalError(StoppedError):
    """A line could not be kept."""


def operator() -> str:
    """Name the account that runs fkdash; its number where it has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # OSError since Python 3.13
        return f"uid {os.getuid()}"


def runs_folder() -> Path:
    """Give the folder that holds the journals: `fkdash/runs` under XDG_STATE_HOME on Linux."""
    return user_state_path("fkdash", appauthor=False) / "runs"


class Journal:
    """A journal open for writing; raises JournalError where a line cannot be kept.

    While it is open a lock on the file tells that its run is going on. Some room is set aside at the start, so
    that a disk that fills up later does not keep the run from saying how it ended.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._reserve = path.with_suffix(".reserve")

    @classmethod
    def create(cls, constraint: str, *, folder: Path | None = None) -> Self:
        """Make a new file named after the moment and the constraint."""
        home = folder or runs_folder()
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = home / f"{moment}-{file_name(constraint)}.jsonl"
        try:
            _require_private(home)
            descriptor = os.open(path, _NEW, _OWNER_ONLY)
        except OSError as error:
            raise _unwritable(path, error) from error
        journal = cls(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _free_forgotten_room(home)
            journal._set_room_aside()
            _sync_folder(home)
        except OSError as error:
            journal.close()
            path.unlink(missing_ok=True)
            raise _unwritable(path, error) from error
        return journal

    def write(self, event: str, **facts: object) -> None:
        """Append one line and wait until the disk has it, under the name that leads back to it.

        Where somebody took the file or its folder away meanwhile it is written anew.
        """
        line = {"event": event, "at": datetime.now(UTC).isoformat(), **facts}
        data = (json.dumps(line, ensure_ascii=True) + "\n").encode()
        try:
            self._append(data)
        except OSError:
            self._give_room_back()
            try:
                self._append(data)
            except OSError as error:
                raise _unwritable(self.path, error) from error
        try:
            if not self._is_there():
                self._write_anew()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """Close the file; a closed journal takes no more lines. One without any is removed: nothing was begun."""
        self._give_room_back()
        with suppress(OSError):
            if os.fstat(self._descriptor).st_size == 0 and self._is_there():
                self.path.unlink()
        os.close(self._descriptor)

    def _append(self, data: bytes) -> None:
        """Append all of it or nothing."""
        before = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, data)
        except OSError:
            os.ftruncate(self._descriptor, before)
            raise

    def _is_there(self) -> bool:
        """Say whether the name still leads to what is written."""
        try:
            found = self.path.stat(follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        own = os.fstat(self._descriptor)
        return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)

    def _write_anew(self) -> None:
        """Make the file once more, with all that was written; raises OSError where another has its name."""
        _require_private(self.path.parent)
        descriptor = os.open(self.path, _NEW, _OWNER_ONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(descriptor, os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0))
            _sync_folder(self.path.parent)
        except OSError:
            self.path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        os.close(self._descriptor)
        self._descriptor = descriptor

    def _set_room_aside(self) -> None:
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            _write_all(descriptor, bytes(_ROOM))
        finally:
            os.close(descriptor)

    def _give_room_back(self) -> None:
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@fact
class Line:
    """One line of a journal: what happened, when (ISO 8601, UTC), and its facts."""

    event: str
    at: str
    facts: dict[str, Any]


def read(path: Path) -> tuple[Line, ...]:
    """Give a journal's lines; one that was cut off by a crash, or is none of ours, is left out.

    Raises OSError for what is no file and for a link, UsageError for a file that somebody else could have written
    and for one that is larger than a journal can be, or has a line that is.
    """
    descriptor = os.open(path, _JUST_A_FILE)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a file")
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE:
            raise UsageError(
                f"{path} belongs to somebody else, or others may write it; what it says is not to be carried out.",
                next_step="Look at what is in it. If it is yours: chmod 600, and chown to yourself.",
            )
        if found.st_size > _LARGEST_BYTES:
            raise _too_large(path, f"it has {found.st_size // 1024 // 1024:,} MB")
        lines = (_line(each) for each in _texts(path, file))
        return tuple(line for line in lines if line is not None)


def _texts(path: Path, file: IO[bytes]) -> Iterator[str]:
    """Give the lines of a file; one of more bytes than a plan can have raises UsageError."""
    while raw := file.readline(_LONGEST_LINE_BYTES + 1):
        if len(raw) > _LONGEST_LINE_BYTES:
            raise _too_large(path, f"it has a line of more than {_LONGEST_LINE_BYTES // 1024 // 1024} MB")
        yield raw.decode()


def _too_large(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not the journal of a run: {why}.", next_step="Look at what is in it, and move it away."
    )


def _line(text: str) -> Line | None:
    try:
        facts = json.loads(text)
        return Line(event=str(facts.pop("event")), at=str(facts.pop("at")), facts=facts)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None


def file_name(constraint: str) -> str:
    """Give what a journal is named after a constraint, or the beginning of it for a part of one."""
    return _UNFIT.sub("_", constraint)[:_LONGEST_NAME]


def keep_fetched(run: str, lines: Iterable[Line]) -> Path:
    """Write the lines of a run that was fetched from elsewhere as a journal; one of that name is left as it is."""
    path = runs_folder() / f"{_UNFIT.sub('_', run)}.jsonl"
    if path.exists():
        return path
    text = "".join(json.dumps({"event": each.event, "at": each.at, **each.facts}) + "\n" for each in lines)
    try:
        _require_private(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            _write_all(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def is_open(path: Path) -> bool:
    """Tell whether the run of a journal is going on now, in some process on this machine."""
    try:
        descriptor = os.open(path, _JUST_A_FILE)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _require_private(folder: Path) -> None:
    """See that a folder for journals is the operator's own, and that fkdash's own lies in such a one."""
    if folder == runs_folder() and not is_shared(folder.parent):
        # Whoever owns that could put another folder in the place of this one.
        require_private_folder(folder.parent)
    require_private_folder(folder)


def _free_forgotten_room(folder: Path) -> None:
    """Remove what killed runs had set aside."""
    for reserve in folder.glob("*.reserve"):
        if not is_open(reserve.with_suffix(".jsonl")):
            reserve.unlink(missing_ok=True)


def _write_all(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"The journal {path} cannot be written: {reason_of(error)}.",
        next_step="Without a journal there is no way back after a crash, so nothing is changed. "
        "Make room or set XDG_STATE_HOME to a folder you can write to.",
    )
