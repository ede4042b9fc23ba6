"""Makes the screenshots of every screen from the demo: `python -m tests.screenshots`; `--check` only compares.

They are the same on every run: the demo's rows are seeded, and moments and durations are fixed here. The moving
one is the walk from the first screen to "verified" as it was really gone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.parse import urlsplit

import asyncpg

from fkdash.demo.demonstration import incident_server
from tests.support.patience import patient

if TYPE_CHECKING:
    from textual.app import App

    from tests.svg import Screen

FOLDER = Path(__file__).parent.parent / "screenshots"
NAME = "users_primary_workspace_id_workspaces_id_fk"
SIZES = ((80, 24), (140, 40), (200, 50))
MOMENT = datetime(2026, 3, 1, 3, 0, 0, tzinfo=UTC)
ERROR = 'ERROR:  null value in column "primary_workspace_id" of relation "users" violates not-null constraint'
# The path is on the last screenshot, so it must be the same everywhere.
RUNS = Path(tempfile.gettempdir()) / "fkdash-screenshots"
_KEPT = "as_before"
MOVING = "incident.svg"
MOST_BYTES_MOVING = 300_000
SECONDS = 120.0

Take = Callable[[str], None]
Wait = Callable[..., Awaitable[None]]
Press = Callable[..., Awaitable[None]]
Walk = Callable[[Take, Press, Press, Wait], Awaitable[None]]


async def look_around(take: Take, press: Press, paste: Press, until: Wait) -> None:
    """See every screen that only looks."""
    await until("BITES 412", "more: b")
    take("constraints")
    await press("enter")
    await until("Evidence")
    take("finding")
    await press("b")
    await until("412 of 1,208", "1/100 read of 1,204")
    take("blocked")
    await press("p")
    await until("BLOCKS 1,204 rows")
    take("preview")
    await press("w")
    await until("✗ RESTRICT")
    take("preview-what-if")
    await press("escape", "escape", "escape", "t")
    await until("17 foreign keys refer to users")
    take("relations")
    await press("escape", "x")
    await until("Paste it below")
    await paste(ERROR)
    await until("23502 comes from")
    take("explain")
    await press("escape", "question_mark")
    await until("These keys work")
    take("help")


async def change(take: Take, press: Press, paste: Press, until: Wait) -> None:
    """Fix the incident."""
    await until("BITES 412", "more: b")
    await press("f")
    await until("stay blocked", "What if")
    take("fix-options")
    await press("enter")
    await until("a apply")
    take("fix-plan")
    await press("a")
    await until("Type the constraint's name")
    await paste(NAME)
    await until("ARMED")
    take("fix-confirm")
    await press("enter", "right", "enter")
    await until("u undo")
    take("fix-verified")
    await press("H")
    await until("none is left halfway")
    take("history")


async def incident(take: Take, press: Press, paste: Press, until: Wait) -> None:
    """The walk of the moving screenshot; each name is what is pressed to get there, with the seconds it stays."""
    await until("BITES 412", "more: b")
    take("5|fkdash demo      the first screen: 412 workspaces cannot be deleted")
    await press("b")
    await until("412 of 1,208", "1/100 read of 1,204")
    take("4|b      whom does it block?")
    await press("p")
    await until("BLOCKS 1,204 rows")
    take("4|p      what would the delete do?")
    await press("escape", "escape", "f")
    await until("stay blocked", "What if")
    take("4|f      what can be changed?")
    await press("down")
    await until("a NULL")
    take("3|j      another option")
    await press("up", "enter")
    await until("a apply")
    take("4|enter      the exact plan, its locks, its way back, and whether it may start now")
    await press("a")
    await until("Type the constraint's name")
    take("2|a      nothing was written so far")
    await paste(NAME)
    await until("ARMED")
    take("2.5|the constraint's name, typed by hand")
    await press("enter", "right", "enter")
    await until("u undo")
    take("6|enter      done, and proved: deletes tried out and rolled back")


def _at_rest(app: App[int]) -> bool:
    return all(worker.is_finished for worker in app.workers)


async def walked(dsn: str, size: tuple[int, int], steps: Walk) -> dict[str, Screen]:
    """Give the screens that a walk takes, by the names it gives them."""
    from textual import events  # noqa: PLC0415 - after the environment is set

    from fkdash.tui.app import DashboardApp  # noqa: PLC0415
    from fkdash.tui.settings import DashboardOptions  # noqa: PLC0415
    from tests.support.screens import shown  # noqa: PLC0415
    from tests.support.targets import target_at  # noqa: PLC0415
    from tests.svg import screen_of  # noqa: PLC0415

    app = DashboardApp(target_at(dsn), options=DashboardOptions(environment="demo"))
    taken: dict[str, Screen] = {}
    async with app.run_test(size=size) as pilot:

        async def until(*texts: str) -> None:
            # What is still being asked would be on the screenshot, with the seconds it takes on this machine.
            try:
                async with asyncio.timeout(3 * SECONDS):
                    while any(text not in shown(app) for text in texts) or not _at_rest(app):
                        await pilot.pause(0.02)
            except TimeoutError:
                raise AssertionError(f"{texts} is not on the screen:\n{shown(app)}") from None
            await pilot.pause(0.3)

        async def paste(text: str) -> None:
            app.screen.post_message(events.Paste(text))

        def take(name: str) -> None:
            taken[name] = screen_of(app)

        await steps(take, pilot.press, paste, until)
    return taken


async def screenshots(dsn: str) -> dict[str, str]:
    """Give every screenshot as SVG by its file's name; every walk that changes something begins with the incident."""
    from tests.svg import Frame, moving, still  # noqa: PLC0415 - after the environment is set

    made: dict[str, str] = {}
    await _administered(dsn, f"CREATE DATABASE {_KEPT} TEMPLATE {_database(dsn)}")
    for width, height in SIZES:
        taken = await walked(dsn, (width, height), look_around)
        taken |= await walked(dsn, (width, height), change)
        made |= {f"{width}x{height}/{name}.svg": still(screen, name) for name, screen in taken.items()}
        await _as_before(dsn)
    frames = []
    for told, screen in (await walked(dsn, SIZES[0], incident)).items():
        seconds, _, keys = told.partition("|")
        frames.append(Frame(screen, float(seconds), keys))
    made[MOVING] = moving(frames, "fkdash, from the first screen to verified")
    return made


async def _as_before(dsn: str) -> None:
    await _administered(
        dsn,
        f"DROP DATABASE {_database(dsn)} WITH (FORCE)",
        f"CREATE DATABASE {_database(dsn)} TEMPLATE {_KEPT}",
    )
    shutil.rmtree(RUNS, ignore_errors=True)


async def _administered(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn, database="postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _database(dsn: str) -> str:
    return urlsplit(dsn).path.removeprefix("/")


def main() -> int:
    """Write the screenshots, or say which ones are not what the dashboard shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a screenshot is stale")
    check = parser.parse_args().check
    os.environ.update(TEXTUAL_ANIMATIONS="none", TEXTUAL_FPS="30", TEXTUAL_THEME="ansi-dark")
    os.environ.pop("NO_COLOR", None)
    ticks = count()
    shutil.rmtree(RUNS, ignore_errors=True)
    with (
        incident_server() as dsn,
        # However busy the machine is, every answer is there.
        patient(SECONDS),
        patch("fkdash.apply.journal.journal.datetime", wraps=datetime) as moments,
        patch("fkdash.apply.journal.journal.getpass", SimpleNamespace(getuser=lambda: "anna")),
        patch("fkdash.apply.run.run.time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.004)),
        patch("fkdash.apply.journal.journal.runs_folder", return_value=RUNS),
        patch("fkdash.apply.journal.records.runs_folder", return_value=RUNS),
    ):
        moments.now.return_value = MOMENT
        made = asyncio.run(screenshots(dsn))
    shutil.rmtree(RUNS, ignore_errors=True)
    if len(made[MOVING].encode()) > MOST_BYTES_MOVING:
        raise SystemExit(f"{MOVING} has {len(made[MOVING].encode()):,} bytes; {MOST_BYTES_MOVING:,} is the most.")
    kept = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.svg")}
    stale = [
        name for name in sorted(kept | made.keys()) if name not in made or not _same(FOLDER / name, made[name])
    ]
    if check:
        for name in stale:
            sys.stderr.write(
                f"screenshots/{name} is not what the dashboard shows; run python -m tests.screenshots\n"
            )
        return bool(stale)
    for name in stale:
        path = FOLDER / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
    return 0


def _same(path: Path, made: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == made


if __name__ == "__main__":
    sys.exit(main())
