"""A slow way to a server that counts how often a client has to wait for an answer before it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_READY = b"Z\x00\x00\x00\x05"
_TERMINATE = b"X\x00\x00\x00\x04"
"""Nothing answers it."""


@dataclass
class SlowLink:
    """A TCP port that leads to a server's unix socket, each way taking half of `round_trip` seconds.

    `waits` is how many answers were waited for one after the other, connections at work side by side counting
    once and authentication not at all; `turns` is how often any connection sent something after an answer.
    """

    round_trip: float
    host: str = "127.0.0.1"
    port: int = 0
    turns: int = 0
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    waits: int = 0

    def dsn(self, database: str, user: str = "postgres") -> str:
        """Give a URI of a database through this link."""
        return f"postgresql://{user}@{self.host}:{self.port}/{database}?sslmode=disable"


class _Pair:
    """One connection through the link."""

    def __init__(self, link: SlowLink) -> None:
        self.link = link
        self.ready = False
        self.asked = 0
        self.answered = True

    def client_spoke(self) -> None:
        if self.ready and self.answered:
            self.link.turns += 1
            self.asked, self.answered = self.link.waits, False

    def server_spoke(self, data: bytes) -> None:
        if not self.ready:
            self.ready = _READY in data
            return
        if not self.answered:
            self.answered = True
            # What the client heard before it asked may be why it asked.
            self.link.waits = max(self.link.waits, self.asked + 1)


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: _Pair, *, to_server: bool
) -> None:
    """Copy one direction, late, keeping the order."""
    delay = pair.link.round_trip / 2
    loop = asyncio.get_running_loop()
    late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, data = await late.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if not to_server:
                pair.server_spoke(data)
            if not data:
                writer.close()
                return
            writer.write(data)
            with suppress(OSError):
                await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while True:
            with suppress(OSError):
                data = await reader.read(1 << 16)
                if to_server and data and data != _TERMINATE:
                    pair.client_spoke()
                late.put_nowait((loop.time() + delay, data))
                if data:
                    continue
            break
        await delivering
    finally:
        delivering.cancel()


@asynccontextmanager
async def slow_link(
    socket_directory: str, round_trip: float, *, host: str = "127.0.0.1"
) -> AsyncIterator[SlowLink]:
    """Open a slow way to the server whose socket is in a folder, at an address of this machine."""
    link = SlowLink(round_trip, host)
    tasks: set[asyncio.Task[None]] = set()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        link.connections += 1
        link.open_now += 1
        link.most_open = max(link.most_open, link.open_now)
        server_reader, server_writer = await asyncio.open_unix_connection(f"{socket_directory}/.s.PGSQL.5432")
        pair = _Pair(link)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                _carry(reader, server_writer, pair, to_server=True),
                _carry(server_reader, writer, pair, to_server=False),
            )
        link.open_now -= 1
        for each in (writer, server_writer):
            each.transport.abort()

    server = await asyncio.start_server(through, host, 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
