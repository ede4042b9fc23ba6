"""The errors in the server's log, counted once, beside what the journals say was changed when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fkdash.apply.journal.earlier_changes import fixed_in, keys_before
from fkdash.watch.classify import Classifier
from fkdash.watch.clock import Clock
from fkdash.watch.counts import Counts
from fkdash.watch.notes import notes_of
from fkdash.watch.reading import Reading
from fkdash.watch.server_log import ServerLog, read_spelling
from fkdash.watch.watching import Ending, FromServer, watch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fkdash.apply.journal.identity import Identity
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Sessions
    from fkdash.watch.counts import Counted
    from fkdash.watch.server_log import Spelling


async def counted_in_log(
    sessions: Sessions, catalog: Catalog, here: Identity, since: datetime
) -> tuple[Counts, tuple[str, ...]]:
    """Give what stands in the server's own log since a moment, and what must be known of the count.

    Raises FkdashError where no log can be had, and the session's errors.
    """
    spelling = await read_spelling(sessions)
    log = ServerLog(sessions, since=since)
    await log.open()
    reading = await reading_of(catalog, here, spelling, since)

    def told(_: Iterable[Counted]) -> None:
        """Minutes are of no interest here."""

    await watch(reading, FromServer(log, patience_seconds=0), Ending(once=True), told)
    return reading.counts, tuple(notes_of(reading, spelling.notes))


async def reading_of(catalog: Catalog, here: Identity, spelling: Spelling, since: datetime) -> Reading:
    """Give what counts the errors of this database since a moment, in a log that is spelled so."""
    counts = Counts(
        database=catalog.server.database if catalog.server is not None else "",
        since=since,
        fixed=await asyncio.to_thread(fixed_in, here),
    )
    earlier = await asyncio.to_thread(keys_before, here)
    return Reading(Classifier(catalog, earlier), counts, Clock(spelling.zone), spelling.prefix)
