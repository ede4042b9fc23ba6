"""A watch that goes on inside a test, whose counts it can wait for: when a look comes is nobody's business."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.db.pool import ReadPool
from fkdash.watch.classify import Classifier
from fkdash.watch.clock import Clock
from fkdash.watch.counts import Counted, Counts
from fkdash.watch.log_files import LogFiles
from fkdash.watch.reading import Reading
from fkdash.watch.server_log import ServerLog, read_spelling
from fkdash.watch.watching import Ending, FromFiles, FromServer, Source, watch
from tests.support.targets import target_at
from tests.watch.provoking import Expected

SECONDS = 100.0


@dataclass
class Followed:
    """What a watch has counted so far, and what it was told of the server."""

    counts: Counts
    heard: list[str] = field(default_factory=list)
    so_far: Counter[Expected] = field(default_factory=Counter)
    task: asyncio.Task[None] | None = None

    def take(self, minutes: Iterable[Counted]) -> None:
        """Add up what was given."""
        for each in minutes:
            what = each.what
            where = ("", "") if what.constraint else (what.table, what.column)
            self.so_far[Expected(what.constraint or None, what.sqlstate, *where)] += each.count

    async def counted(self, last: Expected, times: int = 1) -> Counter[Expected]:
        """Give what was counted once `last` was so often: errors are counted in the order in which they were logged."""
        async with asyncio.timeout(SECONDS):
            while self.so_far[last] < times:
                assert self.task is not None
                assert not self.task.done(), self.task.result()
                await asyncio.sleep(0.01)
                self.take(self.counts.finished())
        return self.so_far


@asynccontextmanager
async def followed(dsn: str, folder: Path | None = None) -> AsyncIterator[Followed]:
    """Watch from now on: the files of a folder, or the server's log over SQL."""
    pool = await ReadPool.open(target_at(dsn))
    heard: list[str] = []
    try:
        catalog = await read_whole_catalog(pool)
        assert catalog.server is not None
        spelling = await read_spelling(pool)
        source: Source
        if folder is not None:
            source = FromFiles(LogFiles(folder, from_end=True))
        else:
            log = ServerLog(pool, from_end=True)
            await log.open()
            source = FromServer(log, heard.append)
        counts = Counts(database=catalog.server.database)
        reading = Reading(Classifier(catalog), counts, Clock(spelling.zone), spelling.prefix)
        made = Followed(counts, heard)
        made.task = asyncio.create_task(watch(reading, source, Ending(), made.take))
        try:
            yield made
        finally:
            made.task.cancel()
            await asyncio.gather(made.task, return_exceptions=True)
    finally:
        await pool.close()
