"""The driver's errors as ours; decided by SQLSTATE and by kind, never by the message text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from fkdash.db.text import plain
from fkdash.errors import (
    ConnectionLostError,
    FkdashError,
    LockTimedOutError,
    NotPermittedError,
    ServerRefusedError,
    TimedOutError,
    UsageError,
)
from fkdash.sqlstates import (
    ADMIN_SHUTDOWN,
    CANNOT_CONNECT_NOW,
    CHARACTER_NOT_IN_REPERTOIRE,
    CONNECTION_DOES_NOT_EXIST,
    CRASH_SHUTDOWN,
    DEADLOCK_DETECTED,
    DISK_FULL,
    FEATURE_NOT_SUPPORTED,
    IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    IDLE_SESSION_TIMEOUT,
    INSUFFICIENT_PRIVILEGE,
    LOCK_NOT_AVAILABLE,
    OUT_OF_MEMORY,
    QUERY_CANCELED,
    READ_ONLY_SQL_TRANSACTION,
    SERIALIZATION_FAILURE,
    TRANSACTION_TIMEOUT,
)

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the driver raises when a server, a network or a value is at fault; TimeoutError is an OSError."""

_LONGEST_SAID = 10_000
_RECONNECT = "Try again: fkdash connects anew. If it stays away, look at the server's log."
_ENDED_BY_SERVER = {
    ADMIN_SHUTDOWN: "an administrator or a shutdown ended it",
    CRASH_SHUTDOWN: "the server crashed",
    IDLE_SESSION_TIMEOUT: "it was idle longer than idle_session_timeout",
    IDLE_IN_TRANSACTION_SESSION_TIMEOUT: "it was idle in a transaction longer than "
    "idle_in_transaction_session_timeout",
    TRANSACTION_TIMEOUT: "its transaction reached transaction_timeout",
}
_NEXT_STEPS = {
    CHARACTER_NOT_IN_REPERTOIRE: "Something given or stored is not UTF-8. A database in SQL_ASCII keeps any "
    "bytes, in names too: psql shows them after SET client_encoding = SQL_ASCII.",
    READ_ONLY_SQL_TRANSACTION: "This session or server is read-only: a standby, default_transaction_read_only, or "
    "fkdash looking.",
    DEADLOCK_DETECTED: "Nothing was changed. Try again when fewer sessions write to these tables.",
    SERIALIZATION_FAILURE: "Nothing was changed. Try again; on a standby, the statement was in the way of "
    "recovery.",
    DISK_FULL: "Free disk space on the server first.",
    OUT_OF_MEMORY: "The server is out of memory; try again with fewer sessions.",
    FEATURE_NOT_SUPPORTED: "This server or pooler does not support the statement.",
}


@contextmanager
def translating(
    doing: str, *, where: str, connection: asyncpg.Connection[asyncpg.Record] | None = None
) -> Iterator[None]:
    """Turn a driver error inside the block into a `FkdashError`; `doing` completes "... while"."""
    try:
        yield
    except UnicodeEncodeError:
        raise no_text(doing) from None
    except DRIVER_ERRORS as error:
        ours = translated(error, doing, where=where, closed=connection is not None and connection.is_closed())
        if ours is None:
            raise
        raise ours from None


def translated(error: Exception, doing: str, *, where: str, closed: bool) -> FkdashError | None:
    """Give the error that an operator can act on; None for a mistake in fkdash itself.

    `closed` says whether the connection is: then a refusal of the driver to use it is a loss.
    """
    if isinstance(error, asyncpg.PostgresError):
        return _from_server(error, doing, where)
    if isinstance(error, OSError):
        return lost(_network_reason(error), doing, where)
    # A server that says goodbye to an idle connection leaves the driver in a state from which it refuses
    # every statement with an internal error, until it notices that the connection is gone.
    if closed or isinstance(error, asyncpg.InternalClientError):
        return lost("the server or the network had closed it", doing, where)
    return None


def no_text(doing: str) -> UsageError:
    """Give the error for a word of the operator's that cannot be sent to a server."""
    return UsageError(
        f"Something that was given is no text: its bytes are not UTF-8 (while {doing}).",
        next_step="Give it in UTF-8; nothing was sent.",
    )


def lost(reason: str, doing: str, where: str) -> ConnectionLostError:
    """Give the error for a session that ended, with the reason as far as it is known."""
    return ConnectionLostError(
        f"The connection to {where} was lost while {doing}: {reason}.", next_step=_RECONNECT
    )


def sqlstate_of(error: BaseException) -> str:
    """Give the SQLSTATE the server reported, "" for errors that did not come from it."""
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else ""


def server_message(error: asyncpg.PostgresError) -> str:
    """Give the server's primary message as plain text; whoever raises one decides how long it is."""
    said = str(error.args[0] if error.args else "") or type(error).__name__
    return plain(said[:_LONGEST_SAID]) + ("…" if len(said) > _LONGEST_SAID else "")


def _from_server(error: asyncpg.PostgresError, doing: str, where: str) -> FkdashError:
    state = sqlstate_of(error)
    said = server_message(error)
    if state in _ENDED_BY_SERVER or state == CANNOT_CONNECT_NOW or state.startswith("08"):
        return lost(_reason_it_ended(error), doing, where)
    if state == QUERY_CANCELED:
        return TimedOutError(
            f"The statement was stopped while {doing}: it reached its time limit, or it was cancelled.",
            next_step="Nothing was changed by it. Ask for less, or allow it more time.",
        )
    if state == LOCK_NOT_AVAILABLE:
        return LockTimedOutError(
            f"Another session holds a lock that was needed while {doing}.",
            next_step="Nothing was changed. Try again, or see which session blocks it in pg_stat_activity.",
        )
    if state == INSUFFICIENT_PRIVILEGE:
        return NotPermittedError(
            f"The role may not do this while {doing}: {said}.",
            next_step="Connect as a role that has the privilege, or ask the owner to grant it.",
        )
    return ServerRefusedError(
        f"The server refused it while {doing}: {said} (SQLSTATE {state or 'none'}).",
        sqlstate=state,
        schema=_field(error, "schema_name"),
        table=_field(error, "table_name"),
        column=_field(error, "column_name"),
        constraint=_field(error, "constraint_name"),
        detail=_field(error, "detail"),
        said=said,
        next_step=_NEXT_STEPS.get(state, ""),
    )


def _reason_it_ended(error: asyncpg.PostgresError) -> str:
    # The driver reports 08003 of its own; what the server said last is the cause of that.
    for one in (error.__cause__, error):
        if one is not None and sqlstate_of(one) in _ENDED_BY_SERVER:
            return _ENDED_BY_SERVER[sqlstate_of(one)]
    if isinstance(error.__cause__, OSError):
        return _network_reason(error.__cause__)
    if isinstance(error.__cause__, asyncpg.PostgresError):
        # A pooler says why it closes a connection, and means neither the server nor the network.
        return server_message(error.__cause__)
    return (
        "the server or the network closed it"
        if sqlstate_of(error) == CONNECTION_DOES_NOT_EXIST
        else server_message(error)
    )


def _field(error: asyncpg.PostgresError, name: str) -> str:
    return str(getattr(error, name, None) or "")


def _network_reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    return plain(error.strerror or str(error) or "the network ended it")
