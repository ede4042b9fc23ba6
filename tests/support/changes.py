"""Plans and runs on a test database, as an operator's commands make them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fkdash.apply.events import Event, RunEnded, RunOutcome
from fkdash.apply.journal.journal import Journal
from fkdash.apply.journal.recovery import recorded_run, undo_plan
from fkdash.apply.proof.preflight import PreflightLine, may_start, preflight
from fkdash.apply.run.run import Patience, Run, Wishes
from fkdash.catalog.model import Catalog, ForeignKey
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.writing import open_writer
from fkdash.fix.fix_for import subject_of
from fkdash.fix.plan import Pace, Plan
from fkdash.fix.planner import plan
from tests.support.servers import TestDatabase

IMPATIENT = Patience(4, 0.02, 0.05)


@dataclass
class Workbench:
    """A database as fkdash sees it; `catalog` is what `look` read last."""

    database: TestDatabase
    pool: ReadPool
    folder: Path
    catalog: Catalog = field(default_factory=lambda: Catalog(tables={}, foreign_keys=()))
    events: list[Event] = field(default_factory=list)
    patience: Patience = IMPATIENT

    async def look(self) -> Catalog:
        async with self.pool.session() as session:
            self.catalog = await read_catalog(session)
        return self.catalog

    def key(self, name: str) -> ForeignKey:
        return next(key for key in self.catalog.foreign_keys if key.name == name)

    async def plan(
        self,
        name: str,
        option: str,
        *,
        keep_validated: bool = False,
        words: Sequence[str] = (),
        pace: Pace | None = None,
        of: Sequence[str] = (),
    ) -> Plan:
        await self.look()
        subject = subject_of(self.catalog, self.key(name), option)
        return plan(self.catalog, subject, option, keep_validated=keep_validated, words=words, pace=pace, of=of)

    async def preflight(self, chosen: Plan) -> tuple[PreflightLine, ...]:
        async with open_writer(self.pool.target) as writer:
            return await preflight(self.pool, writer, self.catalog, chosen, seconds=10)

    async def carry_out(
        self, chosen: Plan, *, continues: Path | None = None, wishes: Wishes | None = None, look_first: bool = True
    ) -> RunEnded:
        with Journal.create(chosen.key.qualified, folder=self.folder) as journal:
            async with open_writer(self.pool.target) as writer:
                if look_first:
                    lines = await preflight(self.pool, writer, self.catalog, chosen, seconds=10)
                    assert may_start(lines), lines
                run = Run(
                    writer,
                    self.pool,
                    self.catalog,
                    chosen,
                    journal,
                    self.events.append,
                    wishes=wishes or Wishes(),
                    patience=self.patience,
                    continues=continues,
                )
                return await run.carry_out()

    async def apply(
        self,
        name: str,
        option: str,
        *,
        keep_validated: bool = False,
        words: Sequence[str] = (),
        look_first: bool = True,
    ) -> RunEnded:
        chosen = await self.plan(name, option, keep_validated=keep_validated, words=words)
        return await self.carry_out(chosen, look_first=look_first)

    async def apply_of(
        self, name: str, option: str, *, of: Sequence[str], words: Sequence[str] = (), look_first: bool = True
    ) -> RunEnded:
        """Carry out an option about the rows that refer to `of`."""
        return await self.carry_out(await self.plan(name, option, words=words, of=of), look_first=look_first)

    async def undo(self, ended: RunEnded) -> RunEnded:
        """Lead back from a run, as `fkdash fix undo` does."""
        await self.look()
        back = undo_plan(self.catalog, recorded_run(ended.journal).plan)
        return await self.carry_out(back, continues=ended.journal)


def good(ended: RunEnded) -> None:
    """Say that a run did all it promised, with nothing found otherwise."""
    assert ended.outcome is RunOutcome.VERIFIED, (ended.message, ended.verification)
    assert ended.exit_code == 0
    assert all(each.ok is not False for each in ended.verification)


@asynccontextmanager
async def owner_of(database: TestDatabase, *tables: str) -> AsyncIterator[str]:
    """Make a role that owns these tables and nothing else; gives the way to connect as it."""
    role = f"plain_{database.name}"
    await database.execute(f"create role {role} login")
    for table in tables:
        await database.execute(f"alter table {table} owner to {role}")
    try:
        yield database.dsn.replace("postgres@", f"{role}@")
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


@asynccontextmanager
async def workbench(database: TestDatabase, folder: Path, *, dsn: str | None = None) -> AsyncIterator[Workbench]:
    """Open a database for plans and runs; `dsn` is another way to it than its own."""
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=dsn or database.dsn), {}))
    try:
        bench = Workbench(database, pool, folder)
        await bench.look()
        yield bench
    finally:
        await pool.close()
