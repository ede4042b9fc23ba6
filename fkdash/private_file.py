"""Files in the state folder that only their owner may read."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_OTHERS: Final = 0o077


class NotPrivateError(OSError):
    """A folder that is not the user's own alone; `strerror` names it and says what is wrong."""


def require_private_folder(folder: Path) -> None:
    """Make a folder that only its user may enter, or see that it is one; a link is not followed.

    Closes it to others where it is the user's own. Raises NotPrivateError for somebody else's, for one that all
    share like /tmp, which is never closed, and for a link; OSError where it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if folder.is_symlink():
            raise NotPrivateError(error.errno, f"{folder} is a link, which could lead anywhere") from error
        raise
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise NotPrivateError(errno.EPERM, f"{folder} belongs to somebody else")
        if found.st_mode & stat.S_ISVTX:
            raise NotPrivateError(errno.EPERM, f"{folder} is shared with everybody")
        if stat.S_IMODE(found.st_mode) & _OTHERS:
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & ~_OTHERS)
    finally:
        os.close(descriptor)


def is_shared(folder: Path) -> bool:
    """Tell whether everybody may write there, and nobody replace what is somebody else's: /tmp and its like."""
    try:
        return bool(folder.stat().st_mode & stat.S_ISVTX)
    except OSError:
        return False


def write_private(prefix: str, suffix: str, text: str) -> Path:
    """Write `text` to a new file, mode 0600, in fkdash's state folder and give its path; raises OSError."""
    import platformdirs  # not before the first frame

    folder = Path(platformdirs.user_state_dir("fkdash", appauthor=False))
    require_private_folder(folder)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    path = folder / f"{prefix}-{moment}{suffix}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
