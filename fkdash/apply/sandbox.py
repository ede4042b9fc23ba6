"""Runs one statement with a table owner's rights and no others, whatever other roles planted in its way.

A trigger, a check or a default that somebody planted runs with the rights of whoever fires it, and SET ROLE does
not take those away: planted code sets it back. Inside a SECURITY DEFINER function it cannot (manual, CREATE
FUNCTION, "Writing SECURITY DEFINER Functions Safely"). Four rules keep it shut in: checks are made at once inside
the function; it is called once, because planted code can put another in its place; nothing is run after it in its
transaction but the end of that; and the connection is closed then, because prepared statements survive.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.db.writing import open_writer
from fkdash.errors import (
    ConnectionLostError,
    FkdashError,
    LockTimedOutError,
    NotPermittedError,
    ServerRefusedError,
    StoppedError,
    TimedOutError,
)
from fkdash.fact import fact
from fkdash.shell import shell_word
from fkdash.sqlstates import LOCK_NOT_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from fkdash.db.session import Row, Session
    from fkdash.db.target import Target

_RESULT: Final = "FKD00"
_RESULTS: Final = {
    "fkd_stage": "text",
    "fkd_touched": "int8",
    "fkd_left": "bool",
    "fkd_filtered": "bool",
    "fkd_named": "bool",
    "fkd_code": "text",
    "fkd_said": "text",
    "fkd_schema": "text",
    "fkd_table": "text",
    "fkd_column": "text",
    "fkd_constraint": "text",
    "fkd_detail": "text",
}
DIAGNOSTICS: Final = (
    "fkd_code = returned_sqlstate, fkd_said = message_text, fkd_schema = schema_name, fkd_table = table_name, "
    "fkd_column = column_name, fkd_constraint = constraint_name, fkd_detail = pg_exception_detail"
)
_FIELDS: Final = ("stage", "touched", "left", "filtered", "named", "code", "detail")


@fact
class RunsAs:
    """As whom a body runs: `role`; `confined` says that it is the table's owner, and no superuser.

    Where it is not, `untrusted` names what of other roles would run with that role's rights, each as a phrase.
    `outside` names triggers whose effects may outlive a rollback.
    """

    role: str
    superuser: bool
    confined: bool
    untrusted: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def refusal(self) -> str:
        """Say why it must not be run; empty where it may. Other roles' code never runs as a superuser."""
        if not (self.superuser and self.untrusted):
            return ""
        return f"{self.untrusted[0]}, would run as {self.role}, a superuser"


@fact
class Met:
    """What a body met: how far it came (`none`: there was no row), the rows it changed, and its error.

    `left` says that rows still refer to what is gone, `filtered` that row security hides rows from the role,
    `named` that the error names the row that was tried, not one that goes with it.
    """

    stage: str
    touched: int
    left: bool
    filtered: bool
    refused: ServerRefusedError | None
    named: bool = False


class Refusal(NamedTuple):
    """Why something must not be run, and what to do."""

    why: str
    next_step: str


@dataclass(slots=True)
class Sandbox:
    """A body that is ready to run in the transaction of `session`, once and as its last statement."""

    session: Session
    runs_as: RunsAs
    _statement: str
    _called: bool = False

    async def call(self, *, seconds: float | None = None) -> Met:
        """Run the body; `seconds` bounds the wait for it even where planted code ignores a cancel request.

        Raises LockTimedOutError where a lock was not had, and what the session raises.
        """
        if self._called:
            raise RuntimeError("Planted code may have put another function in its place.")
        self._called = True
        try:
            async with asyncio.timeout(seconds):
                rows = await self.session.rows(self._statement)
                return _met(rows[0]) if rows else Met("done", 0, left=False, filtered=False, refused=None)
        except TimeoutError:
            raise TimedOutError("The statement did not stop at its time limit.") from None
        except ServerRefusedError as raised:
            if raised.sqlstate != _RESULT or not self._statement.startswith("do "):
                raise
            return _met_from(raised)


@asynccontextmanager
async def sandbox(
    target: Target, tables: Sequence[int], body: str, *, lock_ms: int, statement_ms: int
) -> AsyncIterator[Sandbox]:
    """Make a body ready that is rolled back, on a connection of its own, which is closed afterwards.

    It runs with the rights of the owner of the first of `tables` (OIDs), the tables that it touches.
    """
    async with open_writer(target) as writer, writer.rolled_back() as session:
        await session.execute(f"set local lock_timeout = {lock_ms}; set local statement_timeout = {statement_ms}")
        made = await prepared(session, tables, body, trusted=target.trusted_owners)
        try:
            yield made
        finally:
            if writer.pooled and not writer.is_lost:
                await _end_backend(session)


async def prepared(
    session: Session, tables: Sequence[int], body: str, *, lasting: bool = False, trusted: Iterable[str] = ()
) -> Sandbox:
    """Make a body ready in the transaction of `session`, in which nothing of the tables has run yet.

    `lasting` says that the transaction is committed afterwards, and the body's results do not matter.
    Where the function may not be handed to the owner it runs as the session's role. Raises StoppedError where the
    table is gone, NotPermittedError where making the function would run the code of a role that is not `trusted`,
    and what the server refuses to a superuser, who may always hand it over.
    """
    watching = await event_code(session, trusted)
    if watching is not None:
        raise NotPermittedError(watching.why, next_step=watching.next_step)
    standing = await session.row(query("fkdash.apply", "sandbox_standing"), tables[0])
    if standing is None:
        raise StoppedError("The table is not there any more.", next_step="Refresh, and look again.")
    name = f"fkdash_{secrets.token_hex(8)}"
    role, statement = standing["role"], f"select * from pg_temp.{name}()"
    await session.execute("savepoint fkdash_sandbox")
    try:
        await session.execute(_function(name, body))
        made = True
    except (NotPermittedError, ServerRefusedError):
        if standing["superuser"]:
            raise
        await session.execute("rollback to savepoint fkdash_sandbox")
        made, statement = False, _anonymous(body, answering=not lasting)
    if made and role != standing["owner"] and await _handed_over(session, name, standing["owner"]):
        role = standing["owner"]
    elif made and role != standing["owner"] and standing["superuser"]:
        raise NotPermittedError(
            f"It cannot be confined to the rights of {standing['owner']}: {role} may not hand it a function.",
            next_step=f"Connect as {standing['owner']}, or as a superuser, or GRANT {quoted(standing['owner'])} "
            f"TO {quoted(role)}.",
        )
    return Sandbox(session, await _runs_as(session, tables, standing, role, made=made), statement)


async def event_code(session: Session, trusted: Iterable[str]) -> Refusal | None:
    """Say which event trigger would run another role's code as a superuser wherever something is made or altered.

    None where there is none, and for a role that is no superuser. The code of `trusted` roles is accepted.
    """
    found = await session.row(query("fkdash.apply", "event_code"), sorted(trusted))
    if found is None:
        return None
    runs = f"{found['function']} of {found['owner']}"
    return Refusal(
        f"The event trigger {found['name']} would run {runs} as {found['role']}, a superuser.",
        "Look at what it does and let a superuser own it, or accept it: "
        f"--trust-owner {shell_word(found['owner'])}.",
    )


@asynccontextmanager
async def pinned(session: Session) -> AsyncIterator[None]:
    """Have names and spellings mean what they do while looking, for some reading in a writing transaction."""
    await session.execute(f"savepoint fkdash_pinned;\n{query('fkdash.db', 'pins')}")
    yield
    # Only a savepoint gives everything back as it was; locks taken meanwhile go too.
    await session.execute("rollback to savepoint fkdash_pinned")


async def _runs_as(session: Session, tables: Sequence[int], standing: Row, role: str, *, made: bool) -> RunsAs:
    owner_runs = role == standing["owner"]
    superuser = standing["owner_is_superuser"] if owner_runs and made else standing["superuser"]
    reached = await session.rows(query("fkdash.apply", "sandbox_reached"), list(tables), role)
    return RunsAs(
        role=role,
        superuser=superuser,
        confined=owner_runs and not superuser,
        untrusted=tuple(row["what"] for row in reached if row["untrusted"]),
        outside=tuple(row["what"] for row in reached if row["outside"]),
    )


async def _handed_over(session: Session, name: str, owner: str) -> bool:
    """Hand the function over; what that needs differs between versions, so it is tried."""
    await session.execute("savepoint fkdash_handing")
    try:
        # Default privileges may keep it from everybody but its owner.
        await session.execute(f"grant execute on function pg_temp.{name} to current_user")
        await session.execute(f"alter function pg_temp.{name} owner to {quoted(owner)}")
    except (NotPermittedError, ServerRefusedError):
        await session.execute("rollback to savepoint fkdash_handing")
        return False
    return True


async def _end_backend(session: Session) -> None:
    """End the server's own connection, which a pooler would give to somebody else with what was left in it."""
    try:
        await session.value("select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())")
    except (ConnectionLostError, FkdashError):
        return


def _function(name: str, body: str) -> str:
    results = ", ".join(f"out {each} pg_catalog.{kind}" for each, kind in _RESULTS.items())
    text = f"#variable_conflict use_column\n{body}"
    return query("fkdash.apply", "sandbox_function").format(name=name, results=results, body=literal(text))


def _anonymous(body: str, *, answering: bool) -> str:
    """Give the body as a block that needs no function; asked to answer, it does by the error it ends with."""
    declared = "; ".join(f"{each} pg_catalog.{kind}" for each, kind in _RESULTS.items())
    answers = ", ".join(f"fkd_{each}" for each in _FIELDS)
    answer = (
        f"raise exception using errcode = '{_RESULT}', message = coalesce(fkd_said, ' '), "
        f"detail = pg_catalog.format('%s|%s|%s|%s|%s|%s|%s', {answers}), schema = coalesce(fkd_schema, ''), "
        "table = coalesce(fkd_table, ''), column = coalesce(fkd_column, ''), "
        "constraint = coalesce(fkd_constraint, '');"
    )
    last = answer if answering else ""
    text = f"#variable_conflict use_column\ndeclare {declared};\nbegin\n{body};\n{last}\nend"
    return f"do {literal(text)}"


def _met(row: Row) -> Met:
    refused = None
    if row["fkd_code"] is not None:
        refused = _refusal(
            row["fkd_code"],
            row["fkd_said"],
            schema=row["fkd_schema"],
            table=row["fkd_table"],
            column=row["fkd_column"],
            constraint=row["fkd_constraint"],
            detail=row["fkd_detail"],
        )
    left, filtered, named = (bool(row[f"fkd_{each}"]) for each in ("left", "filtered", "named"))
    return Met(row["fkd_stage"], row["fkd_touched"] or 0, left, filtered, refused, named)


def _met_from(raised: ServerRefusedError) -> Met:
    stage, touched, left, filtered, named, code, detail = raised.detail.split("|", 6)
    refused = None
    if code:
        refused = _refusal(
            code,
            raised.said,
            schema=raised.schema,
            table=raised.table,
            column=raised.column,
            constraint=raised.constraint,
            detail=detail,
        )
    return Met(stage, int(touched or 0), left == "t", filtered == "t", refused, named == "t")


def _refusal(code: str, said: str, **fields: str) -> ServerRefusedError:
    if code == LOCK_NOT_AVAILABLE:
        raise LockTimedOutError(
            "Another session holds a lock that was needed.",
            next_step="Nothing was changed. Try again, or see which session blocks it in pg_stat_activity.",
        )
    return ServerRefusedError(
        f"The server refused it: {said} (SQLSTATE {code}).", sqlstate=code, said=said, **fields
    )
