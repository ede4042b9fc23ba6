"""Things on a TCP port: a way to a real server that can be cut, and things that are no server at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listener(handler: Handler, folder: Path | None = None) -> AsyncIterator[int]:
    """Give the port of 127.0.0.1, or of the socket in a folder, where `handler` serves."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()

    if folder is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
    else:
        port = 5432
        server = await asyncio.start_unix_server(serve, folder / f".s.PGSQL.{port}")
    try:
        yield port
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answers_like_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(8)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def never_answers(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass


async def closes_at_once(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1)


def unused_port() -> int:
    """Give a TCP port where nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class Wire:
    """A TCP port that leads to a server's unix socket; what goes by can cut it.

    With `stays_open` the client's end outlives the server's: its last words arrive, the end itself does not.
    """

    port: int = 0
    stays_open: bool = False
    server_left: asyncio.Event = field(default_factory=asyncio.Event)
    _lost: bytes = b""
    _replaced: dict[bytes, bytes] = field(default_factory=dict)
    _reaches_the_server: bool = True
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _client_ends: list[asyncio.StreamWriter] = field(default_factory=list)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flowing.set()

    def lose(self, message: str, *, reaches_the_server: bool) -> None:
        """Break the connection when the client sends `message`, before or after the server has it."""
        self._lost = message.encode()
        self._reaches_the_server = reaches_the_server

    def replace(self, message: str, by: str) -> None:
        """Let what the client says arrive as something else, of the same length: a middleman."""
        assert len(message) == len(by)
        self._replaced[message.encode()] = by.encode()

    def hold(self) -> None:
        """Let nothing through any more, without a word: packets that vanish."""
        self._flowing.clear()

    def let_through(self) -> None:
        """Let everything through again."""
        self._flowing.set()

    def cut(self) -> None:
        """Break every connection that goes through."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._client_ends.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_server: bool) -> None:
        """Copy one direction; breaks off at the message that is to be lost."""
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                lost = to_server and bool(self._lost) and self._lost in data
                if lost and not self._reaches_the_server:
                    self.cut()
                    return
                # An answer to what was lost goes nowhere: the client's end is already broken.
                if lost:
                    self._client_ends[-1].transport.abort()
                for message, other in self._replaced.items() if to_server else ():
                    data = data.replace(message, other)
                writer.write(data)
                await writer.drain()
        if not to_server:
            self.server_left.set()
            if self.stays_open:
                return
        writer.close()

    def adopt(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        """Remember the ends of a connection."""
        self._writers += [client, server]
        self._client_ends.append(client)


@asynccontextmanager
async def wire_to(socket_directory: str) -> AsyncIterator[Wire]:
    """Give a TCP way to the server of a unix socket."""
    wire = Wire()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(f"{socket_directory}/.s.PGSQL.5432")
        wire.adopt(writer, server_writer)
        try:
            await asyncio.gather(
                wire.carry(reader, server_writer, to_server=True),
                wire.carry(server_reader, writer, to_server=False),
            )
        finally:
            server_writer.close()

    async with listener(through) as port:
        wire.port = port
        yield wire
        wire.cut()
