"""Log files on this machine: one, or a folder of them, followed through rotation."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from fkdash.errors import UsageError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

CHUNK: Final = 1024 * 1024
_PACKED: Final = ".gz"
_QUIET: Final = 60
"""How many looks a file is kept open in which nothing is written; under another name it is not found again."""
# Where the server writes several formats, they hold the same messages: one of them is read.
_FORMATS: Final = (".csv", ".json", "")
_NAME: Final = re.compile(r"(.+?)(\.csv|\.json|\.log|\.txt)?((?:[.-]\d{1,14})?)(\.gz)?$")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file; `file` says which, `final` that nothing of it comes any more."""

    file: object
    data: bytes
    final: bool = False


@dataclass(slots=True)
class _File:
    """A file by what it is, not by its name: where it was read to, and the handle while it is being written."""

    path: Path
    place: int = 0
    handle: IO[bytes] | None = None
    quiet: int = 0


class LogFiles:
    """A file or a folder. `from_end` skips what stands there at the beginning, `since` files that are older."""

    def __init__(self, path: Path, *, since: datetime | None = None, from_end: bool = False) -> None:
        self._path, self._since = path, since
        self._files: dict[tuple[int, int], _File] = {}
        self._begun = False
        self.unread: dict[str, str] = {}
        """Files that could not be read, with the reasons."""
        if not path.exists():
            raise UsageError(
                f"There is no {path}.", next_step="Give a log file, a folder, or - for standard input."
            )
        if from_end:
            for each in self._paths():
                found = self._stat(each)
                if found is not None:
                    self._files[found.st_dev, found.st_ino] = _File(each, found.st_size)
            self._begun = True

    def read(self) -> Iterator[Chunk]:
        """Give what has come since the last time, files in the order in which they were last written."""
        paths = self._paths()
        for path in paths:
            found = self._stat(path)
            if found is not None:
                file = self._files.setdefault((found.st_dev, found.st_ino), _File(path))
                file.path = path
        self._begun = True
        for identity, file in list(self._files.items()):
            found = self._stat(file.path) if file.path in paths or file.handle is None else None
            here = found is not None and (found.st_dev, found.st_ino) == identity
            if here and found is not None and (file.handle is not None or found.st_size != file.place):
                yield from self._more(identity, file)
            elif not here and file.handle is not None:
                yield from self._last(identity, file)

    def close(self) -> Iterator[Chunk]:
        """Give the ends of all files: nothing of them will come."""
        for identity, file in self._files.items():
            if file.handle is not None:
                file.handle.close()
                file.handle = None
                yield Chunk(identity, b"", final=True)

    def _more(self, identity: tuple[int, int], file: _File) -> Iterator[Chunk]:
        """Give what was written; a file that is not written any more is not kept open."""
        if file.handle is None:
            try:
                file.handle = file.path.open("rb")
            except OSError as error:
                self.unread[str(file.path)] = reason_of(error)
                return
        size = file.handle.seek(0, 2)
        if size < file.place:
            # It was emptied and is written from its beginning (copytruncate).
            yield Chunk(identity, b"", final=True)
            file.place = 0
        file.quiet = file.quiet + 1 if size == file.place else 0
        file.handle.seek(file.place)
        while data := file.handle.read(CHUNK):
            file.place += len(data)
            yield Chunk(identity, data)
        if file.path.suffix == _PACKED or file.quiet > _QUIET:
            file.handle.close()
            file.handle = None
            yield Chunk(identity, b"", final=True)

    def _last(self, identity: tuple[int, int], file: _File) -> Iterator[Chunk]:
        """Give what is still written into a file that has another name by now, or none."""
        yield from self._more(identity, file)
        if file.handle is None:
            self._files.pop(identity, None)

    def _stat(self, path: Path) -> os.stat_result | None:
        try:
            return path.stat()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self.unread[str(path)] = reason_of(error)
            return None

    def _paths(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            there = [each for each in self._path.iterdir() if not each.name.startswith(".")]
        except OSError as error:
            raise UsageError(f"{self._path} cannot be read: {reason_of(error)}") from None
        wanted = chosen_names([each.name for each in there])
        stamped = [
            (found.st_mtime, each)
            for each in there
            if each.name in wanted and (found := self._stat(each)) is not None and stat.S_ISREG(found.st_mode)
        ]
        return [path for written, path in sorted(stamped) if self._is_wanted(path, written)]

    def _is_wanted(self, path: Path, written: float) -> bool:
        if path.suffix == _PACKED and self._begun:
            # What is packed meanwhile has been read before.
            return False
        return self._since is None or written >= self._since.timestamp()


def chosen_names(names: list[str]) -> frozenset[str]:
    """Give the files of a folder that are to be read: of the same messages in several formats, one format."""
    by_name: dict[tuple[str, str], dict[str, str]] = {}
    for name in names:
        found = _NAME.fullmatch(name)
        if found is None:
            continue
        ending = found[2] if found[2] in _FORMATS else ""
        by_name.setdefault((found[1], found[3]), {})[ending] = name
    return frozenset(next(each[ending] for ending in _FORMATS if ending in each) for each in by_name.values())
