"""Writes an export: nothing is ever overwritten, and the file that makes a tool see the rest comes last.

Whatever ends it halfway, kill -9 too, leaves no part of a file, and no folder without its files: Prisma takes
every folder for a migration, Drizzle 0.x what does not begin with `_` in `meta` for a snapshot.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.errors import StoppedError, reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BufferedWriter

    from fkdash.fix.export.model import FileChange

_NAMELESS: Final = getattr(os, "O_TMPFILE", 0)
"""Where there is such a thing, a new file has no name until it is whole."""

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""Said by a file system that cannot give a file two names, as on a USB stick."""


def write(files: Sequence[FileChange]) -> None:
    """Write all files in their order, each whole or not at all, and those of a new folder with it.

    Raises StoppedError where one is not as it was when the export was made; then, and where the disk refuses one,
    what is new is taken away again. Where that was cut off as well, the tool does not see it.
    """
    for change in files:
        _as_it_was(change)
    done: list[FileChange] = []
    new_folders: list[Path] = []
    kept: dict[Path, Path] = {}
    try:
        for folder, together in groupby(files, key=_new_folder):
            changes = list(together)
            for change in changes:
                _as_it_was(change)
            if folder is not None:
                _write_folder(folder, changes)
                new_folders.append(folder)
            else:
                for change in changes:
                    _write(change, kept)
                    done.append(change)
                changes = []
            done += changes
    except OSError as error:
        refused = files[len(done)].path
        left = _take_back(done, new_folders, kept)
        raise StoppedError(f"{refused} cannot be written: {reason_of(error)}.", next_step=left) from error
    except BaseException:
        # Whatever kept the last one from being written, ctrl+c too: what is there without it is taken away.
        _take_back(done, new_folders, kept)
        raise
    finally:
        for old in kept.values():
            with contextlib.suppress(OSError):
                old.unlink()


def _as_it_was(change: FileChange) -> None:
    if change.before is None:
        if os.path.lexists(change.path):
            raise StoppedError(
                f"{change.path} is there already; nothing is overwritten.",
                next_step="Move it away, or give the migration another name.",
            )
        return
    try:
        now = change.path.read_bytes()
    except OSError as error:
        raise StoppedError(
            f"{change.path} cannot be read: {reason_of(error)}.", next_step="Look at it, then export again."
        ) from error
    if now != change.before:
        raise StoppedError(f"{change.path} was changed meanwhile.", next_step="Export again.")


def _new_folder(change: FileChange) -> Path | None:
    """Give the folder that is made for a file."""
    return None if change.before is not None or change.path.parent.is_dir() else change.path.parent


def _write_folder(folder: Path, changes: Sequence[FileChange]) -> None:
    """Make a folder with its files where no tool looks, then give it its name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=_aside(folder.parent), prefix=".fkdash-"))
    try:
        for change in changes:
            with (staged / change.path.name).open("wb") as file:
                _fill(file, change.content, 0o666 & ~_mask())
        staged.chmod(0o777 & ~_mask())
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _aside(folder: Path) -> Path:
    """Give the folder above, where a rename from there works."""
    above = folder.parent
    same = above.stat().st_dev == folder.stat().st_dev
    return above if same and os.access(above, os.W_OK) else folder


def _write(change: FileChange, kept: dict[Path, Path]) -> None:
    """Write a file; what an edited one was stays under another name, in `kept`: a full disk has no room for it."""
    if change.before is None:
        _make(change.path, change.content, 0o666 & ~_mask())
        return
    path = change.path.resolve()
    known = path.stat()
    part, old = (path.parent / f"_fkdash-{secrets.token_hex(8)}" for _ in range(2))
    _make(part, change.content, known.st_mode & 0o7777)
    try:
        with contextlib.suppress(OSError):
            # Who exports as root leaves the team its file.
            os.chown(part, known.st_uid, known.st_gid)
        with contextlib.suppress(OSError):
            # Not every file system can give a file two names.
            os.link(path, old)
            kept[change.path] = old
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _make(path: Path, content: bytes, mode: int) -> None:
    """Make a file that is whole from its first moment on; raises FileExistsError where one is there."""
    if _made_without_name(path, content, mode):
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix="_fkdash-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _fill(file, content, mode)
        _named(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)


def _named(part: Path, path: Path) -> None:
    """Give a whole file its name; raises FileExistsError where one is there."""
    try:
        # Unlike a rename, this fails where somebody else made the file meanwhile.
        os.link(part, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        part.rename(path)


def _made_without_name(path: Path, content: bytes, mode: int) -> bool:
    """Tell whether the file was made; not every file system can do it without a name."""
    if not _NAMELESS:
        return False
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            descriptor = os.open(path.parent, _NAMELESS | os.O_WRONLY, 0o600)
        except OSError:
            return False
        with os.fdopen(descriptor, "wb") as file:
            _fill(file, content, mode)
            try:
                os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=folder)
            except FileNotFoundError:
                return False
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                return False
    finally:
        os.close(folder)
    return True


def _fill(file: BufferedWriter, content: bytes, mode: int) -> None:
    file.write(content)
    file.flush()
    os.fchmod(file.fileno(), mode)
    os.fsync(file.fileno())


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_back(done: Sequence[FileChange], new_folders: Sequence[Path], kept: dict[Path, Path]) -> str:
    """Take away what was written, and say what is left of it."""
    left = []
    for change in reversed(done):
        try:
            if change.before is None:
                change.path.unlink()
            elif (old := kept.pop(change.path, None)) is not None:
                old.replace(change.path.resolve())
            else:
                change.path.write_bytes(change.before)
        except OSError:
            left.append(str(change.path))
    for folder in new_folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
    if not left:
        return "Nothing was exported."
    return f"What was written before could not be taken back: {', '.join(left)}. Take it back with git."
