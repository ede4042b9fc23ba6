"""Whatever happens at whatever moment: what was said, what the journal says and what the catalog says are the same.

A machine of runs, each met by one fault or two at random moments on its way to a real server, and of what leads on
or back from there. `python -m tests.apply.truth --examples N` tries N of them on each version under test, other ones
every time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from fkdash.apply.change import Change, carry_out, look, wanted
from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.recovery import RecordedRun, recorded_run, remaining, undo_plan, unfinished
from fkdash.apply.proof.preflight import may_start
from fkdash.apply.run.ending import NOT_KEPT
from fkdash.apply.run.patience import Patience, Wishes
from fkdash.catalog.model import Catalog
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import FkdashError
from fkdash.fix.fix_for import subject_of
from fkdash.fix.plan import Pace, Plan
from fkdash.fix.planner import plan
from fkdash.fix.statements.definition import definition
from tests.apply.truth_faults import NO_TROUBLE, READ_ONLY_FOLDER, Run, read_only_folder, trouble
from tests.apply.truth_onlooker import Onlooker, Seen
from tests.apply.truth_tally import Tally
from tests.support.disks import Disk, disk
from tests.support.failover import FailingServer, failing_server
from tests.support.gate import Gate, gated_socket
from tests.support.servers import versions_under_test

_One = TypeVar("_One")
_IMPATIENT = Patience(3, 0.01, 0.03)
_UNHINDERED = Patience(50, 0.01, 0.2)
_SETTLING_SECONDS = 1.0
_LONGEST_SECONDS = 200.0
_DISK = "8m"
_PACE = Pace(batch_rows=30, pause_ms=0)
_SCHEMA = """
set client_min_messages = error;
drop table if exists children, parents cascade; drop table if exists {kept};
create table parents (id int primary key);
create table children (id int primary key, parent_id int, needed int not null default 1,
  constraint ck foreign key (parent_id) references parents (id),
  constraint nk foreign key (needed) references parents (id) on delete set null);
insert into parents select generate_series(1, 20);
insert into children select g, 1 + g % 20, 1 + g % 20 from generate_series(1, 300) g;
comment on constraint ck on children is 'kept';
"""
_ORPHANS = """
alter table children drop constraint ck;
insert into children select g, 100 + g, 1 from generate_series(1000, 1100) g;
alter table children add constraint ck foreign key (parent_id) references parents (id) not valid;
comment on constraint ck on children is 'kept';
"""
_PLANS = {
    "restrict": ("ck", "restrict", False),
    "beside": ("ck", "cascade", True),
    "index": ("ck", "create-index", False),
    "null": ("nk", "drop-not-null", False),
    "both": ("ck", "set-null", False),
    "repair": ("ck", "delete-orphans", False),
    "empty": ("ck", "null-orphans", False),
}


class Truth(RuleBasedStateMachine):
    """One change with what happens to it, and to what leads on or back from there."""

    def __init__(self, server: FailingServer, tally: Tally, room: Path, disk_of_it: Disk | None) -> None:
        super().__init__()
        self.server = server
        self.tally = tally
        self.disk = disk_of_it
        self.onlooker = Onlooker(server)
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="truth-", dir=room))
        self.key = ""
        self.meddled = False
        self.journals: list[Path] = []
        self.told: list[str] = []

    def wait(self, work: Coroutine[Any, Any, _One]) -> _One:
        async def bounded() -> _One:
            task = asyncio.ensure_future(work)
            done, _ = await asyncio.wait({task}, timeout=_LONGEST_SECONDS)
            if not done:
                for each in asyncio.all_tasks():
                    each.print_stack()
                raise AssertionError("it comes to no end")
            return task.result()

        try:
            return self.runner.run(bounded())
        except BaseException as error:
            error.add_note("\n".join(self.told))
            self.tally.failure = self.tally.failure or error
            raise

    @initialize(chance=st.integers(0, 2**64 - 1))
    def begin(self, chance: int) -> None:
        if self.tally.is_over:
            return
        self.tally.examples += 1
        self.wait(self._begin(self._drawn(chance)))

    def _drawn(self, chance: int) -> random.Random:
        # Each fault and each plan as likely as the next, which is not what Hypothesis draws.
        return random.Random(f"{chance} {self.tally.part} {self.tally.examples} {self.tally.runs}")

    async def _begin(self, drawn: random.Random) -> None:
        self.key, self.option, self.careful = drawn.choice(sorted(_PLANS.values()))
        self.meddled = False
        self.journals = []
        for each in self.folder.iterdir():
            each.unlink()
        kept = ", ".join(["nothing", *await self.onlooker.kept()])
        repairs = self.option.endswith("orphans")
        await self.onlooker.script(_SCHEMA.format(kept=kept) + (_ORPHANS if repairs else ""))
        self.first = await self.onlooker.seen()

    @rule(chance=st.integers(0, 2**64 - 1))
    def run(self, chance: int) -> None:
        if not self.tally.is_over:
            self.wait(self._next_run(self._drawn(chance)))

    def teardown(self) -> None:
        try:
            if self.key:
                self.wait(self._to_an_end())
            self.runner.run(self.onlooker.close())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)

    async def _next_run(self, drawn: random.Random) -> None:
        """Run what leads on or back; where somebody made that impossible, begin with another change."""
        ways = ["on", "back"]
        drawn.shuffle(ways)
        for way in ways:
            if await self._run(way, drawn):
                return
        last = self._last_done()
        assert self.meddled or (last is not None and not last.plan.undo), "nothing leads on or back"
        await self._begin(drawn)
        await self._run("on", drawn)

    async def _run(self, way: str, drawn: random.Random | None) -> bool:
        """Run one way, met by what is drawn, if anything is; False where there is nothing to run."""
        with tempfile.TemporaryDirectory(prefix="fk-") as short:
            async with gated_socket(self.server.socket, Path(short), "postgres") as gate:
                pool = await ReadPool.open(resolve(ConnectionArguments(dsn=gate.dsn), {}))
                try:
                    change = await self._next(pool, way)
                    return change is not None and await self._met_by(change, gate, drawn)
                finally:
                    await pool.close()

    async def _next(self, pool: ReadPool, way: str) -> Change | None:
        """Give what an operator would do next, as the commands do it: `on` or `back`."""
        async with pool.session() as session:
            catalog = await read_catalog(session)
            left = unfinished(self.folder)
            try:
                if left:
                    chosen = (
                        await remaining(session, catalog, left[0].plan)
                        if way == "on"
                        else undo_plan(catalog, left[0].plan)
                    )
                    return self._change(pool, catalog, chosen, left[0].path)
                if way == "back":
                    done = self._last_done()
                    if done is None or not done.plan.undo:
                        return None
                    return self._change(pool, catalog, undo_plan(catalog, done.plan), done.path)
                key = next(each for each in catalog.foreign_keys if each.name == self.key)
                subject = subject_of(catalog, key, self.option)
                pace = _PACE if self.option.endswith("orphans") else None
                chosen = plan(catalog, subject, self.option, keep_validated=self.careful, pace=pace)
            except (FkdashError, StopIteration) as error:
                self.told.append(f"not planned: {error}")
                return None
        return self._change(pool, catalog, chosen, None)

    def _last_done(self) -> RecordedRun | None:
        """Give the last run that changed anything, if it is through."""
        for path in reversed(self.journals):
            run = recorded_run(path) if path.stat().st_size else None
            if run is not None and run.outcome == RunOutcome.VERIFIED:
                return run
            if run is not None and run.changed and run.outcome != RunOutcome.ROLLED_BACK:
                return None
        return None

    def _change(self, pool: ReadPool, catalog: Catalog, chosen: Plan, continues: Path | None) -> Change:
        return Change(
            pool, catalog, chosen, folder=self.folder, patience=_IMPATIENT, continues=continues,
            settling_seconds=_SETTLING_SECONDS,
        )  # fmt: skip

    async def _met_by(self, change: Change, gate: Gate, drawn: random.Random | None) -> bool:
        kind = change.plan.option, len(change.plan.steps)
        met = NO_TROUBLE if drawn is None else trouble(change.plan, drawn, self.tally.sent_by(kind))
        if drawn is None:
            change = replace(change, patience=_UNHINDERED)
        looked = await look(change)
        if not may_start(looked):
            self.told.append(f"not started: {[line.what for line in looked if line.standing == 'stop']}")
            return False
        before = await self.onlooker.seen()
        so_before = await self.onlooker.in_effect(change.plan)
        run = Run(change.plan, gate, self.server, self.disk, so_before=so_before)
        self.tally.runs += 1
        if met.fault == READ_ONLY_FOLDER and self.disk is None:
            change = replace(change, folder=read_only_folder(self.folder))
        task = asyncio.ensure_future(carry_out(change, looked, wanted(change), run.heard, Wishes()))
        run.task = task
        ended: RunEnded | None = None
        async with met.around(run):
            try:
                ended = await task
            except FkdashError as error:
                self.told.append(f"not begun: {error}")
        if drawn is None:
            self.tally.messages[kind] = gate.sent
        self.tally.faults.update(fault for fault, _ in run.happened)
        self.meddled |= run.meddled
        self.told.append(f"{change.plan.option} met {met}: {run.happened}: {ended}")
        after = await self.onlooker.seen()
        if run.journal is None or not run.journal.exists():
            assert after == before or run.meddled, (before, after)
            return True
        self.journals.append(run.journal)
        if run.killed:
            run.forget_what_came_after()
            ended = None
        await self._agree(change.plan, run, ended, before, after)
        return True

    async def _agree(
        self,
        chosen: Plan,
        run: Run,
        ended: RunEnded | None,
        before: Seen,
        after: Seen,
    ) -> None:
        assert run.journal is not None
        recorded = recorded_run(run.journal) if run.journal.stat().st_size else None
        changed = after != before and not run.meddled
        if changed and not run.failed_over:
            assert recorded is not None
            assert recorded.changed, (before, after)
        if not chosen.writes_rows:
            assert after.rows == before.rows or run.failed_over
        if ended is None:
            return
        known = "could not be found out" not in ended.message
        if recorded is not None and recorded.outcome is not None:
            assert (recorded.outcome, recorded.message, recorded.steps_done) == (
                ended.outcome, ended.message, ended.steps_done,
            )  # fmt: skip
        else:
            assert run.no_room, recorded
            assert NOT_KEPT in ended.message, ended
        in_effect = await self.onlooker.in_effect(chosen)
        if known:
            # Somebody may have changed it after it was looked at; and what was so before is not a run's doing.
            was_so = not ended.steps_done and not changed and in_effect == run.so_before
            assert ended.steps_done == in_effect or was_so or run.meddled, (ended, in_effect)
        if "Nothing was changed" in ended.next_step:
            assert not changed, (before, after)
            assert ended.exit_code in {1, 3, 4}
        elif ended.outcome is RunOutcome.VERIFIED:
            assert ended.exit_code == 0
            assert len(in_effect) == len(chosen.steps) or run.meddled
            assert all(each.ok is not False for each in ended.verification)
        else:
            assert ended.exit_code in {1, 5}, ended
            if known and ended.exit_code == 1:
                assert len(in_effect) == len(chosen.steps) or run.meddled
        if known:
            await self.onlooker.require_nothing_held()

    async def _to_an_end(self) -> None:
        """Lead what was left halfway to its end, and a change that is through back: rows equal, the key as promised."""
        for way in ("on", "back"):
            left = unfinished(self.folder)
            done = self._last_done()
            if not left and (way == "on" or done is None):
                continue
            ran = await self._run(way, None)
            if self.meddled:
                return
            if not ran:
                assert not left
                assert done is not None
                assert not done.plan.undo, "what is said to lead back does not"
                continue
            latest = recorded_run(self.journals[-1])
            assert latest.outcome == RunOutcome.VERIFIED, (latest.message, latest.verification)
            await self._is_as_promised(latest)
        assert self.meddled or unfinished(self.folder) == ()

    async def _is_as_promised(self, run: RecordedRun) -> None:
        assert (await self.onlooker.seen()).rows == self.first.rows
        goal = run.plan.goal
        pool = await ReadPool.open(resolve(ConnectionArguments(dsn=self.server.dsn("postgres")), {}))
        try:
            async with pool.session() as session:
                catalog = await read_catalog(session)
        finally:
            await pool.close()
        (key,) = [each for each in catalog.foreign_keys if each.name == self.key]
        assert (definition(key), key.comment) == (definition(goal.key), goal.key.comment)
        assert [each.name for each in catalog.foreign_keys if each.name.startswith("fkdash_")] == []
        assert all(not catalog.tables[table].columns_by_name[column].not_null for table, column in goal.nullable)


def try_out(server: FailingServer, tally: Tally, examples: int, steps: int, *, alike: bool = False) -> Tally:
    """Try so many machines of up to `steps` runs each, the same ones if `alike`, until enough happened for the tally.

    Raises the first untruth.
    """
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, derandomize=alike, deadline=None, database=None,
        print_blob=not alike,
        # A shorter one says no more than what was noted of each run, and what happens is never twice the same.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    room = Path(tempfile.mkdtemp(prefix="fk-truth-"))
    try:
        with disk(room, _DISK) as mounted:

            class OnThisServer(Truth):
                def __init__(self) -> None:
                    super().__init__(server, tally, room, mounted)

            try:
                run_state_machine_as_test(OnThisServer, settings=chosen)
            except Exception:
                # Hypothesis tries again what failed, and what happens is never twice the same: the first time counts.
                if tally.failure is None:
                    raise
    finally:
        room.rmdir()
    if tally.failure is not None:
        raise tally.failure
    return tally


def main(arguments: list[str] | None = None) -> None:
    """Try many on every version under test."""
    parser = argparse.ArgumentParser(prog="python -m tests.apply.truth", description=__doc__)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=8, help="runs in each (default: %(default)s)")
    given = parser.parse_args(arguments)
    for version in versions_under_test():
        with failing_server(version) as server:
            tally = try_out(server, Tally(), given.examples, given.steps)
        sys.stdout.write(f"PostgreSQL {version}: {tally}\n")


if __name__ == "__main__":
    main()
