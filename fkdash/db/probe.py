"""Finds out what listens at an address that did not behave like PostgreSQL."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from enum import Enum

from fkdash.db.target import Address

_SSL_REQUEST = struct.pack("!ll", 8, 80877103)
"""Manual: Message Formats, SSLRequest. A server answers with one byte: S, N or the E of an error."""


class ProbeAnswer(Enum):
    """How an address answers the very first message of the protocol."""

    OFFERS_TLS = "offers TLS"
    NO_TLS = "answers without TLS"
    ERROR = "answers with an error"
    OTHER = "speaks another protocol"
    CLOSED = "closes the connection"
    SILENT = "accepts and does not answer"
    UNREACHABLE = "cannot be reached"


async def what_answers(address: Address, *, seconds: float) -> ProbeAnswer:
    """Say how the address answers a request for TLS, within twice `seconds`; sends nothing else."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(address.route or address.host, address.port)
    except OSError:
        return ProbeAnswer.UNREACHABLE
    try:
        writer.write(_SSL_REQUEST)
        async with asyncio.timeout(seconds):
            first = await reader.read(1)
    except TimeoutError:
        return ProbeAnswer.SILENT
    except OSError:
        return ProbeAnswer.CLOSED
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
    known = {
        b"S": ProbeAnswer.OFFERS_TLS,
        b"N": ProbeAnswer.NO_TLS,
        b"E": ProbeAnswer.ERROR,
        b"": ProbeAnswer.CLOSED,
    }
    return known.get(first, ProbeAnswer.OTHER)
