"""Begins a looking transaction, where it can be together with its first question: each answer is a wait.

One message may hold several statements, and the server goes on to the next one only after the one before. Its text
is read as a whole before any of it runs, so that nothing may depend there on a setting that the begin pins:
standard_conforming_strings decides what a backslash means, and no question with one goes out like this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from fkdash.db.literals import array_literal
from fkdash.db.queries import query
from fkdash.db.refused.translate import DRIVER_ERRORS, sqlstate_of, translated
from fkdash.db.where.settings import applied_locally
from fkdash.errors import UnreachableError
from fkdash.sqlstates import DIVISION_BY_ZERO, LOCK_NOT_AVAILABLE, QUERY_CANCELED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ROLL_BACK: Final = "ROLLBACK;\n"
_PROCESS: Final = b"-1\t"
_SHOWN_CHARACTERS: Final = 600
_GRACE_SECONDS: Final = 5.0
_LOST: Final = ("08", "57P0")


class Opening:
    """How the transaction of one session begins.

    `alive` says that the connection has answered just now, so that a question may go out with what begins the
    transaction; `left_open` that the transaction before is still to be rolled back; `process_known` that the
    server process is the one that the connection was told.
    `tried` hears of every try, `begin` runs a script by itself, `another` does so on a connection that it gives in
    the place of one that was lost, and `begun` hears of the transaction and of the process that serves it.
    """

    def __init__(
        self,
        connection: Connection,
        script: str,
        *,
        alive: bool,
        left_open: bool,
        process_known: bool,
        tried: Callable[[], None],
        begin: Callable[[Connection, str], Awaitable[None]],
        another: Callable[[Connection, str], Awaitable[Connection]],
        begun: Callable[[Connection, int], None],
    ) -> None:
        self.connection = connection
        self._script = script
        self._alive, self._left_open, self._process_known = alive, left_open, process_known
        self._tried, self._begin, self._another, self._begun = tried, begin, another, begun

    def takes(self, sql: str) -> bool:
        """Say whether a question may go out together with what begins the transaction."""
        # What was left open has the setting pinned while the text is read.
        return self._alive and (self._left_open or "\\" not in sql)

    def takes_statement(self, sql: str) -> bool:
        """Say the same of a statement that does not tell the server process."""
        return self._process_known and self.takes(sql)

    def sent(self) -> str:
        """Give what begins the transaction, to be sent now, alone or followed by the first statement."""
        self._tried()
        return f"{_ROLL_BACK}{self._script}" if self._left_open else self._script

    async def copy(
        self, sql: str, output: Callable[[bytes], Coroutine[Any, Any, None]], seconds: float | None
    ) -> str:
        """Begin and give what COPY gives of a query, after a row that `without_process` takes out; its tag."""
        told = f"select -1 as n, pg_catalog.to_json(pg_catalog.pg_backend_pid()) as r\nunion all\n{sql}"
        # The driver puts nothing in front of COPY, but passes over what the server answers before it.
        driver: Any = self.connection
        refuse_closed(self.connection)
        statements = f"{self.followed_by(sql)}COPY ({told}) TO STDOUT"
        tag: str = await driver._copy_out(statements, output, seconds)  # noqa: SLF001
        return tag

    def followed_by(self, sql: str) -> str:
        """Give what begins the transaction, to be sent now; before it the question, for pg_stat_activity."""
        shown = " ".join(sql.split())[:_SHOWN_CHARACTERS]
        return f"-- Begins, and asks: {shown}\n{self.sent()};\n"

    def without_process(self, copied: bytes) -> bytes:
        """Take the row of the server process out, which says that the transaction has begun."""
        lines = copied.split(b"\n")
        found = next(number for number, line in enumerate(lines) if line.startswith(_PROCESS))
        self.has_begun(int(lines.pop(found).removeprefix(_PROCESS)))
        return b"\n".join(lines)

    def has_begun(self, process: int | None = None) -> None:
        """Say that the transaction has begun, as the server process if that was told."""
        self._begun(self.connection, self.connection.get_server_pid() if process is None else process)

    @staticmethod
    def is_unclear(error: BaseException) -> bool:
        """Say whether an error may be about the begin as well as about the question."""
        state = sqlstate_of(error) if isinstance(error, asyncpg.PostgresError) else ""
        return bool(state) and state not in {QUERY_CANCELED, LOCK_NOT_AVAILABLE} and not state.startswith(_LOST)

    async def again(self) -> Connection:
        """Begin by itself after an unclear error, so that each error says what it is about."""
        self._left_open = True
        return await self.alone()

    async def alone(self) -> Connection:
        """Begin by itself, on another connection where this one turns out to be lost; give that which began."""
        connection = self.connection
        if self._alive:
            await self._begin(connection, self.sent())
        else:
            connection = self.connection = await self._another(connection, self.sent())
        self.has_begun(None if self._process_known else await _process_of(connection))
        return connection


async def _process_of(connection: Connection) -> int:
    """Give the server process behind a connection, which a pooler may change; one wait for the server."""
    told: list[bytes] = []

    async def keep(piece: bytes) -> None:
        told.append(piece)

    refuse_closed(connection)
    await connection.copy_from_query(query("fkdash.db", "backend_pid"), output=keep, timeout=_GRACE_SECONDS)
    return int(b"".join(told))


def refuse_closed(connection: Connection) -> None:
    """Raise the driver's error for a closed connection: before COPY it does not look, and fails otherwise."""
    if connection.is_closed():
        raise asyncpg.InterfaceError("connection is closed")


async def begin(connection: Connection, script: str, where: str) -> None:
    """Begin a transaction; raises UnreachableError where it is not kept read-only, and the errors of a session."""
    try:
        await connection.execute(script, timeout=_GRACE_SECONDS)
    except DRIVER_ERRORS as error:
        if sqlstate_of(error) == DIVISION_BY_ZERO:
            raise UnreachableError(
                f"{where} does not keep a READ ONLY transaction read-only.",
                next_step="Connect to the server directly, not through this pooler.",
            ) from None
        ours = translated(error, "beginning a transaction", where=where, closed=connection.is_closed())
        if ours is None:
            raise
        raise ours from None


def begin_script(
    settings: Mapping[str, str],
    trusted_owners: Iterable[str],
    snapshot: str | None,
    *,
    statement_seconds: float,
    lock_seconds: float,
    idle_seconds: float,
) -> str:
    """Give what begins a looking transaction with its settings and limits, on a snapshot that was exported."""
    return query("fkdash.db", "begin_looking").format(
        settings=applied_locally(settings),
        pins=query("fkdash.db", "pins"),
        trusted_owners=array_literal(sorted(trusted_owners)),
        snapshot=f"SET TRANSACTION SNAPSHOT '{snapshot}';" if snapshot is not None else "",
        statement_ms=milliseconds(statement_seconds),
        lock_ms=milliseconds(lock_seconds),
        idle_ms=milliseconds(idle_seconds),
    )


def milliseconds(seconds: float) -> int:
    """Give whole milliseconds, at least 1: for PostgreSQL, 0 would mean no limit."""
    return max(1, round(seconds * 1000))
