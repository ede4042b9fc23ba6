"""The watch behind the screen: the server's log over SQL from an hour ago on, and its statistics."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import UnreachableError
from fkdash.tui.words import fails_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from fkdash.errors import FkdashError
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge
    from fkdash.watch.counts import Counted, Counts
    from fkdash.watch.reading import Reading
    from fkdash.watch.server_log import ServerLog, Spelling
    from fkdash.watch.statistics import Statistics

MOST_BYTES: Final = 32 * 1024 * 1024
"""How much of a log is read that was written before the screen was opened; more would take minutes."""
_STATISTICS_SECONDS: Final = 5.0


class Watching:
    """What a watch has come to. `no_log` is why no log can be had, `reading` what was read of one.

    `table` is the one whose deletes are counted beside it, "" for none; `heard` is told that the server has gone.
    """

    def __init__(
        self, database: Database, knowledge: Knowledge, table: str = "", heard: Callable[[str], None] | None = None
    ) -> None:
        self.table, self._heard = table, heard
        self._database = database
        self._catalog = knowledge.catalog
        self.findings: dict[str, str] = {}
        for each in knowledge.findings:
            if each.key.qualified not in self.findings or fails_here(each):
                self.findings[each.key.qualified] = each.rule
        self.counts: Counts | None = None
        self.reading: Reading | None = None
        self.no_log: FkdashError | None = None
        self.first: Statistics | None = None
        self.statistics: Statistics | None = None
        self._begun_before = self._begun = 0
        self.log: ServerLog | None = None
        self.spelling: Spelling | None = None
        self.since: datetime | None = None

    async def watch(self, since: datetime, show: Callable[[], None]) -> None:
        """Read the server's log until this is cancelled, and `show` what it comes to after every look.

        Raises FkdashError where no log can be had, and the session's errors.
        """
        from fkdash.apply.journal.identity import identity_of  # loaded when it is wanted
        from fkdash.apply.journal.log_counts import reading_of
        from fkdash.watch.server_log import ServerLog, read_spelling
        from fkdash.watch.statistics import read_statistics
        from fkdash.watch.watching import Ending, FromServer, watch

        pool = await self._database.connection.pool()
        self.since = since
        self.first = self.statistics = await read_statistics(pool, self.table)
        self._begun_before = self._begun = pool.begun
        spelling = self.spelling = await read_spelling(pool)
        log = ServerLog(pool, since=since, most_bytes=MOST_BYTES)
        await log.open()
        self.log = log
        async with pool.session() as session:
            here = await identity_of(session)
        self.reading = await reading_of(self._catalog, here, spelling, since)
        self.counts = self.reading.counts

        def told(_: Iterable[Counted]) -> None:
            show()

        beside = asyncio.create_task(self.watch_statistics(show), name="statistics")
        try:
            await watch(self.reading, FromServer(log, self._heard), Ending(), told)
        finally:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)

    async def watch_statistics(self, show: Callable[[], None]) -> None:
        """Read the statistics again and again until this is cancelled; raises the session's errors."""
        from fkdash.watch.statistics import read_statistics  # loaded when it is wanted

        pool = await self._database.connection.pool()
        while True:
            try:
                self.statistics = await read_statistics(pool, self.table)
            except UnreachableError:
                # Whoever reads the log says so, and waits for it.
                await asyncio.sleep(_STATISTICS_SECONDS)
                continue
            self._begun = pool.begun
            if self.first is None:
                self.first, self._begun_before = self.statistics, self._begun
            show()
            await asyncio.sleep(_STATISTICS_SECONDS)

    @property
    def counters(self) -> Statistics | None:
        """What the statistics counted since this was opened, without what looking itself rolled back."""
        if self.first is None or self.statistics is None:
            return None
        since = self.statistics.since(self.first)
        return replace(since, rolled_back=max(0, since.rolled_back - (self._begun - self._begun_before)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator must know of the count."""
        from fkdash.watch.notes import notes_of  # loaded when it is wanted

        if self.reading is None:
            return ()
        skipped = self.log.skipped if self.log is not None else 0
        passed = (f"Of long logs the last {MOST_BYTES // 1024**2} MB are read; fkdash watch reads all.",)
        spelled = self.spelling.notes if self.spelling is not None else ()
        return (*(passed if skipped else ()), *notes_of(self.reading, spelled))
