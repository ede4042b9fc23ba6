"""Every screen at three sizes is what it was when somebody last looked at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import quote, unquote

import asyncpg
import pytest
from textual import events

from fkdash.tui.app import DashboardApp
from fkdash.tui.known_databases import KnownDatabases
from fkdash.tui.screens.fix.confirm import FixConfirmScreen
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.patience import patient
from tests.support.servers import TestDatabase, TestServer
from tests.tui.snapshots import difference, snapshot
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.test_databases import NOBODY, WARNED, destination
from tests.tui.test_layouts import well_laid_out
from tests.tui.walk import NAME

SIZES = [(80, 24), (120, 40), (200, 50)]
pytestmark = [
    pytest.mark.minimum_version(18),
    pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}"),
]
SECONDS_FOR_AN_ANSWER = 120.0
PRODUCTION = DashboardOptions(environment="production")
ERROR = 'ERROR:  null value in column "primary_workspace_id" of relation "users" violates not-null constraint'


@asynccontextmanager
async def administering(server: TestServer) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(server.dsn)
    try:
        yield connection
    finally:
        await connection.close()


class Album:
    """Takes a snapshot once nothing moves any more, and in the end says what is not as it was."""

    def __init__(self, session: Session, size: tuple[int, int]) -> None:
        self.session, self.size = session, size
        self.differences: list[str] = []

    async def take(self, name: str, *wanted: str) -> None:
        session = self.session
        await session.until_shown(*wanted)
        # What is read when the cursor rests begins after what was read before, and shows itself in turn.
        for _ in range(4):
            await session.app.workers.wait_for_complete()
            await session.pilot.pause()
        if name != "help":  # which names no help
            well_laid_out(session, self.size)
        self.differences.append(difference(name, self.size, snapshot(session.app)))

    async def paste(self, text: str) -> None:
        self.session.app.screen.post_message(events.Paste(text))
        await self.session.pilot.pause()

    def close(self) -> None:
        differing = [each for each in self.differences if each]
        assert not differing, "\n\n".join(
            ["python -m tests.tui.snapshots keeps what is shown now; read the difference first.", *differing]
        )


def _runs() -> Path:
    return Path(f"/tmp/fkdash-pid-{os.getpid():07d}")


def _by_a_steady_path(dsn: str) -> str:
    """Give a URI of the same database whose socket is in a folder that is called the same everywhere."""
    socket = _runs() / "socket"
    before, _, folder = dsn.partition("?host=")
    if not socket.exists():
        socket.symlink_to(unquote(folder))
    return f"{before}?host={quote(str(socket), safe='')}"


@pytest.fixture(autouse=True)
def _the_same_every_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    ticks = count()
    runs = _runs()
    runs.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with (
        patch("fkdash.apply.journal.journal.datetime", wraps=datetime) as moments,
        patch("fkdash.apply.run.run.time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.004)),
        patch("fkdash.apply.journal.journal.getpass", SimpleNamespace(getuser=lambda: "anna")),
        patch("fkdash.apply.journal.journal.runs_folder", return_value=runs),
        patch("fkdash.apply.journal.records.runs_folder", return_value=runs),
        patch("fkdash.tui.screens.findings.constraints._REST_SECONDS", 0.001),
        patient(SECONDS_FOR_AN_ANSWER),
    ):
        moments.now.return_value = datetime(2026, 3, 1, 3, tzinfo=UTC)
        yield
    shutil.rmtree(runs)


@pytest.fixture
async def app_dsn(server: TestServer, incident_database: TestDatabase) -> AsyncIterator[str]:
    """The incident in a database that is called the same every time."""
    del incident_database  # the template is what is wanted of it
    async with administering(server) as connection:
        await connection.execute("CREATE DATABASE app TEMPLATE incident")
        yield server.dsn_of("app")
        await connection.execute("DROP DATABASE app WITH (FORCE)")


async def test_looking(app_dsn: str, size: tuple[int, int]) -> None:
    async with dashboard(app_dsn, size=size, options=PRODUCTION) as session:
        album = Album(session, size)
        await album.take("constraints", "BITES 412")
        await session.press("slash", *"table:users")
        await album.take("constraints-filtering", "/table:users")
        await session.press("enter", "enter")
        await album.take("finding", "Evidence")
        await session.press("b")
        await album.take("blocked", "412 of 1,208", "1/100 read of 1,204")
        await session.press("enter", "j")
        await album.take("blocked-rows", "2/100 read of 1,204")
        await session.press("question_mark")
        await album.take("help", "These keys work")
        await session.press("escape", "p")
        await album.take("preview", "BLOCKS 1,204 rows")
        await session.press("w")
        await album.take("preview-what-if", "✗ RESTRICT")
        await session.press("m")
        await album.take("mark", "Mark this for the report?")
        await session.press("escape", "escape", "x")
        await album.take("explain-empty", "Paste it below")
        await album.paste(ERROR)
        await album.take("explain", "23502 comes from")
        await session.press("t")
        await album.take("relations", "17 foreign keys refer to users")
        await session.press("T", *"work")
        await album.take("tables", "Which table?", "/work")
        await session.press("escape", "P", *"workspaces", "enter")
        await album.take("preview-ask", "Rows of workspaces")
        await session.press("escape", "escape", "colon", *"preview")
        await album.take("commands", "/preview")
        album.close()


async def test_changing(app_dsn: str, size: tuple[int, int]) -> None:
    async with dashboard(app_dsn, size=size, options=PRODUCTION) as session:
        album = Album(session, size)
        await session.until_shown("BITES 412")
        await session.press("H")
        await album.take("history-empty", "There is no journal of a run yet.")
        await session.press("escape", "f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        options = session.app.screen
        assert isinstance(options, FixOptionsScreen)
        await session.until(lambda: any(row.counted for row in options.list.rows))
        # What it counts next is of options that are not looked at here.
        [counting] = session.app.workers.cancel_group(options, "what-if")
        await session.until(lambda: counting not in session.app.workers)
        options.status.done("what-if")
        await album.take("fix-options", "stay blocked", "What if")
        await session.press("enter")
        await album.take("fix-plan", "a apply")
        await session.press("a")
        await session.until(lambda: isinstance(session.app.screen, FixConfirmScreen))
        await album.take("fix-confirm", "Type the constraint's name")
        for name in (NAME, "app"):
            await album.paste(name)
            await session.press("enter")
        await album.take("fix-confirm-armed", "ARMED")
        await session.press("right", "enter")
        await album.take("fix-verified", "u undo")
        await session.press("H")
        await album.take("history", "1 run, none is left halfway")
        album.close()


async def test_several_databases(server: TestServer, app_dsn: str, size: tuple[int, int]) -> None:
    async with administering(server) as connection:
        await connection.execute("CREATE DATABASE shop")
        try:
            shop = await asyncpg.connect(server.dsn_of("shop"))
            await shop.execute(WARNED)
            await shop.close()
            start = KnownDatabases(
                (
                    destination("gone", NOBODY),
                    destination("shop", _by_a_steady_path(server.dsn_of("shop")), environment="staging"),
                    destination("prod", _by_a_steady_path(app_dsn), environment="production"),
                )
            )
            app = DashboardApp(start, options=DashboardOptions())
            async with app.run_test(size=size) as pilot:
                album = Album(Session(app, pilot), size)
                await album.take("databases", "2 contradictions in 1 of 3 databases; 1 could not")
                await pilot.press("j", "enter")
                await album.take("not-connected", "NOT CONNECTED", "R tries again")
                album.close()
        finally:
            await connection.execute("DROP DATABASE shop WITH (FORCE)")
