"""Counts orphans: referencing rows whose referenced row does not exist."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.catalog.postgres.equality import compared
from fkdash.catalog.postgres.planted import refuse_planted_at
from fkdash.catalog.spelling import is_orphan, kinds_of_orphans, source
from fkdash.db.at_once import at_once
from fkdash.errors import HeldUpError, NotPermittedError, NotRun, NotRunError, ServerRefusedError, TimedOutError
from fkdash.fact import fact
from fkdash.orphans.evidence import Evidence, evidence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions
    from fkdash.orphans.references import Reference

COMPLETE: Final = "complete"
AT_LEAST: Final = "at-least"
UNKNOWN: Final = "unknown"
_PROBE_ROWS: Final = 1000


@fact
class OrphanCount:
    """The orphans of one reference.

    `status` is `complete`; `at-least` where counting was cut short and these were found; `unknown` with no number.
    `reason` says why it is not complete, `not_run` what looking would have run of other roles' code.
    """

    rows: int | None
    status: str = COMPLETE
    reason: str = ""
    not_run: tuple[NotRun, ...] = ()


@fact
class ScannedReference:
    """A reference, its orphans, some of them as examples, and how many seconds it took."""

    reference: Reference
    orphans: OrphanCount
    evidence: Evidence = field(default_factory=Evidence)
    seconds: float = 0.0


@dataclass(slots=True)
class Deadline:
    """When the scan as a whole has to be over, by the monotonic clock; None for never."""

    at: float | None = None

    def seconds(self, at_most: float) -> float:
        """Give the seconds that one reference may take, 0 where the time is up."""
        return at_most if self.at is None else max(0.0, min(at_most, self.at - time.monotonic()))


async def scan(
    sessions: Sessions,
    catalog: Catalog,
    references: Sequence[Reference],
    *,
    seconds: float,
    total_seconds: float | None = None,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    samples: int = 0,
    jobs: int = 3,
    heard: Callable[[ScannedReference], None] | None = None,
) -> tuple[ScannedReference, ...]:
    """Count the orphans of each reference, each within `seconds`, `jobs` at a time.

    The smallest tables come first, so that the most answers are there early; what `total_seconds` leave no time
    for is unknown. `heard` is told of each as it comes; `samples` orphans of each are read, with the columns that
    `labels` name for a `schema.table`. The result is in the order of `references`.
    """
    deadline = Deadline(None if total_seconds is None else time.monotonic() + total_seconds)
    slots = asyncio.Semaphore(jobs)
    order = sorted(range(len(references)), key=lambda number: _weight(catalog, references[number].key))
    found: dict[int, ScannedReference] = {}

    async def one(number: int) -> None:
        async with slots:
            began = time.monotonic()
            limit = deadline.seconds(seconds)
            reference = references[number]
            count = await _counted(sessions, catalog, reference.key, seconds=limit)
            seen = Evidence()
            if count.rows and samples:
                left = deadline.seconds(max(limit - (time.monotonic() - began), min(limit, 1.0)))
                seen = await evidence_of(
                    sessions, catalog, reference.key, labels=labels, limit=samples, seconds=left
                )
            found[number] = ScannedReference(reference, count, seen, time.monotonic() - began)
            if heard is not None:
                heard(found[number])

    async with at_once() as tasks:
        for number in order:
            tasks.create_task(one(number))
    return tuple(found[number] for number in range(len(references)))


async def count_orphans(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    """Count the rows that validating a foreign key would stumble over, within `seconds`."""
    hidden = _hidden(catalog, key)
    if hidden:
        return OrphanCount(None, UNKNOWN, hidden)
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            comparable = await compared(session, catalog, key)
            rows = await session.value(count_query(catalog, comparable))
    except HeldUpError as locked:
        return OrphanCount(None, UNKNOWN, locked.what)
    except TimedOutError:
        return await _at_least(sessions, catalog, key, seconds=seconds)
    except NotRunError as refused:
        return OrphanCount(None, UNKNOWN, refused.what, refused.not_run)
    except (NotPermittedError, ServerRefusedError) as refused:
        return OrphanCount(None, UNKNOWN, refused.what)
    return OrphanCount(rows)


def count_query(catalog: Catalog, key: ForeignKey) -> str:
    """Give the query that counts: plain anti-joins, which the server runs in parallel.

    Values are never grouped first: what is equal for one side (a collation that ignores case) need not be for the
    other.
    """
    rows = source(catalog, key.table)
    counts = (f"(select count(*) from {rows} c where {kind})" for kind in kinds_of_orphans(catalog, key))
    return f"select {' + '.join(counts)}"


async def _counted(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    if any(catalog.tables[name].kind is TableKind.FOREIGN for name in (key.table, key.referenced)):
        return OrphanCount(None, UNKNOWN, "a foreign table is not read")
    if seconds <= 0:
        return OrphanCount(None, UNKNOWN, "there was no time left for it")
    return await count_orphans(sessions, catalog, key, seconds=seconds)


def _weight(catalog: Catalog, key: ForeignKey) -> int:
    sizes = (table.size for name in (key.table, key.referenced) for table in catalog.with_partitions(name))
    return sum(size.bytes or 0 for size in sizes if size is not None)


async def _at_least(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
    cut_short = f"counting was cut short after {seconds:g} s"
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            comparable = await compared(session, catalog, key)
            found = f"{source(catalog, key.table)} c where {is_orphan(catalog, comparable)}"
            rows = await session.value(f"select count(*) from (select from {found} limit {_PROBE_ROWS}) probed")
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
