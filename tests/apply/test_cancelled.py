"""Whoever cancels, whenever and however often: the last word is what the database says, and the journal says it too."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from fkdash.apply.change import Change, carry_out, look, wanted
from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.recovery import RecordedRun, recorded_run, remaining, undo_plan, unfinished
from fkdash.apply.run.patience import Wishes
from tests.apply.test_faults import MOMENTS, gated
from tests.support.changes import IMPATIENT, Workbench, workbench
from tests.support.forked import Running
from tests.support.gate import Moment, gate
from tests.support.program import ended as ended_process
from tests.support.program import start
from tests.support.servers import TestDatabase
from tests.support.terminal import terminal

# What PostgreSQL does when a statement is cancelled is alike on all.
pytestmark = pytest.mark.newest_version

_KEY = "select confdeltype::text, convalidated from pg_constraint where conname = 'ck' and contype = 'f'"


@dataclass(frozen=True)
class Said:
    """What was said of a run's end, by whichever face."""

    outcome: str
    message: str
    next_step: str
    steps_done: tuple[int, ...]
    code: int


def said_by(ended: RunEnded) -> Said:
    return Said(ended.outcome, ended.message, ended.next_step, ended.steps_done, ended.exit_code)


async def is_the_truth(database: TestDatabase, said: Said, journal: Path, wanted_now: str, before: str) -> None:
    """Compare what was said with the journal and with the catalog."""
    recorded = recorded_run(journal)
    assert (recorded.outcome, recorded.message, recorded.steps_done) == (
        said.outcome,
        said.message,
        said.steps_done,
    )
    action, validated = (await database.fetch(_KEY))[0]
    if not said.steps_done:
        assert (action, validated) == (before, True), said
        assert (said.code, "Nothing was changed" in said.next_step) == (4, True), said
        return
    assert "Nothing was changed" not in said.next_step
    assert (action, validated) == (wanted_now, len(said.steps_done) == 3), said
    assert said.code == (0 if said.outcome == RunOutcome.VERIFIED else 5), said
    assert said.outcome == RunOutcome.VERIFIED or "fix resume" in said.next_step, said


async def led_to_an_end(database: TestDatabase, folder: Path, recorded: RecordedRun, *, back: bool) -> None:
    async with workbench(database, folder) as bench:
        if recorded.outcome == RunOutcome.VERIFIED or not recorded.steps_done:
            return
        async with bench.pool.session() as session:
            way = (
                undo_plan(bench.catalog, recorded.plan)
                if back
                else await remaining(session, bench.catalog, recorded.plan)
            )
        over = await bench.carry_out(way, continues=recorded.path)
        assert over.outcome is RunOutcome.VERIFIED, over.message


def option_for(action: str) -> tuple[str, str]:
    return ("restrict", "r") if action == "a" else ("no-action", "a")


async def cancelled_at(bench: Workbench, option: str, arm: object) -> RunEnded:
    chosen = await bench.plan("ck", option)
    change = Change(bench.pool, bench.catalog, chosen, folder=bench.folder, patience=IMPATIENT, settling_seconds=5)
    looked = await look(change)
    task = asyncio.ensure_future(carry_out(change, looked, wanted(change), bench.events.append, Wishes()))
    assert callable(arm)
    arm(task)
    return await task


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_cancel_at_any_moment_is_never_said_to_have_changed_nothing_when_it_did(
    busy: TestDatabase, tmp_path: Path, times: int
) -> None:
    async with gated(busy, tmp_path) as (way, bench):
        for number, moment in enumerate(MOMENTS):
            before = (await busy.fetch(_KEY))[0][0]
            option, letter = option_for(before)

            def arm(task: asyncio.Future[RunEnded], moment: Moment = moment) -> None:
                async def fault() -> bool:
                    for nth in range(times):
                        # The first at once, others while the first is being dealt with.
                        asyncio.get_running_loop().call_later(0.004 * nth, task.cancel)
                    await asyncio.sleep(0)
                    return True

                way.arm(moment, fault)

            ended = await cancelled_at(bench, option, arm)
            assert way.happened, moment
            await is_the_truth(busy, said_by(ended), ended.journal, letter, before)
            await led_to_an_end(busy, tmp_path, recorded_run(ended.journal), back=number % 2 == 0)
    assert unfinished(tmp_path) == ()


_SIGNALS = {
    "ctrl+c twice": (signal.SIGINT, signal.SIGINT),
    "ctrl+c four times": (signal.SIGINT,) * 4,
    "SIGTERM": (signal.SIGTERM,),
    "SIGTERM twice": (signal.SIGTERM, signal.SIGTERM),
    "SIGHUP": (signal.SIGHUP,),
    "SIGHUP and SIGTERM": (signal.SIGHUP, signal.SIGTERM),
}


async def test_a_signal_at_any_moment_ends_a_command_with_what_the_database_says(
    busy: TestDatabase, tmp_path: Path
) -> None:
    runs = tmp_path / "fkdash" / "runs"
    for number, name in enumerate(_SIGNALS):
        # Of the moments those at which most can be said wrongly: what all of them lead to is tried at every one.
        moment = MOMENTS[4 + 2 * number - number % 2]
        before = (await busy.fetch(_KEY))[0][0]
        option, letter = option_for(before)
        there = set(runs.glob("*.jsonl"))
        with tempfile.TemporaryDirectory(prefix="fk-") as short:
            async with gate(busy, Path(short)) as way:
                apply = ("fix", "apply", "ck", "--option", option, "--yes", "--confirm", "ck", "--format", "json")
                process = await start(*apply, way.dsn, state=tmp_path)

                async def fault(process: Running = process, name: str = name) -> bool:
                    for each in _SIGNALS[name]:
                        process.send_signal(each)
                        # Two that come at once are one to the kernel.
                        await asyncio.sleep(0.02)
                    return True

                way.arm(moment, fault)
                result = await ended_process(process)
        assert way.happened, moment
        assert "Traceback" not in result.err, result.err
        document = json.loads(result.out)
        done = tuple(step["n"] for step in document["steps"] if step["done"])
        said = Said(document["outcome"], document["message"], document["next_step"], done, result.code)
        (journal,) = set(runs.glob("*.jsonl")) - there
        await is_the_truth(busy, said, journal, letter, before)
        await led_to_an_end(busy, runs, recorded_run(journal), back=number % 2 == 0)
    assert unfinished(runs) == ()


@pytest.mark.long
async def test_closing_the_terminal_at_any_moment_leaves_the_truth_in_the_journal(
    busy: TestDatabase, tmp_path: Path
) -> None:
    runs = tmp_path / "fkdash" / "runs"
    for number, moment in enumerate(MOMENTS[6:14:2]):
        before = (await busy.fetch(_KEY))[0][0]
        option, letter = option_for(before)
        there = set(runs.glob("*.jsonl"))
        with tempfile.TemporaryDirectory(prefix="fk-") as short:
            async with gate(busy, Path(short)) as way:
                apply = [
                    "-m",
                    "fkdash",
                    "fix",
                    "apply",
                    "ck",
                    "--option",
                    option,
                    "--yes",
                    "--confirm",
                    "ck",
                    way.dsn,
                ]
                with terminal(apply, environment={"XDG_STATE_HOME": str(tmp_path)}) as running:

                    async def fault() -> bool:
                        running.hang_up()
                        await asyncio.sleep(0.05)
                        return True

                    way.arm(moment, fault)
                    while not running.hung_up:
                        running.read_for(0.005)
                        await asyncio.sleep(0)
                    code = await asyncio.to_thread(running.process.wait, 20)
        assert way.happened, moment
        (journal,) = set(runs.glob("*.jsonl")) - there
        recorded = recorded_run(journal)
        assert recorded.outcome is not None
        next_step = "Nothing was changed" if not recorded.steps_done else "fix resume"
        said = Said(recorded.outcome, recorded.message, next_step, recorded.steps_done, code)
        await is_the_truth(busy, said, journal, letter, before)
        await led_to_an_end(busy, runs, recorded, back=number % 2 == 0)
    assert unfinished(runs) == ()


async def test_cancelling_an_undo_that_gives_rows_back_says_how_many_are_back(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table p (id int primary key); insert into p select generate_series(1, 20);"
        "create table c (id int primary key, p_id int, constraint ck foreign key (p_id) references p);"
        "alter table c disable trigger all; insert into c select g, 1000 + g from generate_series(1, 2500) g;"
        "alter table c enable trigger all"
    )
    async with gated(database, tmp_path) as (way, bench):
        repaired = await bench.apply("ck", "delete-orphans")
        assert repaired.outcome is RunOutcome.VERIFIED, repaired.message
        await bench.look()
        back = undo_plan(bench.catalog, recorded_run(repaired.journal).plan)
        change = Change(
            bench.pool, bench.catalog, back, folder=tmp_path, patience=IMPATIENT, continues=repaired.journal
        )
        looked = await look(change)
        task = asyncio.ensure_future(carry_out(change, looked, wanted(change), bench.events.append, Wishes()))

        async def fault() -> bool:
            task.cancel()
            asyncio.get_running_loop().call_later(0.005, task.cancel)
            return True

        way.arm(Moment(b"COMMIT\x00", 3), fault)
        ended = await task
    back_now = await database.value("select count(*) from c")
    assert 0 < back_now < 2500
    assert ended.exit_code == 5
    assert f"{back_now:,} rows are changed so far" in ended.message
    assert recorded_run(ended.journal).message == ended.message
