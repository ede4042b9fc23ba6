"""The newest migrations, as the tools that ran them have noted it in tables of their own.

A table of such a name may be anybody's and may be anything. It is read only where it is an ordinary table with
the very columns that the tool makes, of PostgreSQL's own types, and through the gate of
`fkdash.catalog.postgres.planted`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.migration_tables import TRUTH, ledgers
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import LONGEST_LABEL
from fkdash.catalog.table_name import quoted
from fkdash.errors import NotPermittedError, NotRun, NotRunError, ServerRefusedError, StoppedError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, Table
    from fkdash.catalog.postgres.migration_tables import Ledger
    from fkdash.db.session import Row, Sessions

_MOST_TABLES: Final = 12
_NEWEST: Final = 3
_SECONDS, _MOST_SECONDS = 2.0, 5.0
_LARGEST_BYTES: Final = 64 * 1024 * 1024
_HASH: Final = re.compile(r"[0-9a-f]{40,128}")
_SHOWN_OF_HASH: Final = 12
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DIGITS: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)_?([01]\d)_?([0-3]\d)_?(\d{6}|\d{4})?(?!\d)")
_SHOWN_OF: Final = {8: len("2026-07-02"), 12: len("2026-07-02 21:40"), 14: len("2026-07-02 21:40:22")}
_SINCE_1970: Final = re.compile(r"(\d{10})(?:\d{3})?(?!\d)")


@fact
class Migration:
    """A migration that a tool has noted in `table`.

    `applied` is when it ran, `written` when it was written, as far as either is known, as `YYYY-MM-DD HH:MM:SS`:
    in UTC, or for a column without a time zone by the clock of whoever wrote it. `finished` is False where it
    failed, was taken back or still runs.
    """

    tool: str
    table: str
    name: str
    applied: str = ""
    written: str = ""
    finished: bool = True

    @property
    def words(self) -> str:
        """`Prisma 20260702_orders, ran 2026-07-02 21:40:22 (public._prisma_migrations)`."""
        when = f", ran {self.applied}" if self.applied else f", written {self.written}" if self.written else ""
        state = "" if self.finished else ", NOT FINISHED or taken back"
        return f"{self.tool} {self.name}{when}{state} ({self.table})"


@fact
class Migrations:
    """The newest migration of every tool's table, newest first, then the ones before these; and what was not read.

    `not_run` is what reading would have run of other roles' code.
    """

    newest: tuple[Migration, ...] = ()
    unread: tuple[str, ...] = ()
    not_run: tuple[NotRun, ...] = ()


async def newest_migrations(sessions: Sessions, catalog: Catalog) -> Migrations:
    """Give the newest few migrations of each tool's table; what cannot be read soon is named instead.

    Raises ConnectionLostError and its like.
    """
    found: list[tuple[int, Migration]] = []
    unread: list[str] = []
    not_run: list[NotRun] = []
    tables = sorted(ledgers(catalog), key=lambda each: (each[1].name.schema != "public", each[1].name))
    started = monotonic()
    for ledger, table in tables[:_MOST_TABLES]:
        reason = _why_not(table) or ("there was no time left" if monotonic() - started > _MOST_SECONDS else "")
        if not reason:
            try:
                found += enumerate(await _read(sessions, ledger, table))
            except (NotPermittedError, ServerRefusedError, StoppedError) as error:
                reason = error.what
                not_run += error.not_run if isinstance(error, NotRunError) else ()
        if reason:
            unread.append(f"{table.name}: {reason}")
    if len(tables) > _MOST_TABLES:
        unread.append(f"{len(tables) - _MOST_TABLES:,} more tables of migrations were not looked at")
    found.sort(key=lambda each: (-each[0], each[1].applied or each[1].written), reverse=True)
    return Migrations(tuple(migration for _, migration in found), tuple(unread), tuple(not_run))


def _why_not(table: Table) -> str:
    if table.locked:
        return "another session holds or awaits an ACCESS EXCLUSIVE lock on it"
    if table.row_security:
        return "it has row security, and policies are code"
    if table.privileges is not None and not table.privileges.select:
        return "the role may not read it"
    if table.size is not None and table.size.bytes is not None and table.size.bytes > _LARGEST_BYTES:
        return "it is too large for a table of migrations"
    return ""


async def _read(sessions: Sessions, ledger: Ledger, table: Table) -> Sequence[Migration]:
    kinds = dict(ledger.columns)

    def told(column: str) -> str:
        return f"left({quoted(column)}::text, {LONGEST_LABEL})" if column else "null::text"

    def holds(column: str, otherwise: str) -> str:
        if not column:
            return otherwise
        return quoted(column) if kinds[column] == TRUTH else f"{quoted(column)} is not null"

    names = " || ' ' || ".join(f"coalesce({told(each)}, '')" for each in ledger.name)
    async with sessions.session(_SECONDS) as session:
        await refuse_planted_of(session, (table,))
        rows = await session.rows(
            f"select {names} as name, {told(ledger.at)} as at, {told(ledger.made)} as made, "
            f"{holds(ledger.done, 'true')} and not ({holds(ledger.undone, 'false')}) as finished "
            f"from only {table.name.sql} order by {quoted(ledger.newest)} desc nulls last limit {_NEWEST}"
        )
    return [_migration(ledger, table, row) for row in rows]


def _migration(ledger: Ledger, table: Table, row: Row) -> Migration:
    return Migration(
        ledger.tool,
        str(table.name),
        _shown(row["name"].strip()),
        applied=_moment(row["at"] or ""),
        written=_moment(row["made"] or ""),
        finished=bool(row["finished"]),
    )


def _shown(name: str) -> str:
    return f"{name[:_SHOWN_OF_HASH]}…" if _HASH.fullmatch(name) else name


def _moment(text: str) -> str:
    """Give the moment in a column: a timestamp, the digits of one in a name, or (milli)seconds since 1970."""
    if _TIMESTAMP.match(text):
        return text[:19]
    named = _DIGITS.search(text)
    counted = _SINCE_1970.match(text)
    try:
        if named is not None:
            digits = "".join(filter(None, named.groups()))
            read = datetime.strptime(f"{digits:0<14}+0000", "%Y%m%d%H%M%S%z").replace(tzinfo=None)
            return str(read)[: _SHOWN_OF[len(digits)]]
        seconds = int(counted[1]) if counted is not None else None
        return str(datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)) if seconds is not None else ""
    except ValueError:
        return ""
