"""The server's own log, read over SQL: no shell on its machine is needed, only a role that may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.errors import FkdashError, NotPermittedError
from fkdash.watch.log_files import CHUNK, Chunk, chosen_names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from fkdash.db.session import Row, Sessions

_PACKED: Final = ".gz"
_SECONDS: Final = 10.0
_MAY_NOT: Final = (
    "As a superuser: GRANT pg_monitor, pg_read_server_files TO the role; GRANT EXECUTE ON FUNCTION "
    "pg_read_binary_file(text, bigint, bigint, boolean) TO the role. Or give the log: --log FILE, or - for stdin."
)
_TOO_SILENT: Final = frozenset({"log", "fatal", "panic"})


@dataclass(frozen=True, slots=True)
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
        self._places: dict[str, int] = {}
        self._folder: PurePosixPath | None = None
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
                    next_step="Give the log: --log FILE, or - for standard input.",
                )
            self._folder = PurePosixPath(current).parent
            files = await self._listed()
            if self._from_end:
                self._places = {row["name"]: row["size"] for row in files}
            self._begun = self._from_end
            # What cannot be read is to be known before anybody waits for it.
            await self._part(str(self._folder / PurePosixPath(current).name), 0, 1)
        except NotPermittedError as error:
            raise NotPermittedError(error.what, next_step=_MAY_NOT) from None

    async def read(self) -> AsyncIterator[Chunk]:
        """Give what has come since the last time; raises the session's errors."""
        assert self._folder is not None  # noqa: S101 - `open` comes first
        for row in await self._listed():
            name, size = row["name"], row["size"]
            place = self._places.get(name, self._beginning(name, size))
            if size < place:
                # A name that is used again (log_truncate_on_rotation).
                yield Chunk(name, b"", final=True)
                place = 0
            while place < size:
                data = await self._part(str(self._folder / name), place, min(CHUNK, size - place))
                if not data:
                    break
                place += len(data)
                self._places[name] = place
                yield Chunk(name, data)
            self._places[name] = place
        self._begun = True

    def _beginning(self, name: str, size: int) -> int:
        """Give where a file that has not been read yet is begun; a packed one makes sense as a whole only."""
        if self._most_bytes is None or name.endswith(_PACKED) or size <= self._most_bytes:
            return 0
        if name not in self._places:
            self.skipped += size - self._most_bytes
        return size - self._most_bytes

    async def _part(self, path: str, place: int, length: int) -> bytes | None:
        async with self._sessions.session(_SECONDS) as session:
            data: bytes | None = await session.value(query("fkdash.watch", "log_part"), path, place, length)
        return data

    async def _listed(self) -> list[Row]:
        async with self._sessions.session(_SECONDS) as session:
            rows = await session.rows(query("fkdash.watch", "log_files"))
        wanted = chosen_names([row["name"] for row in rows])
        return [
            row
            for row in rows
            if row["name"] in wanted
            and (self._since is None or row["modified"] >= self._since.timestamp())
            and (not row["name"].endswith(_PACKED) or (not self._begun or row["name"] in self._places))
        ]
