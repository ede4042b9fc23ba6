"""Watches a log: reads what has come, again and again, until there is nothing more or it has been quiet."""

from __future__ import annotations

import asyncio
import queue
import threading
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fkdash.errors import UnreachableError, UsageError, reason_of
from fkdash.fact import fact
from fkdash.watch.log_files import CHUNK, Chunk, LogFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from fkdash.watch.counts import Counted
    from fkdash.watch.reading import Reading
    from fkdash.watch.server_log import ServerLog

_LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 600.0
"""How long a server that has gone is waited for."""
_MOST_PARTS = 8


@fact
class Ending:
    """When a watch ends: after one look, when it was quiet for so many seconds, after so many in all."""

    once: bool = False
    quiet_seconds: float | None = None
    seconds: float | None = None


class Source(Protocol):
    """Where a log comes from; `ended` says that nothing will come any more, `endless` that only an end ends it.

    `unreachable` says that it could not be read the last time, and will be read later.
    """

    ended: bool
    endless: bool

    @property
    def unreachable(self) -> bool:
        """Whether it could not be read the last time."""
        ...

    def read(self) -> AsyncIterator[Chunk]:
        """Give what has come since the last time."""
        ...

    def close(self) -> Iterable[Chunk]:
        """Give the ends of what was being read."""
        ...


async def watch(
    reading: Reading, source: Source, ending: Ending, told: Callable[[Iterable[Counted]], None]
) -> None:
    """Count until the end; `told` is given the minutes that are over, and in the end all that are left.

    Raises what the source raises, and CancelledError; what was counted until then has been told.
    """
    begun = quiet_since = monotonic()
    try:
        while True:
            came = counted = 0
            async for chunk in source.read():
                came += 1
                counted += reading.take(chunk.file, chunk.data, final=chunk.final, beside=chunk.beside)
                if counted and not ending.once:
                    told(reading.counts.finished(datetime.now(UTC)))
            if not came:
                counted += reading.settled()
            if counted or source.unreachable:
                # What cannot be read is not quiet.
                quiet_since = monotonic()
            if source.ended or (ending.once and not source.endless):
                break
            told(reading.counts.finished(datetime.now(UTC)))
            now = monotonic()
            if ending.quiet_seconds is not None and now - quiet_since >= ending.quiet_seconds:
                break
            if ending.seconds is not None and now - begun >= ending.seconds:
                break
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        for chunk in source.close():
            reading.take(chunk.file, chunk.data, final=chunk.final)
        reading.settled()
        told(reading.counts.finished())


class FromFiles:
    """Files of this machine."""

    ended = endless = unreachable = False

    def __init__(self, files: LogFiles) -> None:
        self.files = files

    async def read(self) -> AsyncIterator[Chunk]:
        """Give what has come since the last time; other work gets its turn in between."""
        for chunk in self.files.read():
            yield chunk
            await asyncio.sleep(0)

    def close(self) -> Iterable[Chunk]:
        """Close the files."""
        return self.files.close()


class FromServer:
    """The server's log over SQL; where the server goes away, what it wrote meanwhile is read when it is back.

    `heard` is told that it has gone, and that it is back. After `patience_seconds` without it the error is raised.
    """

    ended = endless = False

    def __init__(
        self,
        log: ServerLog,
        heard: Callable[[str], None] | None = None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._log, self._heard, self._patience = log, heard, patience_seconds
        self._gone_since: float | None = None

    @property
    def unreachable(self) -> bool:
        """Whether the server did not answer the last time."""
        return self._gone_since is not None

    async def read(self) -> AsyncIterator[Chunk]:
        """Give what has come since the last time, nothing where the server does not answer."""
        try:
            async for chunk in self._log.read():
                self._is_back()
                yield chunk
        except UnreachableError as error:
            if self._gone_since is None:
                self._gone_since = monotonic()
                self._say(f"{error.what} Trying again until it answers.")
            elif monotonic() - self._gone_since >= self._patience:
                raise
        else:
            self._is_back()

    def _is_back(self) -> None:
        if self._gone_since is not None:
            self._gone_since = None
            self._say("The server answers again; its log is read on.")

    def _say(self, words: str) -> None:
        if self._heard is not None:
            self._heard(words)

    def close(self) -> Iterable[Chunk]:
        """Give nothing: there is nothing to close."""
        return ()


class FromStream:
    """Standard input, or another stream, to its end. It is opened in its thread: a pipe waits for who writes."""

    endless = True
    unreachable = False

    def __init__(self, opened: Callable[[], BinaryIO]) -> None:
        self._opened = opened
        self._parts: queue.Queue[bytes | OSError] = queue.Queue(_MOST_PARTS)
        self._thread: threading.Thread | None = None
        self.ended = False

    async def read(self) -> AsyncIterator[Chunk]:
        """Give the parts of the stream as they come, until none comes for a second; raises UsageError."""
        if self._thread is None:
            # A daemon: whoever waits for standard input cannot be woken, and must not keep the process.
            self._thread = threading.Thread(target=self._take, name="log", daemon=True)
            self._thread.start()
        while not self.ended:
            try:
                data = await asyncio.to_thread(self._parts.get, timeout=_LOOK_SECONDS)
            except queue.Empty:
                return
            if isinstance(data, OSError):
                raise UsageError(
                    f"The log cannot be read: {reason_of(data)}.", next_step="Name another with --log."
                )
            self.ended = not data
            yield Chunk("stream", data, final=self.ended)

    def _take(self) -> None:
        try:
            stream, data = self._opened(), b"begin"
            while data:
                data = _part_of(stream)
                self._parts.put(data)
        except OSError as error:
            self._parts.put(error)

    def close(self) -> Iterable[Chunk]:
        """Give nothing: the stream is somebody else's."""
        return ()


def _part_of(stream: BinaryIO) -> bytes:
    read1 = getattr(stream, "read1", stream.read)
    data: bytes = read1(CHUNK)
    return data
