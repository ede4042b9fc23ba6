"""The statements of one open transaction, on the driver's connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeAlias, TypeVar

import asyncpg

from fkdash.db.batches import Batches, Told
from fkdash.db.one_by_one import OneByOne
from fkdash.db.opening import Opening, refuse_closed
from fkdash.db.refused.translate import DRIVER_ERRORS, no_text, sqlstate_of, translated
from fkdash.db.session import Row
from fkdash.errors import GaveWayError, LockNamedError, StoppedError, TimedOutError
from fkdash.fact import fact
from fkdash.sqlstates import QUERY_CANCELED

_GRACE_SECONDS = 5.0
_ROLLBACK_SECONDS = 2.0
_SENT_TOGETHER_SECONDS = 0.05

_Answer = TypeVar("_Answer")
_Hear: TypeAlias = Callable[[Any, Any], None]


@fact
class _Statement(Generic[_Answer]):
    """A statement by itself, and together with what begins its transaction where it can be."""

    alone: Callable[[asyncpg.Connection[asyncpg.Record]], Coroutine[Any, Any, _Answer]]
    together: Callable[[Opening], Coroutine[Any, Any, _Answer]] | None = None


class OpenTransaction:
    """A `db.session.Session`: each statement's errors arrive as `fkdash.errors` types.

    `statement_seconds` is the server's limit where it is known: it tells a
    statement that reached it from one that somebody cancelled, and some seconds
    after it a silent server counts as lost. `what_is_locked` tells, from another
    connection, what a statement may have waited for; "" where that is not known.
    `opening` begins the transaction with the first statement; without one it has begun.
    """

    def __init__(
        self,
        connection: asyncpg.Connection[asyncpg.Record],
        *,
        where: str,
        statement_seconds: float | None,
        what_is_locked: Callable[[], Awaitable[str]] | None = None,
        opening: Opening | None = None,
    ) -> None:
        self._connection = connection
        self._opening = opening
        self._where = where
        self._statement_seconds = statement_seconds
        self._what_is_locked = what_is_locked
        self._ended = False
        self._running: asyncio.Task[Any] | None = None
        self._way = ""
        self._left = asyncio.Event()
        self._leaving = asyncio.Lock()
        self._one_at_a_time = asyncio.Lock()
        self._batches = Batches(self._copied)

    @property
    def connection(self) -> asyncpg.Connection[asyncpg.Record]:
        """The driver's connection, which beginning the transaction may have replaced."""
        return self._connection if self._opening is None else self._opening.connection

    def end(self) -> None:
        """Refuse every further statement: the connection may already serve another transaction."""
        self._ended = True

    async def give_way(self, reason: str) -> None:
        """Cancel the statement under way and roll back; it and every later one raise GaveWayError."""
        if self._ended or self._way:
            return
        self._way = reason
        if self._running is None:
            await self.leave()
        else:
            self._running.cancel()

    async def leave(self) -> None:
        """Roll back what gave way, once; what cannot be rolled back in time is cut off, which frees it as well."""
        async with self._leaving:
            if not self._way or self._left.is_set():
                return
            try:
                await self.connection.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
            except DRIVER_ERRORS:
                self.connection.terminate()
            self._left.set()

    async def begin(self) -> None:
        """Begin now what the first statement would begin."""
        if self._opening is not None:
            with self._statement():
                self._connection = await self._opening.alone()
            self._opening = None

    async def _run(self, statement: _Statement[_Answer]) -> _Answer:
        """Await a statement such that `give_way` can cancel it, and only it."""
        await self._one_at_a_time.acquire()
        if self._is_giving_way():
            self._one_at_a_time.release()
            await self.leave()
            raise self._gave_way()
        running: asyncio.Task[_Answer] = asyncio.ensure_future(self._begun(statement))
        self._running = running
        try:
            answer = await running
            if self._is_giving_way():
                self._running = None
                await self.leave()
        except asyncpg.LockNotAvailableError:
            words = await self._what_is_locked() if self._what_is_locked is not None else ""
            if not words:
                raise
            raise locked(words) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._is_giving_way() or (task is not None and task.cancelling()):
                raise
            self._running = None
            await self.leave()
            raise self._gave_way() from None
        else:
            return answer
        finally:
            self._running = None
            self._one_at_a_time.release()

    async def _begun(self, statement: _Statement[_Answer]) -> _Answer:
        """Run a statement, after what begins the transaction or together with it."""
        opening = self._opening
        if opening is None:
            return await statement.alone(self._connection)
        try:
            if statement.together is None:
                self._connection = await opening.alone()
            else:
                try:
                    return await statement.together(opening)
                except DRIVER_ERRORS as error:
                    if not opening.is_unclear(error):
                        raise
                self._connection = await opening.again()
        finally:
            self._opening = None
        return await statement.alone(self._connection)

    def _is_giving_way(self) -> bool:
        return bool(self._way)

    def _gave_way(self) -> GaveWayError:
        return GaveWayError(
            f"{self._way[:1].upper()}{self._way[1:]}.", next_step="Nothing was changed. Ask again later."
        )

    async def rows(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Give all rows of a query."""
        with self._statement():
            return await self._run(_Statement(lambda c: c.fetch(sql, *arguments, timeout=self._patience)))

    async def row(self, sql: str, *arguments: object) -> Row | None:
        """Give the first row of a query, None when there is none."""
        with self._statement():
            return await self._run(_Statement(lambda c: c.fetchrow(sql, *arguments, timeout=self._patience)))

    async def value(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a column may hold any type
        """Give the first column of the first row."""
        with self._statement():
            return await self._run(_Statement(lambda c: c.fetchval(sql, *arguments, timeout=self._patience)))

    async def asked(self, sql: str, *arguments: object) -> Sequence[Told]:
        """Give all rows of a query as JSON tells them; questions at the same time are one wait for the server."""
        return await self._batches.ask(sql, arguments)

    async def _copied(self, sql: str) -> bytes:
        """Give what COPY gives of a query."""

        async def alone(connection: asyncpg.Connection[asyncpg.Record]) -> bytes:
            refuse_closed(connection)
            pieces: list[bytes] = []
            return whole(
                pieces, await connection.copy_from_query(sql, output=keeping(pieces), timeout=self._patience)
            )

        async def together(opening: Opening) -> bytes:
            pieces: list[bytes] = []
            return opening.without_process(whole(pieces, await opening.copy(sql, keeping(pieces), self._patience)))

        opening = self._opening
        takes = opening is not None and opening.takes(sql)
        with self._statement():
            return await self._run(_Statement(alone, together if takes else None))

    async def one_by_one(
        self,
        queries: Sequence[str],
        answered: Callable[[int, Mapping[str, Any]], object],
        refused: Callable[[int, str], object],
    ) -> None:
        """Ask queries of one row each in one statement, and tell each row, or why it was refused, at once."""
        block = OneByOne(queries, answered, refused)

        def hear(_: object, message: asyncpg.PostgresLogMessage) -> None:
            block.hear(message.message or "")

        await self._executed(block.statement, hear)

    async def execute(self, sql: str) -> str:
        """Run a statement without arguments and give its command tag."""
        return await self._executed(sql)

    async def _executed(self, sql: str, hear: _Hear | None = None) -> str:
        async def after(connection: asyncpg.Connection[asyncpg.Record], begins: str = "") -> str:
            if hear is not None:
                connection.add_log_listener(hear)
            try:
                return await connection.execute(f"{begins}{sql}", timeout=self._patience)
            finally:
                if hear is not None:
                    connection.remove_log_listener(hear)

        async def together(opening: Opening) -> str:
            told = await after(opening.connection, opening.followed_by(sql))
            opening.has_begun()
            return told

        opening = self._opening
        takes = opening is not None and opening.takes_statement(sql)
        with self._statement():
            return await self._run(_Statement(after, together if takes else None))

    async def batches(self, sql: str, *arguments: object, size: int = 1000) -> AsyncIterator[Sequence[Row]]:
        """Give the rows of a query through a cursor on the server, at most `size` at a time."""
        with self._statement():
            cursor = await self._run(_Statement(lambda c: self._cursor(c, sql, *arguments)))
        while True:
            with self._statement():
                batch = await self._run(_Statement(lambda _: cursor.fetch(size, timeout=self._patience)))
            if not batch:
                return
            yield batch

    async def _cursor(self, connection: asyncpg.Connection[asyncpg.Record], sql: str, *arguments: object) -> Any:  # noqa: ANN401 - the driver does not export its type
        return await connection.cursor(sql, *arguments, timeout=self._patience)

    @property
    def _patience(self) -> float | None:
        return None if self._statement_seconds is None else self._statement_seconds + _GRACE_SECONDS

    @contextmanager
    def _statement(self) -> Iterator[None]:
        if self._ended:
            raise RuntimeError("This session has ended; ask for another one.")
        began = time.monotonic()
        try:
            yield
        except UnicodeEncodeError:
            raise no_text("running a statement") from None
        except DRIVER_ERRORS as error:
            if sqlstate_of(error) == QUERY_CANCELED and self._statement_seconds is not None:
                raise self._stopped(time.monotonic() - began, self._statement_seconds) from None
            closed = self.connection.is_closed()
            ours = translated(error, "running a statement", where=self._where, closed=closed)
            if ours is None:
                raise
            if isinstance(error, TimeoutError):
                # Neither the server nor its refusal came back: the next statement would wait as long.
                self.connection.terminate()
            raise ours from None

    @staticmethod
    def _stopped(ran_seconds: float, limit_seconds: float) -> StoppedError:
        # The SQLSTATE is the same for the limit and for a cancel request; the clock tells them apart. The server's
        # begins with the first of what is sent together.
        if ran_seconds + _SENT_TOGETHER_SECONDS < limit_seconds * 0.95:
            return StoppedError(
                f"The statement was cancelled after {ran_seconds:.1f} s, before its limit of {limit_seconds:g} s.",
                next_step="Nothing was changed. If it was not you, another session cancelled it: try again.",
            )
        return TimedOutError(
            f"The statement reached its limit of {limit_seconds:g} s and was stopped.",
            next_step="Nothing was changed. Narrow the question, or allow it more time.",
        )


def keeping(pieces: list[bytes]) -> Callable[[bytes], Coroutine[Any, Any, None]]:
    """Give what keeps the pieces that COPY tells."""

    async def keep(piece: bytes) -> None:
        pieces.append(piece)

    return keep


def whole(pieces: Iterable[bytes], tag: str) -> bytes:
    """Give what COPY told; raises StoppedError where it is not as many lines as its tag says."""
    copied = b"".join(pieces)
    if copied.count(b"\n") != int(str(tag).rpartition(" ")[2]):
        raise StoppedError("The server's answer did not arrive whole.", next_step="Ask again.")
    return copied


def locked(words: str) -> LockNamedError:
    """Give the error for what was not read, with what is locked and by whom."""
    return LockNamedError(
        f"Not read, because it is locked: {words}.", next_step="Nothing was changed. Ask again when it is free."
    )
