"""The pool of sessions that look and cannot write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

import asyncpg

from fkdash.db.closing import close_all
from fkdash.db.connect import connect
from fkdash.db.giving_way import Watch, locked_words
from fkdash.db.literals import array_literal
from fkdash.db.queries import query
from fkdash.db.refused.translate import DRIVER_ERRORS, sqlstate_of, translated
from fkdash.db.session import Row, Session
from fkdash.db.statements import OpenTransaction, locked
from fkdash.db.target import Address, Target
from fkdash.db.where.settings import applied_locally, not_applied
from fkdash.errors import ConnectionLostError, FkdashError, LockNamedError, LockTimedOutError, UnreachableError
from fkdash.sqlstates import DIVISION_BY_ZERO

_ROLLBACK_SECONDS = 2.0
_BEGIN_GRACE_SECONDS = 5.0
_BESIDE_SECONDS = 2.0
_WATCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What looking may cost: seconds per statement, wait for a lock and idle transaction; connections."""

    statement_seconds: float = 30.0
    lock_seconds: float = 0.5
    idle_seconds: float = 60.0
    connections: int = 3


class ReadPool:
    """READ ONLY transactions of a target's login for looking; a lost connection is replaced by the next one.

    `target` is the whole of it, with the login that a change is made with.
    """

    def __init__(self, target: Target, limits: Limits) -> None:
        self.target = target
        self._login = target.looking
        self.limits = limits
        self.trusted_owners = target.trusted_owners
        self.notes: tuple[str, ...] = target.notes
        self._bare = False
        self._alone = False
        self._address: Address | None = None
        self._slots = asyncio.Semaphore(limits.connections)
        self._idle: list[asyncpg.Connection[asyncpg.Record]] = []
        self._open: set[asyncpg.Connection[asyncpg.Record]] = set()
        self._returning: set[asyncio.Task[None]] = set()
        self._closed = False
        self.begun = 0
        """How many transactions were begun: each ends in a ROLLBACK, which the server's statistics count."""
        self._pooled: set[asyncpg.Connection[asyncpg.Record]] = set()
        self._watcher: asyncpg.Connection[asyncpg.Record] | None = None
        self._watch = Watch(self._waiting, self._stop_watching, self._cannot_watch)

    @classmethod
    async def open(cls, target: Target, *, limits: Limits | None = None) -> Self:
        """Connect once, so that an unusable target is known now; raises what `db.connect.connect` raises.

        A password that is asked for is that of `target.looking`.
        """
        pool = cls(target, limits or Limits())
        pool._idle.append(await pool._connect())
        return pool

    @property
    def where(self) -> str:
        """Name the database, server and role in one line, with the address that answered."""
        return self._login.describe(self._address)

    @property
    def backend_pids(self) -> frozenset[int]:
        """The server processes of the connections that are open now; behind a pooler they mean nothing."""
        return frozenset(connection.get_server_pid() for connection in self._open)

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands between, as far as its connections told."""
        return self._bare or bool(self._pooled)

    def trust(self, owner: str) -> None:
        """Let sessions that begin from now on run what functions of this role do."""
        self.trusted_owners |= {owner}

    @asynccontextmanager
    async def session(
        self, seconds: float | None = None, *, snapshot: str | None = None
    ) -> AsyncIterator[OpenTransaction]:
        """Give a session on one snapshot (REPEATABLE READ, READ ONLY), rolled back at the end.

        `seconds` bounds each statement instead of the pool's limit; `snapshot` is
        one that another open session has exported. Waits while all connections are
        in use. Raises UnreachableError when none can be had.
        """
        statement_seconds = self.limits.statement_seconds if seconds is None else seconds
        await self._slots.acquire()
        try:
            connection = await self._begun(statement_seconds, snapshot)
            pid = await self._process_of(connection)
        except BaseException:
            self._slots.release()
            raise
        transaction = OpenTransaction(
            connection,
            where=self.where,
            statement_seconds=statement_seconds,
            what_is_locked=self._what_is_locked,
        )
        try:
            self._watch.begin(pid, transaction)
            yield transaction
        except asyncio.CancelledError:
            # Not waited for: the operator has gone on, and the server needs a moment to stop the query.
            transaction.end()
            self._give_back(connection, transaction)
            raise
        except LockNamedError:
            transaction.end()
            await asyncio.shield(self._give_back(connection, transaction))
            raise
        except LockTimedOutError as error:
            transaction.end()
            try:
                named = await self._naming_what_is_locked(connection, error)
            finally:
                await asyncio.shield(self._give_back(connection, transaction))
            raise named from None
        except BaseException:
            transaction.end()
            await asyncio.shield(self._give_back(connection, transaction))
            raise
        else:
            transaction.end()
            await asyncio.shield(self._give_back(connection, transaction))
        finally:
            self._watch.end(pid)

    @asynccontextmanager
    async def beside(self, session: Session) -> AsyncIterator[OpenTransaction | None]:
        """Give a second session that sees just what `session` sees; None where no connection is to be had.

        Waits two seconds for one, and once only: a role or a pooler may allow no more
        than the first. Raises the errors of `session`.
        """
        if self._alone or self._slots.locked():
            # Whoever has one connection and waits for another may be what the others wait for.
            yield None
            return
        snapshot = await session.value("SELECT pg_export_snapshot()")
        async with AsyncExitStack() as opened:
            other = None
            try:
                async with asyncio.timeout(_BESIDE_SECONDS):
                    other = await opened.enter_async_context(self.session(snapshot=snapshot))
            except (TimeoutError, FkdashError):
                self._alone = True
            yield other

    async def close(self) -> None:
        """Cancel what still runs on the server and close every connection, within about two seconds."""
        self._closed = True
        self._idle.clear()
        await self._watch.close()
        await close_all(self._open)
        if self._returning:
            await asyncio.wait(self._returning, timeout=_ROLLBACK_SECONDS)

    async def _begun(self, statement_seconds: float, snapshot: str | None) -> asyncpg.Connection[asyncpg.Record]:
        """Give a connection on which a transaction has begun; nothing is lost by trying a dead one."""
        script = self._begin_script(statement_seconds, snapshot)
        while self._idle:
            connection = self._idle.pop()
            if connection.is_closed():
                self._open.discard(connection)
                continue
            try:
                await self._begin(connection, script)
            except ConnectionLostError:
                # Whatever ended it has probably ended the others: do not wait for each to find out.
                self._drop_idle()
                break
            return connection
        connection = await self._connect()
        await self._begin(connection, script)
        return connection

    async def _process_of(self, connection: asyncpg.Connection[asyncpg.Record]) -> int:
        """Give the server process of a begun transaction; behind a pooler it is another one for each."""
        if connection not in self._pooled:
            return connection.get_server_pid()
        try:
            return int(await connection.fetchval(query("fkdash.db", "backend_pid"), timeout=_BEGIN_GRACE_SECONDS))
        except BaseException:
            self._drop(connection)
            raise

    async def _waiting(self, processes: Iterable[int]) -> Sequence[Row]:
        """Tell who waits for these server processes, from a connection that is kept until `_stop_watching`."""
        if self._watcher is None or self._watcher.is_closed():
            self._watcher = await self._connect()
        return await self._asked_beside(self._watcher, "waits_for_us", list(processes))

    def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._drop(self._watcher)
            self._watcher = None

    def _cannot_watch(self, error: FkdashError) -> None:
        self.notes += (f"Nobody watches whether others wait for what is read here: {error.what}",)

    async def _what_is_locked(self) -> str:
        """Name what is locked now, from a connection of its own; "" where none is to be had."""
        try:
            async with asyncio.timeout(_BESIDE_SECONDS):
                connection = await self._connect()
                try:
                    return locked_words(await self._asked_beside(connection, "locked_relations"))
                finally:
                    self._drop(connection)
        except (TimeoutError, FkdashError):
            return ""

    async def _naming_what_is_locked(
        self, connection: asyncpg.Connection[asyncpg.Record], error: LockTimedOutError
    ) -> LockTimedOutError:
        """Give the error with what is locked now; as it was where that cannot be asked or nothing is any more."""
        try:
            await connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
            words = locked_words(await self._asked_beside(connection, "locked_relations"))
        except (FkdashError, *DRIVER_ERRORS):
            return error
        if not words:
            return error
        return locked(words)

    async def _asked_beside(
        self, connection: asyncpg.Connection[asyncpg.Record], name: str, *arguments: object
    ) -> Sequence[Row]:
        """Run one of this room's queries in a pinned transaction of its own."""
        await self._begin(connection, self._begin_script(_WATCH_SECONDS, None))
        try:
            rows = await connection.fetch(query("fkdash.db", name), *arguments, timeout=_WATCH_SECONDS)
            await connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
        except DRIVER_ERRORS as error:
            ours = translated(error, "asking for locks", where=self.where, closed=connection.is_closed())
            if ours is None:
                raise
            raise ours from None
        return rows

    async def _begin(self, connection: asyncpg.Connection[asyncpg.Record], script: str) -> None:
        begun = False
        try:
            await connection.execute(script, timeout=_BEGIN_GRACE_SECONDS)
            begun = True
            self.begun += 1
        except DRIVER_ERRORS as error:
            if sqlstate_of(error) == DIVISION_BY_ZERO:
                raise UnreachableError(
                    f"{self.where} does not keep a READ ONLY transaction read-only.",
                    next_step="Connect to the server directly, not through this pooler.",
                ) from None
            ours = translated(error, "beginning a transaction", where=self.where, closed=connection.is_closed())
            if ours is None:
                raise
            raise ours from None
        finally:
            if not begun:
                self._drop(connection)

    def _begin_script(self, statement_seconds: float, snapshot: str | None) -> str:
        return query("fkdash.db", "begin_looking").format(
            settings=applied_locally(self._login.settings),
            pins=query("fkdash.db", "pins"),
            trusted_owners=array_literal(sorted(self.trusted_owners)),
            snapshot=f"SET TRANSACTION SNAPSHOT '{snapshot}';" if snapshot is not None else "",
            statement_ms=_milliseconds(statement_seconds),
            lock_ms=_milliseconds(self.limits.lock_seconds),
            idle_ms=_milliseconds(self.limits.idle_seconds),
        )

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        if self._closed:
            raise UnreachableError(f"The session to {self.where} has been closed.")
        opened = await connect(self._login, startup=self._startup(), bare=self._bare)
        if not (self._bare or opened.startup_accepted):
            self._bare = True
            self.notes += not_applied(self._login.settings)
        self._address = opened.address
        self._open.add(opened.connection)
        try:
            process = await opened.connection.fetchval(
                query("fkdash.db", "backend_pid"), timeout=_BEGIN_GRACE_SECONDS
            )
        except DRIVER_ERRORS as error:
            self._drop(opened.connection)
            ours = translated(error, "connecting", where=self.where, closed=True)
            raise ours or error from None
        if process != opened.connection.get_server_pid():
            self._pooled.add(opened.connection)
        return opened.connection

    def _startup(self) -> Mapping[str, str]:
        startup = {
            "statement_timeout": str(_milliseconds(self.limits.statement_seconds)),
            "lock_timeout": str(_milliseconds(self.limits.lock_seconds)),
        }
        # The server would report our own setting, and no host would ever count as writable.
        if self._login.session_attributes not in {"read-write", "read-only"}:
            startup["default_transaction_read_only"] = "on"
        return startup

    def _give_back(
        self, connection: asyncpg.Connection[asyncpg.Record], transaction: OpenTransaction
    ) -> asyncio.Task[None]:
        returning = asyncio.create_task(self._roll_back(connection, transaction))
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)
        return returning

    async def _roll_back(
        self, connection: asyncpg.Connection[asyncpg.Record], transaction: OpenTransaction
    ) -> None:
        """End the transaction and free the slot; a connection that cannot do it in time is dropped."""
        usable = False
        try:
            # A ROLLBACK of its own may be under way.
            await transaction.leave()
            if not connection.is_closed():
                await connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
                usable = not self._closed
        except DRIVER_ERRORS:
            usable = False
        finally:
            if usable:
                self._idle.append(connection)
            else:
                self._drop(connection)
            self._slots.release()

    def _drop_idle(self) -> None:
        while self._idle:
            self._drop(self._idle.pop())

    def _drop(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._open.discard(connection)
        self._pooled.discard(connection)
        connection.terminate()


def _milliseconds(seconds: float) -> int:
    """Give whole milliseconds, at least 1: for PostgreSQL, 0 would mean no limit."""
    return max(1, round(seconds * 1000))
