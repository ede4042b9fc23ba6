"""What the dashboard says of a run: cancelled by key at any moment, and on the status line only as long as it is true."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.records import recorded_run, unfinished
from tests.support.gate import Moment, gate
from tests.support.patience import in_time
from tests.support.servers import TestDatabase
from tests.support.terminal import Terminal, terminal
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import NAME, PLAIN, Walk, state_of

pytestmark = pytest.mark.usefixtures("state")

_VALIDATED = "select convalidated from pg_constraint where conname = $1"
_CANCELLED = {
    "c, before the first COMMIT": (("c",), Moment(b"COMMIT\x00", 1)),
    "ctrl+c twice, after the first COMMIT": (("ctrl+c", "ctrl+c"), Moment(b"COMMIT\x00", 1, answered=True)),
    "c twice, before the rows are checked": (("c", "c"), Moment(b"VALIDATE CONSTRAINT", 1)),
    "ctrl+c, after the last COMMIT": (("ctrl+c",), Moment(b"COMMIT\x00", 2, answered=True)),
}


async def press_all(session: Session, keys: tuple[str, ...]) -> None:
    for key in keys:
        await session.press(key)


@pytest.mark.parametrize("when", _CANCELLED)
async def test_a_run_cancelled_by_key_ends_with_what_the_database_says(
    incident_database: TestDatabase, when: str
) -> None:
    keys, moment = _CANCELLED[when]
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(incident_database, Path(short)) as way, dashboard(way.dsn, options=PLAIN) as session:
            walk = Walk(session)
            await walk.to_plan()
            pressing: list[asyncio.Task[None]] = []

            async def fault() -> bool:
                pressing.append(asyncio.create_task(press_all(session, keys)))
                async with asyncio.timeout(in_time(20)):
                    while not session.app.applying.cancelled:
                        await session.pilot.pause(0.01)
                return True

            way.arm(moment, fault)
            await walk.confirm(NAME)
            await session.until(lambda: session.app.applying.ended is not None)
            ended = session.app.applying.ended
            assert ended is not None
            await asyncio.gather(*pressing)
            assert way.happened
            await session.until_shown(ended.message.split(".")[0].split(",")[0][:40])
    action, _ = await state_of(incident_database)
    validated = await incident_database.value(_VALIDATED, NAME)
    done = len(ended.steps_done)
    assert (action, validated) == {0: ("n", True), 1: ("a", False), 2: ("a", True)}[done], ended
    assert ("Nothing was changed" in ended.next_step) == (done == 0)
    assert ended.exit_code == (4 if not done else 5)
    recorded = recorded_run(ended.journal)
    assert (recorded.outcome, recorded.message, recorded.steps_done) == (
        ended.outcome,
        ended.message,
        ended.steps_done,
    )


_HUNG_UP = {
    "before the first COMMIT": Moment(b"COMMIT\x00", 1),
    "after the first COMMIT": Moment(b"COMMIT\x00", 1, answered=True),
    "before the rows are checked": Moment(b"VALIDATE CONSTRAINT", 1),
    "after the last COMMIT": Moment(b"COMMIT\x00", 2, answered=True),
    "while deletes are tried out": Moment(b"create function pg_temp.", 2),
}


@pytest.mark.parametrize("when", _HUNG_UP)
async def test_closing_the_terminal_of_the_dashboard_during_a_run_leaves_the_truth_in_the_journal(
    incident_database: TestDatabase, tmp_path: Path, when: str
) -> None:
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(incident_database, Path(short)) as way:
            own = {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
            with terminal(["-m", "fkdash", way.dsn], environment=own) as running:
                await asyncio.to_thread(to_confirmation, running)

                async def fault() -> bool:
                    running.hang_up()
                    await asyncio.sleep(0.05)
                    return True

                way.arm(_HUNG_UP[when], fault)
                running.send(b"\r")
                async with asyncio.timeout(in_time(20)):
                    while not running.hung_up:
                        running.read_for(0.005)
                        await asyncio.sleep(0)
                code = await asyncio.to_thread(running.process.wait, 20)
    assert code in {4, 5, 128 + signal.SIGHUP}
    (journal,) = (tmp_path / "fkdash" / "runs").glob("*.jsonl")
    recorded = recorded_run(journal)
    assert recorded.outcome is not None, recorded
    action, _ = await state_of(incident_database)
    validated = await incident_database.value(_VALIDATED, NAME)
    done = len(recorded.steps_done)
    assert (action, validated) == {0: ("n", True), 1: ("a", False), 2: ("a", True)}[done], recorded
    assert (recorded.outcome == RunOutcome.ROLLED_BACK) == (done == 0), recorded
    assert (unfinished(journal.parent) != ()) == (done > 0 and recorded.outcome != RunOutcome.VERIFIED)
    assert not list((tmp_path / "fkdash").glob("fault*"))


def to_confirmation(running: Terminal) -> None:
    """Go, by keys, to where one more enter begins the run."""
    running.read_until("BITES 412")
    running.read_quiet()
    for keys, then in ((b"f", "stay blocked"), (b"\r", "a apply"), (b"a", "Type the constraint's name")):
        running.send(keys)
        running.read_until(then)
    running.read_quiet(0.1)
    running.send(NAME.encode())
    running.read_until("ARMED")
    running.send(b"\r\x1b[C")
    running.read_quiet(0.2)


async def test_what_is_said_of_a_run_leaves_the_status_line_with_it(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        holder = await asyncpg.connect(incident_database.dsn)
        try:
            await holder.execute("begin; select count(*) from users")
            await walk.confirm(NAME)
            await session.until_shown("no lock on try 1")
            await session.press("q")
            await session.until_shown("A change is going on")
        finally:
            await holder.close()
        assert await walk.to_end() is RunOutcome.VERIFIED
        assert "A change is going on" not in session.screen
        await session.press("ctrl+c")
        await session.until_shown("Nothing is running")
        await session.press("j")
        assert "Nothing is running" not in session.screen
        await session.press("ctrl+c")
        await session.until_shown("Nothing is running")
        await session.press("escape")
        await session.until(lambda: "Nothing is running" not in session.screen)
