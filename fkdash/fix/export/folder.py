"""Looks into a team's project: bounded, following no link out of it, and minding how its files are written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.fix.export.model import FileChange, UnfitFolderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PASSED_OVER: Final = frozenset(
    {
        "node_modules",
        ".git",
        ".hg",
        ".svn",
        "dist",
        "build",
        ".next",
        ".venv",
        "venv",
        "__pycache__",
        "vendor",
        "target",
    }
)
_MOST_FOLDERS: Final = 20_000
_LONGEST_FILE: Final = 16 * 1024 * 1024


@fact
class Text:
    """A file's text with its lines ended by a line feed alone; `newline` is how they are ended on the disk."""

    path: Path
    text: str
    raw: bytes
    newline: str

    def edited(self, text: str) -> FileChange:
        """Give the change of this file to a new text, its line ends and its byte order mark kept."""
        start = _BOM if self.raw.startswith(_BOM) else b""
        return FileChange(self.path, start + text.replace("\n", self.newline).encode(), self.raw)


_BOM: Final = b"\xef\xbb\xbf"


def required_folder(folder: Path) -> Path:
    """Give the folder, resolved; raises UsageError where there is none."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder.", next_step="Name the project's root or its folder of migrations."
        )
    return folder.resolve()


def read(path: Path) -> Text:
    """Give a file; raises UnfitFolderError where it cannot be read as text, or is too long to be one."""
    try:
        if not path.is_file():
            raise UnfitFolderError(f"{path} is missing, or is not a file.")
        if path.stat().st_size > _LONGEST_FILE:
            raise UnfitFolderError(f"{path} is larger than {_LONGEST_FILE // 1024 // 1024} MiB.")
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnfitFolderError(f"{path} cannot be read: {reason_of(error)}.") from error
    return Text(path, text.replace("\r\n", "\n"), raw, _newline(raw))


def _newline(raw: bytes) -> str:
    crlf = raw.count(b"\r\n")
    return "\r\n" if crlf and crlf * 2 >= raw.count(b"\n") else "\n"


def folders(root: Path) -> Iterator[Path]:
    """Give `root` and the folders below it, nearest first, but for installed packages and what was built."""
    waiting, seen = [root], 0
    while waiting:
        folder = waiting.pop(0)
        seen += 1
        if seen > _MOST_FOLDERS:
            raise UnfitFolderError(
                f"{root} has more than {_MOST_FOLDERS} folders.",
                next_step="Name the folder of migrations itself.",
            )
        yield folder
        try:
            with os.scandir(folder) as entries:
                below = [
                    Path(entry.path)
                    for entry in entries
                    if entry.name not in _PASSED_OVER and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            continue
        waiting += sorted(below)


def above(folder: Path, *, most: int = 6) -> Iterator[Path]:
    """Give the folder and those above it, up to the one that is a repository."""
    for each in (folder, *folder.parents)[:most]:
        yield each
        if (each / ".git").exists():
            return


def names(folder: Path) -> tuple[str, ...]:
    """Give the names in a folder, sorted; none where there is none."""
    try:
        return tuple(sorted(each.name for each in folder.iterdir()))
    except OSError:
        return ()


def newline_of(paths: Iterable[Path]) -> str:
    """Give how the last of these files ends its lines, whatever its encoding; a line feed where there is none."""
    last = max((path for path in paths if path.is_file()), default=None)
    if last is None:
        return "\n"
    try:
        with last.open("rb") as file:
            return _newline(file.read(_LONGEST_FILE))
    except OSError as error:
        raise UnfitFolderError(f"{last} cannot be read: {reason_of(error)}.") from error


def already_there(what: str) -> UnfitFolderError:
    """Give the error for a migration whose name is taken; `what` says what has it."""
    return UnfitFolderError(
        f"{what} is there already.",
        next_step="Deploy that one; fkdash fix export --name NAME gives this one another name.",
    )


def created(path: Path, text: str, newline: str) -> FileChange:
    """Give the change that creates a file; raises UnfitFolderError where something of its name is there."""
    if os.path.lexists(path):
        raise already_there(str(path))
    return FileChange(path, text.replace("\n", newline).encode())


def only_one(found: Iterable[Path], tool: str, folder: Path, *, sign: str) -> Path:
    """Give the one that was found, of several the one that was named itself.

    Raises UnfitFolderError for none, and for several below what was named.
    """
    candidates = tuple(dict.fromkeys(found))
    if folder in candidates:
        return folder
    if not candidates:
        raise UnfitFolderError(
            f"{folder} is no {tool} project: {sign} is neither in it nor below it.",
            next_step="Name the project's root or its folder of migrations.",
        )
    if len(candidates) > 1:
        raise UnfitFolderError(
            f"{folder} has several {tool} folders: {', '.join(str(each) for each in candidates)}.",
            next_step="Name one of them as the folder.",
        )
    return candidates[0]
