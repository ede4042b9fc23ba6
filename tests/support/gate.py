"""A way to a server that can fail at a chosen moment: before a statement arrives, or before its answer does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.support.servers import TestDatabase


@dataclass(frozen=True)
class Moment:
    """The `nth` time a client sends `marker`; `answered` waits until the server has answered it."""

    marker: bytes
    nth: int = 1
    answered: bool = False

    def __str__(self) -> str:
        return f"{'after' if self.answered else 'before'} {self.marker.decode(errors='replace')} {self.nth}"


@dataclass
class Gate:
    """A unix socket in front of the server's; at the armed moment the fault happens once.

    `sent` counts what clients have sent since it was armed. The fault tells whether the connection goes on (True) or is cut, with what was sent (False) or after it (None).
    """

    server_socket: Path
    folder: Path
    database: str
    moment: Moment | None = None
    fault: Callable[[], Awaitable[bool | None]] | None = None
    shut: bool = False
    silent: bool = False
    happened: bool = False
    sent: int = 0
    _seen: int = 0
    _pairs: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={quote(str(self.folder), safe='')}"

    def arm(self, moment: Moment, fault: Callable[[], Awaitable[bool | None]]) -> None:
        self.moment, self.fault, self.happened, self.sent, self._seen = moment, fault, False, 0, 0

    async def cut(self) -> bool:
        return False

    async def silent_for_good(self) -> bool:
        """Let nothing through any more, in neither direction, as a network does that drops every packet."""
        self.silent = True
        await asyncio.Event().wait()
        return True

    async def cut_for_good(self) -> bool:
        self.shut = True
        for each in self._pairs:
            each.transport.abort()
        return False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.shut or self.silent:
            await self._leave_alone(writer)
            return
        way = await self._to_the_server(writer)
        if way is None:
            return
        upstream, downstream = way
        self._pairs |= {writer, downstream}
        answering = asyncio.create_task(self._answers(upstream, writer))
        try:
            while data := await reader.read(1 << 16):
                fires = self._fires(data)
                if not fires:
                    downstream.write(data)
                    await downstream.drain()
                    continue
                moment, fault = self.moment, self.fault
                assert moment is not None
                assert fault is not None
                answer = b""
                if moment.answered:
                    # Nobody else may read the answer: it is held back.
                    answering.cancel()
                    with suppress(asyncio.CancelledError):
                        await answering
                    downstream.write(data)
                    answer = await _answer(upstream, reader, downstream)
                goes_on = await fault()
                if goes_on is None and not moment.answered:
                    downstream.write(data)
                    await downstream.drain()
                if not goes_on:
                    break
                if moment.answered:
                    writer.write(answer)
                    answering = asyncio.create_task(self._answers(upstream, writer))
                else:
                    downstream.write(data)
        except OSError:
            pass
        finally:
            answering.cancel()
            self._pairs -= {writer, downstream}
            for each in (writer, downstream):
                each.transport.abort()

    async def _to_the_server(
        self, writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to the server; None, with the client's connection gone, where it is down."""
        try:
            return await asyncio.open_unix_connection(str(self.server_socket))
        except BaseException as error:
            writer.transport.abort()
            if not isinstance(error, OSError):
                raise
            return None

    async def _leave_alone(self, writer: asyncio.StreamWriter) -> None:
        try:
            if self.silent:
                await asyncio.Event().wait()
        finally:
            writer.transport.abort()

    def _fires(self, data: bytes) -> bool:
        self.sent += 1
        if self.moment is None or self.happened or self.moment.marker not in data:
            return False
        self._seen += 1
        self.happened = self._seen == self.moment.nth
        return self.happened

    async def _answers(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await upstream.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()


async def _answer(
    upstream: asyncio.StreamReader, reader: asyncio.StreamReader, downstream: asyncio.StreamWriter
) -> bytes:
    """Wait for the server's answer; the rest of what the client asks may still be on its way."""
    answer = asyncio.create_task(upstream.read(1 << 16))
    while not answer.done():
        more = asyncio.create_task(reader.read(1 << 16))
        await asyncio.wait({answer, more}, return_when=asyncio.FIRST_COMPLETED)
        if not more.done():
            more.cancel()
            with suppress(asyncio.CancelledError):
                await more
            break
        if not more.result():
            break
        downstream.write(more.result())
    return await answer


@asynccontextmanager
async def gate(database: TestDatabase, folder: Path) -> AsyncIterator[Gate]:
    """Open a gate in `folder`, which must have a short path."""
    async with gated_socket(Path(database.socket_directory) / ".s.PGSQL.5432", folder, database.name) as made:
        yield made


@asynccontextmanager
async def gated_socket(server_socket: Path, folder: Path, database: str) -> AsyncIterator[Gate]:
    """Open a gate in front of a server's socket, in `folder`, which must have a short path."""
    made = Gate(server_socket, folder, database)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await made.serve(reader, writer)

    server = await asyncio.start_unix_server(serve, str(folder / ".s.PGSQL.5432"))
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
