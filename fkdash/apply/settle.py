"""Finds out what became of a transaction whose connection was lost, over another one.

A server that lost its client may go on with a statement, or sit in the open transaction with its locks,
until it notices; so the lost session is ended first, and only then the answer is final.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.apply.identity import Identity, identity_of
from fkdash.apply.sandbox import pinned
from fkdash.db.queries import query
from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from fkdash.db.session import Sessions
    from fkdash.db.writing import Writer

IN_PROGRESS: Final = "in progress"
_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Backend:
    """The server process behind the writing connection, and its database; `started` as the server spells it."""

    pid: int
    started: str
    identity: Identity
    deadlock_timeout_ms: int


async def backend_of(writer: Writer) -> Backend:
    """Give the process behind the writing connection."""
    async with writer.rolled_back() as session, pinned(session):
        row = await session.row(query("fkdash.apply", "backend"))
        identity = await identity_of(session)
    assert row is not None  # noqa: S101 - a query without FROM gives one row
    return Backend(row["pid"], row["started"] or "", identity, row["deadlock_timeout_ms"])


async def gone(sessions: Sessions, backend: Backend, *, end: bool, seconds: float) -> bool:
    """Wait until the process is gone, asking for its end where `end` says so; False where that is not known.

    That is: within `seconds` it did not go, nothing answered, or another server or a standby did.
    """
    until = time.monotonic() + seconds
    pause = _PAUSE_SECONDS
    while True:
        try:
            async with sessions.session(min(seconds, 5.0)) as session:
                same = (await identity_of(session)).is_same(backend.identity)
                row = await session.row(
                    query("fkdash.apply", "backend_alive"), backend.pid, backend.started, end and same
                )
            if not same or (row is not None and not row["primary"]):
                return False
            if row is not None and not row["alive"]:
                return True
        except FkdashError:
            pass
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def transaction_status(sessions: Sessions, xid: str, *, seconds: float) -> str | None:
    """Give `committed` or `aborted` for a transaction; None where the server cannot tell.

    `in progress` is what remains true after asking for `seconds`.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            async with sessions.session(min(seconds, 5.0)) as session:
                status = await session.value("select pg_xact_status($1::text::xid8)", xid)
        except FkdashError:
            return None
        if status != IN_PROGRESS or time.monotonic() >= until:
            return None if status is None else str(status)
        await asyncio.sleep(_PAUSE_SECONDS)
