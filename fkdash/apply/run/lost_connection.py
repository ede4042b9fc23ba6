"""Finds out what became of a transaction whose connection was lost, over another one.

A server that lost its client may go on with a statement, or sit in the open transaction with its locks,
until it notices; so the lost session is ended first, and only then the answer is final.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from fkdash.apply.journal.identity import Identity, identity_of, life_of
from fkdash.apply.others_code import at_once_refusal
from fkdash.apply.sandbox import pinned
from fkdash.db.queries import query
from fkdash.db.writing import open_writer
from fkdash.errors import ConnectionLostError, FkdashError, NoConnectionLeftError, TimedOutError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan

IN_PROGRESS: Final = "in progress"
COMMITTED: Final = "committed"
_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 1.0


@fact
class Committing:
    """A transaction on the point of COMMIT: its id, its steps, and how many rows it changed in a batch."""

    xid: str
    steps: tuple[int, ...]
    rows: int | None = None


@fact
class Backend:
    """The server process behind the writing connection, and its database; `started` as the server spells it.

    `timeline` is the server's, which a standby that is promoted and a backup that is restored leave: from then on
    the same transaction id is another transaction's. "" on a standby.
    """

    pid: int
    started: str
    identity: Identity
    deadlock_timeout_ms: int
    timeline: str = ""


async def backend_of(writer: Writer) -> Backend:
    """Give the process behind the writing connection."""
    async with writer.rolled_back() as session, pinned(session):
        row = await session.row(query("fkdash.apply", "backend"))
        identity = await identity_of(session)
    assert row is not None  # noqa: S101 - a query without FROM gives one row
    return Backend(row["pid"], row["started"] or "", identity, row["deadlock_timeout_ms"], row["timeline"] or "")


async def has_same_history(sessions: Sessions, backend: Backend, *, seconds: float) -> bool:
    """Tell whether what answers has every transaction of the server that the run began on; no answer is a no."""
    try:
        async with sessions.session(min(seconds, 5.0)) as session:
            row = await session.row(query("fkdash.apply", "backend"))
    except FkdashError:
        return False
    return row is not None and (row["timeline"] or "") == backend.timeline


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


async def steps_in_effect(session: Session, plan: Plan, *, claimed: Collection[int] = ()) -> list[int]:
    """Give the numbers of the steps that have taken effect, up to the first that has not.

    One that cannot be told in time counts as it was `claimed`. Raises the session's errors.
    """
    found = []
    for step in plan.steps:
        try:
            in_effect = bool(await session.value(step.done_when))
        except TimedOutError:
            in_effect = step.number in claimed
        if not in_effect:
            break
        found.append(step.number)
    return found


async def steps_told(
    session: Session, catalog: Catalog, plan: Plan, *, claimed: Collection[int], trusted: Collection[str]
) -> list[int]:
    """Give the steps in effect, or those `claimed` where asking runs other roles' code as a superuser."""
    if plan.writes_rows and await at_once_refusal(session, catalog, plan, plan.steps, trusted) is not None:
        return sorted(claimed)
    return await steps_in_effect(session, plan, claimed=claimed)


@asynccontextmanager
async def asked_anew(writer: Writer, sessions: Sessions) -> AsyncIterator[Session]:
    """Give a session on a new connection, or on one that is there where the server has no other left.

    Nothing of it stays. Raises what `db.connect.connect` raises.
    """
    async with AsyncExitStack() as open_now:
        try:
            asking = await open_now.enter_async_context(open_writer(writer.target))
        except NoConnectionLeftError:
            if writer.is_lost or writer.is_retired:
                yield await open_now.enter_async_context(sessions.session())
                return
            asking = writer
        session = await open_now.enter_async_context(asking.rolled_back())
        await open_now.enter_async_context(pinned(session))
        yield session


async def require_same_primary(session: Session, identity: Identity, *, life: str | None = None) -> str:
    """Give the server's present life (`identity.life_of`).

    Raises ConnectionLostError where an address leads elsewhere by now: to a standby, to another database, or,
    where `life` is given, to a server that has started since or taken the first one's place.
    """
    if await session.value("select pg_is_in_recovery()"):
        raise ConnectionLostError(
            "The address leads to a standby now, which may lack what was committed.",
            next_step="Connect to the primary.",
        )
    if not (await identity_of(session)).is_same(identity):
        raise ConnectionLostError(
            "The address leads to another database now.", next_step="Connect to the one that was looked at before."
        )
    now = await life_of(session)
    if life is not None and now != life:
        raise ConnectionLostError(
            "Another server answers now than the one looked at before, or it restarted.",
            next_step="Make sure that it is the primary.",
        )
    return now


def missing_words(steps: Sequence[int]) -> str:
    """Say that steps were committed and are not in effect; "" for none."""
    if not steps:
        return ""
    numbers = ", ".join(str(number) for number in steps)
    which = f"Step {numbers} was" if len(steps) == 1 else f"Steps {numbers} were"
    return (
        f" {which} committed, but not in effect on the server that answers now: it was a standby or comes from a "
        "backup that lacked it, or somebody changed it since."
    )
