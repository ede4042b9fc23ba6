"""Counts orphans: referencing rows whose referenced row does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fkdash.catalog.model import Match, quoted
from fkdash.catalog.spelling import matches, refers, source
from fkdash.errors import NotPermittedError, TimedOutError

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions


@dataclass(frozen=True, slots=True)
class OrphanCount:
    """The orphans of one reference; `status` is `complete`, or `unknown` with the `reason` and no number."""

    rows: int | None
    status: str = "complete"
    reason: str = ""


async def count_orphans(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    """Count the rows that validating a foreign key would stumble over, within `seconds`."""
    try:
        async with sessions.session(seconds) as session:
            return OrphanCount(await session.value(_count(catalog, key)))
    except TimedOutError:
        return OrphanCount(None, "unknown", f"counting was cut short after {seconds:g} s")
    except NotPermittedError as refused:
        return OrphanCount(None, "unknown", refused.what)


def _count(catalog: Catalog, key: ForeignKey) -> str:
    """Group first: every distinct key is probed once (MATCH FULL also forbids half a key)."""
    columns = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    missing = (
        f"{refers(key)} and not exists (select from {source(catalog, key.referenced)} p where {matches(key)})"
    )
    if key.match is Match.FULL and len(key.columns) > 1:
        every = " and ".join(f"c.{quoted(name)} is null" for name in key.columns)
        missing = f"({missing}) or (not ({refers(key)}) and not ({every}))"
    return f"""
        select coalesce(sum(c.n), 0)::int8
          from (select {columns}, count(*) as n from {source(catalog, key.table)} c group by {columns}) c
         where {missing}"""
