"""Notices that a network link is gone or hangs: by itself TCP waits for a quarter of an hour.

The operating system sees packets that nobody acknowledges. What acknowledges them and passes nothing on (a tunnel
whose far end is gone, a proxy that hangs) is found by a question that any server answers at once.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from fkdash.db.probe import ProbeAnswer, what_answers
from fkdash.db.target import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import asyncpg

    from fkdash.db.target import Target

_IDLE_SECONDS: Final = 4
_PROBE_SECONDS: Final = 2
_PROBES: Final = 2
_UNANSWERED_MILLISECONDS: Final = 8_000
_QUIET_SECONDS: Final = 3.0
"""So long a session may go on before it is asked whether anybody is there."""
_ANSWER_SECONDS: Final = 3.0
"""So long the answer to that may take, twice."""

# Linux has all of these, macOS spells the first TCP_KEEPALIVE and lacks the last (tcp(7), tcp(4)).
_OPTIONS: Final = (
    (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), _IDLE_SECONDS),
    (("TCP_KEEPINTVL",), _PROBE_SECONDS),
    (("TCP_KEEPCNT",), _PROBES),
    (("TCP_USER_TIMEOUT",), _UNANSWERED_MILLISECONDS),
)


def notice_loss(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Let a connection whose other end does not answer any more be lost within ten seconds, busy or idle."""
    link = _link_of(connection)
    if link is None or link.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    with suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for names, value in _OPTIONS:
        option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
        if option is not None:
            with suppress(OSError):
                link.setsockopt(socket.IPPROTO_TCP, option, value)


@contextmanager
def ended_when_silent(
    connection: Callable[[], asyncpg.Connection[asyncpg.Record]], login: Target
) -> Iterator[None]:
    """Let the connection be lost within ten seconds when what it leads through takes questions and answers none.

    It is asked beside it what any server and pooler answers before it looks who asks, also where it is slow.
    """
    link = _link_of(connection())
    # What takes TLS alone answers no question before it.
    if link is None or link.family not in {socket.AF_INET, socket.AF_INET6} or login.tls.negotiation == "direct":
        yield
        return
    watching = asyncio.ensure_future(_end_when_silent(connection))
    try:
        yield
    finally:
        watching.cancel()


async def _end_when_silent(connection: Callable[[], asyncpg.Connection[asyncpg.Record]]) -> None:
    while True:
        await asyncio.sleep(_QUIET_SECONDS)
        for _ in range(2):
            link = _link_of(connection())
            if link is None or connection().is_closed():
                return
            try:
                host, port, *_ = link.getpeername()
            except OSError:
                return
            if await what_answers(Address(host, port), seconds=_ANSWER_SECONDS) is not ProbeAnswer.SILENT:
                break
        else:
            connection().terminate()
            return


def _link_of(connection: asyncpg.Connection[asyncpg.Record]) -> socket.socket | None:
    # The driver has no other way to it.
    transport: asyncio.Transport | None = getattr(connection, "_transport", None)
    return transport.get_extra_info("socket") if transport is not None else None
