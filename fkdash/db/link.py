"""Has the operating system notice that a network link is gone: by itself TCP waits for a quarter of an hour."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

    import asyncpg

_IDLE_SECONDS: Final = 4
_PROBE_SECONDS: Final = 2
_PROBES: Final = 2
_UNANSWERED_MILLISECONDS: Final = 8_000

# Linux has all of these, macOS spells the first TCP_KEEPALIVE and lacks the last (tcp(7), tcp(4)).
_OPTIONS: Final = (
    (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), _IDLE_SECONDS),
    (("TCP_KEEPINTVL",), _PROBE_SECONDS),
    (("TCP_KEEPCNT",), _PROBES),
    (("TCP_USER_TIMEOUT",), _UNANSWERED_MILLISECONDS),
)


def notice_loss(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Let a connection whose other end does not answer any more be lost within ten seconds, busy or idle."""
    # The driver has no other way to it.
    transport: asyncio.Transport | None = getattr(connection, "_transport", None)
    link = transport.get_extra_info("socket") if transport is not None else None
    if link is None or link.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    with suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for names, value in _OPTIONS:
        option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
        if option is not None:
            with suppress(OSError):
                link.setsockopt(socket.IPPROTO_TCP, option, value)
