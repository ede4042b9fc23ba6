"""What must be true before a plan starts; every line passes, warns or stops, and says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fkdash.apply.holders import Holder, holders
from fkdash.db.queries import query
from fkdash.fix.fingerprint import fingerprint
from fkdash.fix.plan import Duration, LockMode
from fkdash.orphans.scan import OrphanCount, count_orphans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Row, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan

_SECONDS_PER_ROW: Final = 0.8e-6
"""The slower end of what validating a row takes from cache, measured on 14 to 18."""
_ROW_BY_ROW_FACTOR: Final = 20
_OLD_TRANSACTION_SECONDS: Final = 1.0


class Standing(StrEnum):
    """What a preflight line means for the run."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class PreflightLine:
    """One thing that was looked at, how it stands, and what to do where it does not pass."""

    standing: Standing
    what: str
    next_step: str = ""


async def preflight(
    sessions: Sessions, writer: Writer, catalog: Catalog, plan: Plan, *, seconds: float
) -> tuple[PreflightLine, ...]:
    """Look at everything that could make the plan fail or hurt; reads only, each query within `seconds`.

    The writing connection is only asked what it would meet.
    """
    async with writer.rolled_back() as session:
        row = await session.row(query("fkdash.apply", "preflight"), plan.key.oid)
    async with sessions.session(seconds) as session:
        in_the_way = await holders(session, locked_tables(catalog, plan), LockMode.ACCESS_EXCLUSIVE)
    if row is None or fingerprint(catalog, plan.key) != plan.fingerprint:
        return (_stop(f"{plan.key.qualified} is not what the plan was made for.", "Refresh and plan again."),)
    lines = [
        *_server_lines(row, pooled=writer.pooled),
        *_role_lines(row, plan),
        *_object_lines(row),
        *_holder_lines(in_the_way),
        *_duration_lines(row, plan),
    ]
    if _checks_rows(plan):
        lines.append(_orphan_line(await count_orphans(sessions, catalog, plan.goal.key, seconds=seconds)))
    return tuple(lines)


def may_start(lines: Iterable[PreflightLine]) -> bool:
    """Tell whether no line stops the run."""
    return all(line.standing is not Standing.STOP for line in lines)


def locked_tables(catalog: Catalog, plan: Plan) -> list[int]:
    """Give the OIDs of the tables that the plan's steps lock exclusively."""
    names = {lock.table for step in plan.steps for lock in step.locks if lock.mode is LockMode.ACCESS_EXCLUSIVE}
    return [oid for name in names if (oid := catalog.tables[name].oid) is not None]


def _server_lines(row: Row, *, pooled: bool) -> Iterator[PreflightLine]:
    if row["standby"]:
        yield _stop("this server is a standby", "Connect to the primary.")
    elif row["read_only"]:
        yield _stop(
            "default_transaction_read_only is on",
            "That is usually a failover or maintenance signal: find out why before you change anything.",
        )
    else:
        yield _ok("a primary that accepts writes")
    if pooled:
        yield _warning(
            "a connection pooler stands between fkdash and the server",
            "It works, one transaction at a time; a direct connection is safer for changing a schema.",
        )
    if row["standbys"]:
        yield _ok(f"{row['standbys']} standbys replay the lock; their readers wait for the same milliseconds")
    if row["wraparound_vacuums"]:
        yield _warning(
            "an autovacuum to prevent wraparound is running; it does not give way",
            "If it works on one of the tables, the run waits until it is done.",
        )


def _role_lines(row: Row, plan: Plan) -> Iterator[PreflightLine]:
    if row["may_alter"]:
        yield _ok(f"{row['role']} may alter {plan.key.table}")
    else:
        yield _stop(
            f"{row['role']} is not a member of {row['owner']}, who owns {plan.key.table}",
            f"Connect as {row['owner']} or as a member of it.",
        )
    if _replaces_key(plan):
        if row["may_reference"]:
            yield _ok(f"REFERENCES on {plan.key.referenced}")
        else:
            yield _stop(
                f"{row['role']} lacks REFERENCES on the key of {plan.key.referenced}, needed to add the key again",
                f"GRANT REFERENCES ON {plan.key.referenced.sql} TO {row['role']}",
            )


def _object_lines(row: Row) -> Iterator[PreflightLine]:
    if row["unusual_triggers"]:
        yield _stop(
            "the key's own triggers are disabled or replica-only, and re-creating it would enable them",
            "Find out who disabled them and why; enable them first.",
        )
    if row["event_triggers"]:
        yield _warning(f"event triggers may refuse the change: {row['event_triggers']}", "Nothing happens if so.")
    if row["extension"]:
        yield _warning(
            f"the extension {row['extension']} owns a table of this key", "Its next update may undo the change."
        )
    if row["inheriting_tables"]:
        yield _warning(
            f"{row['inheriting_tables']} tables inherit from it", "Foreign keys do not cover their rows."
        )


def _holder_lines(in_the_way: tuple[Holder, ...]) -> Iterator[PreflightLine]:
    old = [holder for holder in in_the_way if holder.seconds is None or holder.seconds > _OLD_TRANSACTION_SECONDS]
    for holder in old:
        yield _warning(
            str(holder), "The run waits in short tries that stop nobody for long; ask its owner to end it."
        )
    if not old:
        yield _ok("no long transaction holds the tables")


def _duration_lines(row: Row, plan: Plan) -> Iterator[PreflightLine]:
    if not any(lock.duration is Duration.SCAN for step in plan.steps for lock in step.locks):
        return
    if row["rows"] < 0:
        yield _ok("the table was never analysed; how long checking its rows takes is not known")
        return
    seconds = row["rows"] * _SECONDS_PER_ROW
    if not row["checks_fast"]:
        seconds *= _ROW_BY_ROW_FACTOR
        yield _warning(
            "checking goes row by row, about 20 times slower: row security, or no SELECT on both keys",
            "Grant SELECT on the key columns of both tables, or let a role do it that bypasses row security.",
        )
    yield _ok(f"checking about {row['rows']:,} rows takes about {max(seconds, 0.1):.1f} s and stops nobody")


def _orphan_line(orphans: OrphanCount) -> PreflightLine:
    if orphans.rows is None:
        return _warning(
            f"rows without a referenced row: not known, {orphans.reason}",
            "If there are any, checking fails and the key stays NOT VALID: enforced, but unchecked.",
        )
    if orphans.rows:
        return _stop(
            f"{orphans.rows:,} rows refer to a row that does not exist, so checking would fail",
            "Repair them first: fkdash orphans.",
        )
    return _ok("every row refers to an existing row")


def _checks_rows(plan: Plan) -> bool:
    return _replaces_key(plan) and plan.goal.key.validated and plan.goal.key.enforced


def _replaces_key(plan: Plan) -> bool:
    return plan.goal.key != plan.key


def _ok(what: str) -> PreflightLine:
    return PreflightLine(Standing.OK, what)


def _warning(what: str, next_step: str) -> PreflightLine:
    return PreflightLine(Standing.WARNING, what, next_step)


def _stop(what: str, next_step: str) -> PreflightLine:
    return PreflightLine(Standing.STOP, what, next_step)
