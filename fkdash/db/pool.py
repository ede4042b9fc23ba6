"""The pool of sessions that look and cannot write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Self

from fkdash.db.closing import close_all
from fkdash.db.connect import connect
from fkdash.db.giving_way import Watch, locked_words
from fkdash.db.left_open import AllLeftOpen, LeftOpen
from fkdash.db.link import ended_when_silent
from fkdash.db.opening import Connection, Opening, begin, begin_script, milliseconds
from fkdash.db.queries import query
from fkdash.db.refused.translate import DRIVER_ERRORS
from fkdash.db.session import Row, Session
from fkdash.db.statements import OpenTransaction, locked
from fkdash.db.target import Address, Target
from fkdash.db.where.settings import not_applied
from fkdash.errors import ConnectionLostError, FkdashError, LockNamedError, LockTimedOutError, UnreachableError
from fkdash.fact import fact

_ROLLBACK_SECONDS = 2.0
_BESIDE_SECONDS = 2.0
_WATCH_SECONDS = 5.0


@fact
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
        self._idle: list[Connection] = []
        self._unused: set[Connection] = set()
        self._pooled: set[Connection] = set()
        self._direct: set[Connection] = set()
        self._left_open = AllLeftOpen()
        self._rows = 0
        self._open: set[Connection] = set()
        self._returning: set[asyncio.Task[None]] = set()
        self._closed = False
        self.begun = 0
        """How many transactions were begun: each ends in a ROLLBACK, which the server's statistics count."""
        self._watcher: Connection | None = None
        self._watch = Watch(self._waiting, self._stop_watching, self._cannot_watch)

    @classmethod
    async def open(cls, target: Target, *, limits: Limits | None = None) -> Self:
        """Connect once, so that an unusable target is known now; raises what `db.connect.connect` raises.

        A password that is asked for is that of `target.looking`.
        """
        pool = cls(target, limits or Limits())
        pool._idle.append(await pool._connect())
        pool._unused.update(pool._idle)
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
        one that another open session has exported. The transaction begins with the
        first statement. Waits while all connections are in use. Raises
        UnreachableError when none can be had, its statements also when it cannot begin.
        """
        statement_seconds = self.limits.statement_seconds if seconds is None else seconds
        processes: list[int] = []

        def begun(connection: Connection, process: int) -> None:
            told = connection.get_server_pid()
            (self._direct if process == told else self._pooled).add(connection)
            processes.append(process)
            self._watch.begin(process, transaction)

        opening = await self._opening(self._begin_script(statement_seconds, snapshot), begun)
        transaction = OpenTransaction(
            opening.connection,
            where=self.where,
            statement_seconds=statement_seconds,
            what_is_locked=self._what_is_locked,
            opening=opening,
        )
        try:
            with ended_when_silent(lambda: transaction.connection, self._login):
                if snapshot is not None:
                    await transaction.begin()
                yield transaction
        except asyncio.CancelledError:
            # Not waited for: the operator has gone on, and the server needs a moment to stop the query.
            transaction.end()
            self._give_back(transaction)
            raise
        except LockTimedOutError as error:
            transaction.end()
            if isinstance(error, LockNamedError):
                await asyncio.shield(self._give_back(transaction))
                raise
            try:
                named = await self._naming_what_is_locked(transaction.connection, error)
            finally:
                await asyncio.shield(self._give_back(transaction))
            raise named from None
        except BaseException:
            transaction.end()
            await asyncio.shield(self._give_back(transaction))
            raise
        else:
            transaction.end()
            returning = self._give_back(transaction, in_a_row=bool(self._rows and processes))
            if not self._rows:
                await asyncio.shield(returning)
        finally:
            for process in processes:
                self._watch.end(process)

    @asynccontextmanager
    async def in_a_row(self) -> AsyncIterator[None]:
        """Let sessions meanwhile end together with the begin of the next one, or very soon; none is open after."""
        self._rows += 1
        try:
            yield
        finally:
            self._rows -= 1
            if not self._rows:
                await self._left_open.end()

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
        # Nothing runs there, and over a slow link it takes a while to hear that a connection has ended.
        self._drop_idle()
        self._left_open.cut_off(self._direct)
        await self._left_open.end()
        await self._watch.close()
        await close_all(self._open)
        if self._returning:
            await asyncio.wait(self._returning, timeout=_ROLLBACK_SECONDS)

    async def _opening(self, script: str, begun: Callable[[Connection, int], None]) -> Opening:
        """Give a connection, and the slot for it, with how the transaction begins on it."""
        left = self._left_open.taken()
        if left is None:
            await self._slots.acquire()
        try:
            connection, alive = (left.connection, True) if left is not None else await self._ready()
        except BaseException:
            self._slots.release()
            raise
        if left is not None:
            left.no_longer.set()
        return self._opening_on(connection, script, begun, alive=alive, left_open=left is not None)

    def _opening_on(
        self,
        connection: Connection,
        script: str,
        begun: Callable[[Connection, int], None] = lambda _connection, _process: None,
        *,
        alive: bool,
        left_open: bool = False,
    ) -> Opening:
        return Opening(
            connection,
            script,
            alive=alive,
            left_open=left_open,
            process_known=connection in self._direct,
            tried=self._count,
            begin=self._begin,
            another=self._begun_somewhere,
            begun=begun,
        )

    async def _ready(self) -> tuple[Connection, bool]:
        """Give a connection, and whether it has answered just now; one that may be dead is tried by its begin."""
        if not self._idle:
            # One wait, where a new connection is several.
            await self._left_open.one_has_ended()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                alive = connection in self._unused
                self._unused.discard(connection)
                return connection, alive
            self._drop(connection)
        return await self._connect(), True

    async def _begun_somewhere(self, connection: Connection, script: str) -> Connection:
        """Begin on a connection or on a new one; nothing is lost by trying a dead one."""
        began = monotonic()
        try:
            await self._begin(connection, script)
        except ConnectionLostError:
            # Whatever ended it has probably ended the others: do not wait for each to find out.
            self._drop_idle()
            # Who has waited for an answer that did not come is not to wait as long again before it is said.
            connection = await self._connect(hurried=monotonic() - began > _BESIDE_SECONDS)
            await self._begin(connection, script)
        return connection

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

    async def _naming_what_is_locked(self, connection: Connection, error: LockTimedOutError) -> LockTimedOutError:
        """Give the error with what is locked now; as it was where that cannot be asked or nothing is any more."""
        try:
            await connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
            words = locked_words(await self._asked_beside(connection, "locked_relations"))
        except (FkdashError, *DRIVER_ERRORS):
            return error
        return locked(words) if words else error

    async def _asked_beside(self, connection: Connection, name: str, *arguments: object) -> Sequence[Row]:
        """Run one of this room's queries in a pinned transaction of its own, on a connection that has answered."""
        opening = self._opening_on(connection, self._begin_script(_WATCH_SECONDS, None), alive=True)
        asking = OpenTransaction(connection, where=self.where, statement_seconds=_WATCH_SECONDS, opening=opening)
        rows = await asking.asked(query("fkdash.db", name), *arguments)
        await asking.execute("ROLLBACK")
        return rows

    async def _begin(self, connection: Connection, script: str) -> None:
        """Begin by itself; a connection on which that fails is dropped."""
        try:
            await begin(connection, script, self.where)
        except BaseException:
            self._drop(connection)
            raise

    def _begin_script(self, statement_seconds: float, snapshot: str | None) -> str:
        return begin_script(
            self._login.settings,
            self.trusted_owners,
            snapshot,
            statement_seconds=statement_seconds,
            lock_seconds=self.limits.lock_seconds,
            idle_seconds=self.limits.idle_seconds,
        )

    async def _connect(self, *, hurried: bool = False) -> Connection:
        if self._closed:
            raise UnreachableError(f"The session to {self.where} has been closed.")
        login = replace(self._login, connect_seconds=_BESIDE_SECONDS) if hurried else self._login
        opened = await connect(login, startup=self._startup(), bare=self._bare)
        if not (self._bare or opened.startup_accepted):
            self._bare = True
            self.notes += not_applied(self._login.settings)
        self._address = opened.address
        self._open.add(opened.connection)
        return opened.connection

    def _startup(self) -> Mapping[str, str]:
        startup = {
            "statement_timeout": str(milliseconds(self.limits.statement_seconds)),
            "lock_timeout": str(milliseconds(self.limits.lock_seconds)),
        }
        # The server would report our own setting, and no host would ever count as writable.
        if self._login.session_attributes not in {"read-write", "read-only"}:
            startup["default_transaction_read_only"] = "on"
        return startup

    def _give_back(self, transaction: OpenTransaction, *, in_a_row: bool = False) -> asyncio.Task[None]:
        left = self._left_open.add(transaction.connection) if in_a_row else None
        returning = asyncio.create_task(self._roll_back(transaction, left))
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)
        if left is not None:
            self._left_open.ends_by(returning, left)
        return returning

    async def _roll_back(self, transaction: OpenTransaction, left: LeftOpen | None) -> None:
        """End the transaction and free the slot; a connection that cannot do it in time is dropped.

        One that was left open has a moment in which the next session may take it, and the slot with it.
        """
        if left is not None:
            await left.wait()
            if not self._left_open.withdraw(left):
                return
        usable = False
        try:  # a ROLLBACK of its own may be under way
            await transaction.leave()
            connection = transaction.connection
            if not connection.is_closed():
                await connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
                usable = not self._closed
        except DRIVER_ERRORS:
            usable = False
        finally:
            connection = transaction.connection
            if usable:
                self._idle.append(connection)
            else:
                self._drop(connection)
            self._slots.release()

    def _count(self) -> None:
        self.begun += 1

    def _drop_idle(self) -> None:
        while self._idle:
            self._drop(self._idle.pop())

    def _drop(self, connection: Connection) -> None:
        for each in (self._open, self._unused, self._direct, self._pooled):
            each.discard(connection)
        connection.terminate()
