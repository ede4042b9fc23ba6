"""The server's own log, read over SQL: no shell on its machine is needed, only a role that may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.errors import FkdashError, NotPermittedError
from fkdash.fact import fact
from fkdash.watch.log_files import CHUNK, END, Chunk
from fkdash.watch.which_files import PACKED, chosen_names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from fkdash.db.session import Row, Sessions

_SECONDS: Final = 10.0
_MAY_NOT: Final = (
    "As a superuser: GRANT pg_monitor, pg_read_server_files TO the role; GRANT EXECUTE ON FUNCTION "
    "pg_read_binary_file(text, bigint, bigint, boolean) TO the role. Or: fkdash watch --log FILE."
)
_TOO_SILENT: Final = frozenset({"log", "fatal", "panic"})


@fact
class Spelling:
    """How the lines of the server's log look, and what of an error does not stand there."""

    prefix: str
    zone: str
    verbosity: str
    threshold: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator must know of what the log leaves out."""
        told = []
        if "%e" not in self.prefix and self.verbosity != "verbose":
            told.append(
                "log_line_prefix has no %e: errors stand in the plain log without their SQLSTATE, and are "
                "recognised by their words."
            )
        if self.verbosity == "terse":
            told.append(
                "log_error_verbosity is terse: the log has no CONTEXT, which tells which foreign key set a NULL."
            )
        if self.threshold in _TOO_SILENT:
            told.append(f"log_min_messages is {self.threshold}: the server writes no errors into its log.")
        return tuple(told)


async def read_spelling(sessions: Sessions) -> Spelling:
    """Ask the server how its log looks; raises the session's errors."""
    async with sessions.session(_SECONDS) as session:
        row = await session.row(query("fkdash.watch", "log_spelling"))
    assert row is not None  # noqa: S101 - settings always exist
    return Spelling(row["prefix"], row["zone"], row["verbosity"], row["threshold"])


@dataclass(slots=True)
class _Place:
    """Where a file was read to; `end` is what stands before it."""

    at: int
    end: bytes = b""


@fact
class _Listed:
    path: str
    size: int
    beside: tuple[str, ...]


class ServerLog:
    """The files of the server's log; `from_end` skips what stands there, `since` files that are older.

    With `most_bytes` a file that is longer when it is first met is read from so far before its end.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        since: datetime | None = None,
        from_end: bool = False,
        most_bytes: int | None = None,
    ) -> None:
        self._sessions, self._since, self._from_end = sessions, since, from_end
        self._most_bytes = most_bytes
        self.skipped = 0
        """How many bytes of the log were passed over as too long ago."""
        self._places: dict[str, _Place] = {}
        """By the files' paths."""
        self._last: list[str] = []
        """The paths that were read at the last look."""
        self._sizes: dict[str, int] = {}
        self._begun = False

    async def open(self) -> None:
        """Find the log; raises FkdashError where the server keeps none, or the role may not read it."""
        try:
            async with self._sessions.session(_SECONDS) as session:
                row = await session.row(query("fkdash.watch", "log_settings"))
            assert row is not None  # noqa: S101 - settings always exist
            current = row["csv"] or row["json"] or row["text"]
            if current is None:
                raise FkdashError(
                    "The server keeps no log file of its own: logging_collector is off.",
                    next_step="Give the log: fkdash watch --log FILE, or --log - for standard input.",
                )
            files = await self._listed()
            if self._from_end:
                self._places = {each.path: _Place(each.size) for each in files}
                self._last = list(self._places)
            self._begun = self._from_end
            # What cannot be read is to be known before anybody waits for it.
            await self._part(current, 0, 1)
        except NotPermittedError as error:
            raise NotPermittedError(error.what, next_step=_MAY_NOT) from None

    async def read(self) -> AsyncIterator[Chunk]:
        """Give what has come since the last time; raises the session's errors."""
        files = await self._listed()
        folder = {str(PurePosixPath(each.path).parent) for each in files}
        for path in self._last:
            if folder and str(PurePosixPath(path).parent) not in folder:
                # log_directory was changed: what was written there until then.
                async for chunk in self._more(path, None, ()):
                    yield chunk
        self._last = [each.path for each in files]
        for each in files:
            async for chunk in self._more(each.path, each.size, each.beside):
                yield chunk
        self._begun = True

    async def _more(self, path: str, size: int | None, beside: tuple[str, ...]) -> AsyncIterator[Chunk]:
        """Give what was written into a file, up to `size`, which None leaves open."""
        place = self._places.get(path)
        if place is None:
            place = self._places[path] = _Place(self._beginning(path, size or 0))
        if size == place.at:
            return
        if size is not None and size < place.at:
            # A name that is used again (log_truncate_on_rotation).
            yield Chunk(path, b"", final=True)
            place.at, place.end = 0, b""
        while size is None or place.at < size:
            known = len(place.end)
            length = CHUNK if size is None else min(CHUNK, size - place.at)
            data = await self._part(path, place.at - known, known + length)
            if data is not None and not data.startswith(place.end):
                # It was written anew, and is longer by now than it was.
                yield Chunk(path, b"", final=True)
                place.at, place.end = 0, b""
                continue
            if not data or len(data) == known:
                break
            place.at += len(data) - known
            yield Chunk(path, data[known:], beside=beside)
            place.end = data[-END:]

    def _beginning(self, path: str, size: int) -> int:
        """Give where a file that has not been read yet is begun; a packed one makes sense as a whole only."""
        if self._most_bytes is None or path.endswith(PACKED) or size <= self._most_bytes:
            return 0
        self.skipped += size - self._most_bytes
        return size - self._most_bytes

    async def _part(self, path: str, place: int, length: int) -> bytes | None:
        async with self._sessions.session(_SECONDS) as session:
            data: bytes | None = await session.value(query("fkdash.watch", "log_part"), path, place, length)
        return data

    async def _listed(self) -> list[_Listed]:
        """Give the files to be read, oldest first."""
        rows = await self._rows()
        sizes = {row["name"]: row["size"] for row in rows}
        grown = {name for name, size in self._sizes.items() if sizes.get(name, size) != size}
        self._sizes = sizes
        before = {row["name"]: row["modified"] for row in rows}
        current = {row["name"] for row in rows if row["current"]}
        wanted = chosen_names(before, before, grown, current)
        if any(wanted.values()):
            rows = await self._rows()
            wanted = chosen_names(before, {row["name"]: row["modified"] for row in rows}, grown, current)
        return [
            _Listed(_path(row, row["name"]), row["size"], tuple(_path(row, each) for each in wanted[row["name"]]))
            for row in rows
            if row["name"] in wanted
            and (self._since is None or row["modified"] >= self._since.timestamp())
            and (not row["name"].endswith(PACKED) or not self._begun or _path(row, row["name"]) in self._places)
        ]

    async def _rows(self) -> Sequence[Row]:
        async with self._sessions.session(_SECONDS) as session:
            return await session.rows(query("fkdash.watch", "log_files"))


def _path(row: Row, name: str) -> str:
    return str(PurePosixPath(row["folder"]) / name)
