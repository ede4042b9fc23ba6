"""Counts orphans: referencing rows whose referenced row does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import quoted
from fkdash.catalog.planted import refuse_planted_at
from fkdash.catalog.spelling import is_orphan, source
from fkdash.errors import HeldUpError, NotPermittedError, NotRun, NotRunError, ServerRefusedError, TimedOutError

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions

COMPLETE: Final = "complete"
AT_LEAST: Final = "at-least"
UNKNOWN: Final = "unknown"
_PROBE_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class OrphanCount:
    """The orphans of one reference.

    `status` is `complete`; `at-least` where counting was cut short and these were found; `unknown` with no number.
    `reason` says why it is not complete, `not_run` what looking would have run of other roles' code.
    """

    rows: int | None
    status: str = COMPLETE
    reason: str = ""
    not_run: tuple[NotRun, ...] = ()


async def count_orphans(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    """Count the rows that validating a foreign key would stumble over, within `seconds`."""
    hidden = _hidden(catalog, key)
    if hidden:
        return OrphanCount(None, UNKNOWN, hidden)
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            rows = await session.value(_count(catalog, key))
    except HeldUpError as locked:
        return OrphanCount(None, UNKNOWN, locked.what)
    except TimedOutError:
        return await _at_least(sessions, catalog, key, seconds=seconds)
    except NotRunError as refused:
        return OrphanCount(None, UNKNOWN, refused.what, refused.not_run)
    except (NotPermittedError, ServerRefusedError) as refused:
        return OrphanCount(None, UNKNOWN, refused.what)
    return OrphanCount(rows)


async def _at_least(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    cut_short = f"counting was cut short after {seconds:g} s"
    some = f"select count(*) from (select from {_rows(catalog, key)} limit {_PROBE_ROWS}) some"
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            rows = await session.value(some)
    except HeldUpError as locked:
        return OrphanCount(None, UNKNOWN, locked.what)
    except (TimedOutError, NotPermittedError, ServerRefusedError):
        return OrphanCount(None, UNKNOWN, cut_short)
    if rows < _PROBE_ROWS:
        return OrphanCount(rows)
    return OrphanCount(rows, AT_LEAST, cut_short)


def _hidden(catalog: Catalog, key: ForeignKey) -> str:
    """Say what hides rows from this role, whose policies looking does not run; empty when it sees them all."""
    if catalog.server is not None and catalog.server.bypasses_row_security:
        return ""
    for name in dict.fromkeys((key.table, key.referenced)):
        table = catalog.tables[name]
        own = table.privileges is not None and table.privileges.own
        if table.row_security and (table.force_row_security or not own):
            return f"row security may hide rows of {name} from this role"
    return ""


def _count(catalog: Catalog, key: ForeignKey) -> str:
    """Group first: every distinct key is probed once."""
    columns = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    return f"""
        select coalesce(sum(c.n), 0)::int8
          from (select {columns}, count(*) as n from {source(catalog, key.table)} c group by {columns}) c
         where {is_orphan(catalog, key)}"""


def _rows(catalog: Catalog, key: ForeignKey) -> str:
    return f"{source(catalog, key.table)} c where {is_orphan(catalog, key)}"
