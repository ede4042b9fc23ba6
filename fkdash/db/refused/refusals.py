"""Why a connection could not be opened, as the error an operator is shown."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from fkdash.db.probe import what_answers
from fkdash.db.refused.reasons import CHECK_ADDRESS, TRY_LATER, Reason, certain_reason, no_answer, reason_by_answer
from fkdash.db.refused.translate import server_message, sqlstate_of
from fkdash.db.target import Address, Target
from fkdash.db.text import plain
from fkdash.errors import (
    FkdashError,
    NoConnectionLeftError,
    NotPermittedError,
    PasswordRequiredError,
    UnreachableError,
    UsageError,
)
from fkdash.sqlstates import (
    CANNOT_CONNECT_NOW,
    INSUFFICIENT_PRIVILEGE,
    INVALID_AUTHORIZATION,
    INVALID_CATALOG_NAME,
    INVALID_PARAMETER_VALUE,
    INVALID_PASSWORD,
    LOCK_NOT_AVAILABLE,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    TOO_MANY_CONNECTIONS,
    UNDEFINED_OBJECT,
)

_DEMO = "Say where the database is (fkdash DSN, or -h HOST -d NAME), or try it on a demo: fkdash demo"
_NEXT_STEPS = {
    INVALID_AUTHORIZATION: "Check the role's name, and the server's pg_hba.conf for this host, database, role and "
    "encryption.",
    INVALID_CATALOG_NAME: "Check the name; psql -l lists the databases of a server.",
    TOO_MANY_CONNECTIONS: "The server or the pooler has no connection left: close some sessions, or try again "
    "later.",
    CANNOT_CONNECT_NOW: TRY_LATER,
    OBJECT_NOT_IN_PREREQUISITE_STATE: "The database takes no connections (datallowconn): choose another one.",
}
_PROBE_SECONDS = 2.0
_SETTING_REFUSED = {UNDEFINED_OBJECT, INVALID_PARAMETER_VALUE, SYNTAX_ERROR}


async def refusal(error: Exception, target: Target, address: Address) -> FkdashError:
    """Give the error for what the server at `address` answered, or for what is there instead of a server."""
    state = sqlstate_of(error)
    where = target.describe(address)
    if isinstance(error, asyncpg.PostgresError) and not state.startswith("08"):
        return _said_by_server(error, state, where, address)
    why, next_step = await _reason(error, target, address)
    return UnreachableError(f"Cannot connect to {where}: {why}.", next_step=next_step)


async def nothing_answers(failures: Sequence[tuple[Address, Exception]], target: Target) -> FkdashError:
    """Give the error for a target where every address failed; it names each and why."""
    if len(failures) == 1 and target.given:
        address, error = failures[0]
        return await refusal(error, target, address)
    reasons = [(address, await _reason(error, target, address)) for address, error in failures]
    source = f" ({plain(target.source)})" if target.source else ""
    what = (
        f"No PostgreSQL server answers for database {plain(target.database)}"
        f" as {plain(target.user)}{source}. Tried:"
    )
    # One line: whoever shows it makes line breaks visible, since a name may contain some.
    each = "; ".join(f"{address}: {reason.why}" for address, reason in reasons)
    next_step = reasons[-1][1].next_step if target.given else _DEMO
    return UnreachableError(f"{what} {each}.", next_step=next_step)


def too_old(major: int, oldest: int, where: str) -> UnreachableError:
    """Give the error for a server older than fkdash knows."""
    return UnreachableError(
        f"{where} runs PostgreSQL {major}; fkdash needs {oldest} or newer.",
        next_step=f"Connect to a server of version {oldest} or newer.",
    )


def _said_by_server(error: asyncpg.PostgresError, state: str, where: str, address: Address) -> FkdashError:
    said = server_message(error)
    if state == INVALID_PASSWORD:
        return _about_the_password(where, address)
    if state == INSUFFICIENT_PRIVILEGE:
        return NotPermittedError(
            f"{where}: {said}.", next_step="Ask for the CONNECT privilege, or use another role with -U."
        )
    if state in _SETTING_REFUSED:
        return UsageError(
            f"{where} refuses a setting that was asked for: {said}.",
            next_step="Check PGOPTIONS, and the options and schema of the connection string.",
        )
    if state == LOCK_NOT_AVAILABLE:
        # Of the statements of a new session only those on the system catalogs can meet a lock.
        return UnreachableError(
            f"{where} answers, but a system catalog is locked there: nobody can look at anything until the "
            f"transaction that holds it ends ({said}).",
            next_step="Somebody runs VACUUM FULL, REINDEX or LOCK TABLE on pg_class or another table of "
            "pg_catalog: wait for it, or end it. Where a session is open already, SELECT pid FROM "
            "pg_lock_status() WHERE mode = 'AccessExclusiveLock' AND relation < 16384 names it.",
        )
    kind = NoConnectionLeftError if state == TOO_MANY_CONNECTIONS else UnreachableError
    return kind(
        f"Cannot connect to {where}: {said} (SQLSTATE {state or 'none'}).",
        next_step=_NEXT_STEPS.get(state, "Look at the server's log for the reason."),
    )


def _about_the_password(where: str, address: Address) -> UnreachableError:
    if address.password is None:
        return PasswordRequiredError(
            f"{where} demands a password, and none was given.",
            next_step="Give it in PGPASSWORD or ~/.pgpass, or run fkdash where it can ask (not with -w).",
        )
    return UnreachableError(
        f"{where} refuses the password.",
        next_step="Check the password, and which of PGPASSWORD, ~/.pgpass or the connection string it is from.",
    )


async def _reason(error: Exception, target: Target, address: Address) -> Reason:
    known = certain_reason(error, address)
    if known is not None:
        return known
    if address.is_socket and isinstance(error, TimeoutError):
        return no_answer(target, "The server may be overloaded, or stopped: look at the machine it runs on.")
    if address.is_socket:
        return Reason("what listens on the socket does not answer like PostgreSQL", CHECK_ADDRESS)
    seconds = min(_PROBE_SECONDS, target.connect_seconds or _PROBE_SECONDS)
    return reason_by_answer(await what_answers(address, seconds=seconds), error, target)
