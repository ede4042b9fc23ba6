"""Writes an export: nothing is ever overwritten, and the file that makes a tool see the rest comes last."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.errors import StoppedError, reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.fix.export.model import FileChange


def write(files: Sequence[FileChange]) -> None:
    """Write all files in their order, each whole or not at all.

    Raises StoppedError where one is not as it was when the export was made; then, and where the disk refuses one,
    the new files are taken away again. Where that was cut off as well, the tool does not see them.
    """
    for change in files:
        _as_it_was(change)
    done: list[FileChange] = []
    try:
        for change in files:
            _as_it_was(change)
            _write(change)
            done.append(change)
    except OSError as error:
        raise StoppedError(
            f"{change.path} cannot be written: {reason_of(error)}.", next_step="Nothing was exported."
        ) from error
    finally:
        # Whatever kept the last one from being written, ctrl+c too: what is there without it is taken away.
        if len(done) < len(files):
            _take_back(done)


def _as_it_was(change: FileChange) -> None:
    if change.before is None:
        if os.path.lexists(change.path):
            raise StoppedError(f"{change.path} is there already; nothing is overwritten.")
        return
    try:
        now = change.path.read_bytes()
    except OSError as error:
        raise StoppedError(f"{change.path} cannot be read: {reason_of(error)}.") from error
    if now != change.before:
        raise StoppedError(f"{change.path} was changed meanwhile.", next_step="Export again.")


def _write(change: FileChange) -> None:
    folder = change.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".fkdash-")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(change.content)
            file.flush()
            os.fsync(descriptor)
        part.chmod(_mode(change))
        if change.before is None:
            # Unlike a rename, this fails where somebody else made the file meanwhile.
            os.link(part, change.path)
        else:
            part.replace(change.path.resolve())
    finally:
        part.unlink(missing_ok=True)


def _mode(change: FileChange) -> int:
    if change.before is not None:
        return change.path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _take_back(done: Sequence[FileChange]) -> None:
    for change in reversed(done):
        with contextlib.suppress(OSError):
            if change.before is None:
                change.path.unlink()
            else:
                change.path.write_bytes(change.before)
