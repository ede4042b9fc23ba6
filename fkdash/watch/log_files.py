"""Log files on this machine: one, or a folder of them, followed through rotation."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.watch.which_files import PACKED, chosen_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

CHUNK: Final = 1024 * 1024
END: Final = 1024
"""So many bytes before the place in a file tell that it is still the same."""
_QUIET: Final = 60
"""How many looks a file is kept open in which nothing is written; under another name it is not found again."""


@fact
class Chunk:
    """A part of a file; `file` says which, `final` that nothing of it comes any more.

    `beside` are files that hold some of its messages as well.
    """

    file: object
    data: bytes
    final: bool = False
    beside: tuple[object, ...] = ()


@dataclass(slots=True)
class _File:
    """A file by what it is, not by its name: where it was read to, and the handle while it is being written."""

    path: Path
    place: int = 0
    handle: IO[bytes] | None = None
    quiet: int = 0
    end: bytes = b""
    """What stands before the place: where it does not any more, the file was written anew."""
    beside: tuple[object, ...] = ()


class LogFiles:
    """A file or a folder. `from_end` skips what stands there at the beginning, `since` files that are older."""

    def __init__(self, path: Path, *, since: datetime | None = None, from_end: bool = False) -> None:
        self._path, self._since = path, since
        self._files: dict[tuple[int, int], _File] = {}
        self._sizes: dict[str, int] = {}
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
                    file = self._files[_identity(found)] = _File(each, found.st_size)
                    if each == path:
                        # It may have another name before anybody looks again.
                        self._open(file)
            self._begun = True

    def read(self) -> Iterator[Chunk]:
        """Give what has come since the last time, files in the order in which they were last written."""
        paths = self._paths()
        found = {path: stamped for path in paths if (stamped := self._stat(path)) is not None}
        for path, stamped in found.items():
            file = self._files.setdefault(_identity(stamped), _File(path))
            file.path = path
            file.beside = tuple(_identity(found[each]) for each in paths[path] if each in found)
        self._begun = True
        for identity, file in list(self._files.items()):
            there = found.get(file.path)
            if there is None and file.handle is None:
                there = self._stat(file.path)
            here = there is not None and _identity(there) == identity
            if here and there is not None and (file.handle is not None or there.st_size != file.place):
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
        if not self._open(file) or file.handle is None:
            return
        size = file.handle.seek(0, 2)
        if size < file.place or not self._goes_on(file):
            # It was emptied and is written from its beginning (copytruncate).
            yield Chunk(identity, b"", final=True)
            file.place, file.end = 0, b""
        file.quiet = file.quiet + 1 if size == file.place else 0
        file.handle.seek(file.place)
        while data := file.handle.read(CHUNK):
            file.place += len(data)
            file.end = (file.end + data)[-END:]
            yield Chunk(identity, data, beside=file.beside)
        if file.path.suffix in PACKED or (file.quiet > _QUIET and file.path != self._path):
            file.handle.close()
            file.handle = None
            yield Chunk(identity, b"", final=True)

    def _open(self, file: _File) -> bool:
        """Open a file, if it is not; False where that is refused."""
        if file.handle is None:
            try:
                file.handle = file.path.open("rb")
            except OSError as error:
                self.unread[str(file.path)] = reason_of(error)
                return False
        return True

    def _goes_on(self, file: _File) -> bool:
        """Tell whether what was read last still stands where it stood."""
        if file.handle is None or not file.end:
            return True
        file.handle.seek(file.place - len(file.end))
        return file.handle.read(len(file.end)) == file.end

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

    def _paths(self) -> dict[Path, tuple[Path, ...]]:
        """Give the files to be read, those written last at the end, as `chosen_names` gives them."""
        if not self._path.is_dir():
            return {self._path: ()}
        listed = self._listed()
        sizes = {name: size for name, (_, size) in listed.items()}
        grown = {name for name, size in self._sizes.items() if sizes.get(name, size) != size}
        self._sizes = sizes
        before = now = {name: written for name, (written, _) in listed.items()}
        wanted = chosen_names(before, now, grown)
        if any(wanted.values()):
            now = {name: written for name, (written, _) in self._listed().items()}
            wanted = chosen_names(before, now, grown)
        return {
            self._path / name: tuple(self._path / each for each in wanted[name])
            for name in sorted(wanted, key=now.__getitem__)
            if self._is_wanted(name, now[name])
        }

    def _listed(self) -> dict[str, tuple[float, int]]:
        """Give the files with the moments of the last change and the sizes."""
        try:
            there = [each for each in self._path.iterdir() if not each.name.startswith(".")]
        except OSError as error:
            raise UsageError(
                f"{self._path} cannot be read: {reason_of(error)}.", next_step="Name another file or folder."
            ) from None
        return {
            each.name: (found.st_mtime, found.st_size)
            for each in there
            if (found := self._stat(each)) is not None and stat.S_ISREG(found.st_mode)
        }

    def _is_wanted(self, name: str, written: float) -> bool:
        if name.endswith(PACKED) and self._begun:
            # What is packed meanwhile has been read before.
            return False
        return self._since is None or written >= self._since.timestamp()


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
