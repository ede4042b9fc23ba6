"""The one session that writes, on a connection of its own; the end of every COMMIT is known, or said not to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final

import asyncpg

from fkdash.db.closing import close_all
from fkdash.db.connect import Opened, connect
from fkdash.db.opening import refuse_closed
from fkdash.db.queries import query
from fkdash.db.refused.translate import DRIVER_ERRORS, lost, sqlstate_of, translated, translating
from fkdash.db.statements import OpenTransaction, keeping
from fkdash.db.target import Target, refuse_writing
from fkdash.db.undisturbed import finished, undisturbed
from fkdash.db.where.settings import applied_locally
from fkdash.errors import CommitUnknownError, NoConnectionLeftError, ServerRefusedError
from fkdash.sqlstates import IN_FAILED_SQL_TRANSACTION

_ROLLBACK_SECONDS = 2.0
_COMMIT_SECONDS = 30.0
_FIRST_SECONDS = 10.0
_ASKING_MS = 60_000
_IDLE_MS = 10_000
_STARTUP: Final = {"statement_timeout": str(_ASKING_MS), "idle_session_timeout": "0"}
"""What is asked outside a transaction has its own limit too, and a pause between two tries ends nothing.

Not so behind a pooler, with which both would stay.
"""
_LOST_CLASSES = ("08", "57P0")


class TransactionEnd(StrEnum):
    """How a transaction ended; `UNKNOWN`: the connection was lost while COMMIT was under way."""

    OPEN = "open"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled-back"
    UNKNOWN = "unknown"


class WriteSession(OpenTransaction):
    """A session in a transaction that may write; `outcome` is right also after a cancellation."""

    outcome = TransactionEnd.OPEN


@asynccontextmanager
async def open_writer(target: Target) -> AsyncIterator[Writer]:
    """Open the writing connection and close it at the end, stopping what it still runs.

    A transaction idle for longer than ten seconds is ended by the server, so
    that a lost client holds no lock. Raises what `db.connect.connect` raises.
    """
    opened = await connect(target, startup=_STARTUP)
    try:
        where = target.describe(opened.address)
        process = await _process_of(opened.connection, where)
        writer = Writer(target, opened, backend_pid=process)
        try:
            yield writer
        finally:
            await writer.close()
    finally:
        await close_all([opened.connection])


class Writer:
    """One connection for one plan. It does not reconnect by itself: what was under way must be looked at first."""

    def __init__(self, target: Target, opened: Opened, *, backend_pid: int) -> None:
        self.target = target
        self.backend_pid = backend_pid
        self.pooled = opened.connection.get_server_pid() != backend_pid
        self.where = target.describe(opened.address)
        self._connection: asyncpg.Connection[asyncpg.Record] = opened.connection
        self.is_retired = False

    @property
    def is_lost(self) -> bool:
        """Say whether the connection has ended, other than by `retire`."""
        return self._connection.is_closed() and not self.is_retired

    async def close(self) -> None:
        """Close the connection, stopping what it still runs."""
        await close_all([self._connection])

    async def retire(self) -> None:
        """Close the connection because of what other roles' code may have left in it; `renew` opens another."""
        self.is_retired = True
        await self.close()

    async def renew(self) -> None:
        """Open another connection in the place of a retired one; raises what `db.connect.connect` raises."""
        opened = await connect(self.target, startup=_STARTUP)
        self._connection, self.where, self.is_retired = (
            opened.connection,
            self.target.describe(opened.address),
            False,
        )
        self.backend_pid = await _process_of(self._connection, self.where)
        self.pooled = self._connection.get_server_pid() != self.backend_pid

    @asynccontextmanager
    async def transaction(self, *, one_snapshot: bool = False) -> AsyncIterator[WriteSession]:
        """Give a session whose transaction is committed at the end, rolled back when the block raises.

        With `one_snapshot` (REPEATABLE READ) writing a row that somebody else changed since is an error (40001).
        COMMIT is waited for even when the task is cancelled; the cancellation
        follows. Raises CommitUnknownError when the connection ends during it,
        ServerRefusedError when the server rolled back instead, UsageError where
        the target is read-only.
        """
        refuse_writing(self.target)
        async with self._begun(one_snapshot=one_snapshot) as session:
            yield session
            session.end()
            await self._commit(session)

    @asynccontextmanager
    async def rolled_back(self) -> AsyncIterator[WriteSession]:
        """Give a session whose transaction is rolled back whatever happens: a rehearsal."""
        async with self._begun() as session:
            yield session

    async def run_alone(self, sql: str) -> str:
        """Run one statement outside any transaction (CREATE INDEX CONCURRENTLY …) and give its command tag."""
        refuse_writing(self.target)
        with translating("running a statement on its own", where=self.where, connection=self._connection):
            return await self._connection.execute(sql)

    async def cancel(self) -> bool:
        """Cancel, from a connection of its own, the statement under way; say whether the request was sent."""
        opened = await connect(self.target, startup=_STARTUP)
        try:
            with translating("cancelling a statement", where=self.where, connection=opened.connection):
                sent = await opened.connection.fetchval(query("fkdash.db", "cancel_backend"), self.backend_pid)
        finally:
            await close_all([opened.connection])
        return bool(sent)

    @asynccontextmanager
    async def _begun(self, *, one_snapshot: bool = False) -> AsyncIterator[WriteSession]:
        begin = query("fkdash.db", "begin_writing").format(
            isolation="REPEATABLE READ" if one_snapshot else "READ COMMITTED",
            settings=applied_locally(self.target.settings),
            limits=_limits(),
        )
        session = WriteSession(self._connection, where=self.where, statement_seconds=None)
        try:
            with translating("beginning a transaction", where=self.where, connection=self._connection):
                await self._connection.execute(begin)
                if self.pooled:
                    self.backend_pid = await self._connection.fetchval(query("fkdash.db", "backend_pid"))
            yield session
        finally:
            session.end()
            if session.outcome is TransactionEnd.OPEN:
                session.outcome = TransactionEnd.ROLLED_BACK
                # A second cancellation must not leave the locks standing.
                await undisturbed(self._roll_back())

    async def _roll_back(self) -> None:
        """End the transaction; where ROLLBACK cannot get through, end the connection, which does the same."""
        try:
            if not self._connection.is_closed():
                await self._connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
        except DRIVER_ERRORS:
            self._connection.terminate()

    async def _commit(self, session: WriteSession) -> None:
        if self._connection.is_closed():
            session.outcome = TransactionEnd.ROLLED_BACK
            raise lost("the server or the network had closed it; nothing was committed", "committing", self.where)
        committing = asyncio.create_task(self._connection.execute("COMMIT", timeout=_COMMIT_SECONDS))
        cancelled = await finished(committing)
        error = committing.exception()
        if error is None:
            self._judge(session, committing.result())
        elif isinstance(error, DRIVER_ERRORS):
            self._explain(session, error)
        else:
            raise error
        if cancelled:
            raise asyncio.CancelledError

    def _judge(self, session: WriteSession, command_tag: str) -> None:
        if command_tag == "COMMIT":
            session.outcome = TransactionEnd.COMMITTED
            return
        session.outcome = TransactionEnd.ROLLED_BACK
        raise ServerRefusedError(
            "A statement of the transaction had failed, so the server rolled it back instead of committing.",
            sqlstate=IN_FAILED_SQL_TRANSACTION,
            next_step="Nothing was changed.",
        )

    def _explain(self, session: WriteSession, error: Exception) -> None:
        if isinstance(error, asyncpg.PostgresError) and not sqlstate_of(error).startswith(_LOST_CLASSES):
            session.outcome = TransactionEnd.ROLLED_BACK
            ours = translated(error, "committing", where=self.where, closed=False)
            raise ours or error from None
        session.outcome = TransactionEnd.UNKNOWN
        self._connection.terminate()
        reason = translated(error, "committing", where=self.where, closed=True)
        raise CommitUnknownError(
            reason.what if reason else "The connection was lost while committing.",
            next_step="Whether the change was made is not known: look at the object before trying again.",
        ) from None


async def _process_of(connection: asyncpg.Connection[asyncpg.Record], where: str) -> int:
    """Give the server process behind a connection, asked within limits of ours; one wait for the server."""
    told: list[bytes] = []
    with translating("looking at the new connection", where=where, connection=connection):
        # One message is one transaction, which the limits hold for.
        refuse_closed(connection)
        driver: Any = connection
        asked = f"{_limits()}COPY ({query('fkdash.db', 'backend_pid')}) TO STDOUT"
        try:
            await driver._copy_out(asked, keeping(told), _FIRST_SECONDS)  # noqa: SLF001
        except TimeoutError:
            raise NoConnectionLeftError(
                f"{where} took another connection and did not answer on it within {_FIRST_SECONDS:.0f} s.",
                next_step="A change needs two sessions at once, one that writes and one that looks: a pooler in "
                "session mode may have only one to give. Connect to the server directly.",
            ) from None
    return int(b"".join(told))


def _limits() -> str:
    return query("fkdash.db", "limits").format(statement_ms=_ASKING_MS, idle_ms=_IDLE_MS)
