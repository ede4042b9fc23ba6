"""Makes the pictures that README shows, from the demo: `python -m tests.screenshots`; `--check` only compares.

They are the same on every run: the demo's rows are seeded, and moments and durations are fixed here.
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

from fkdash.demo.demonstration import incident_server

if TYPE_CHECKING:
    from textual.app import App

FOLDER = Path(__file__).parent.parent / "screenshots"
NAME = "users_primary_workspace_id_workspaces_id_fk"
SIZE = (80, 24)
WIDE = (120, 36)
MOMENT = datetime(2026, 3, 1, 3, 0, 0, tzinfo=UTC)


async def pictures(dsn: str) -> dict[str, str]:
    """Give every picture as SVG by its file's name."""
    made = await _walk(dsn, WIDE, _wide)
    return {**made, **await _walk(dsn, SIZE, _narrow)}


Take = Callable[[str], None]
Wait = Callable[..., Awaitable[None]]
Press = Callable[..., Awaitable[None]]


async def _narrow(take: Take, press: Press, paste: Press, until: Wait) -> None:
    await until("BITES 412")
    take("constraints")
    await press("b")
    await until("412 of 1,208", "1/100 read of 1,204")
    take("blocked")
    await press("escape", "f")
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


async def _wide(take: Take, press: Press, paste: Press, until: Wait) -> None:
    del press, paste
    await until("BITES 412")
    take("wide")


def _at_rest(app: App[int]) -> bool:
    return all(worker.is_finished for worker in app.workers)


async def _walk(
    dsn: str, size: tuple[int, int], steps: Callable[[Take, Press, Press, Wait], Awaitable[None]]
) -> dict[str, str]:
    from textual import events  # noqa: PLC0415 - after the environment is set

    from fkdash.tui.app import DashboardApp  # noqa: PLC0415
    from fkdash.tui.settings import DashboardOptions  # noqa: PLC0415
    from tests.support.screens import shown  # noqa: PLC0415
    from tests.support.targets import target_at  # noqa: PLC0415

    app = DashboardApp(target_at(dsn), options=DashboardOptions(environment="demo"))
    made: dict[str, str] = {}
    async with app.run_test(size=size) as pilot:

        async def until(*texts: str) -> None:
            # What is still being asked would be on the picture, with the seconds it takes on this machine.
            async with asyncio.timeout(60):
                while any(text not in shown(app) for text in texts) or not _at_rest(app):
                    await pilot.pause(0.02)
            await pilot.pause(0.3)

        async def paste(text: str) -> None:
            app.screen.post_message(events.Paste(text))

        def take(name: str) -> None:
            made[f"{name}.svg"] = app.export_screenshot(title="fkdash")

        await steps(take, pilot.press, paste, until)
    return made


def main() -> int:
    """Write the pictures, or say which ones are not what the dashboard shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a picture is stale")
    check = parser.parse_args().check
    os.environ.update(TEXTUAL_ANIMATIONS="none", TEXTUAL_FPS="30", TEXTUAL_THEME="ansi-dark")
    os.environ.pop("NO_COLOR", None)
    ticks = count()
    # The path is on the last picture, so it must be the same everywhere.
    runs = Path(tempfile.gettempdir()) / "fkdash-screenshots"
    with (
        incident_server() as dsn,
        patch("fkdash.apply.journal.journal.datetime", wraps=datetime) as moments,
        patch("fkdash.apply.run.run.time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.004)),
        patch("fkdash.apply.journal.journal.runs_folder", return_value=runs),
    ):
        moments.now.return_value = MOMENT
        made = asyncio.run(pictures(dsn))
    shutil.rmtree(runs, ignore_errors=True)
    stale = [name for name, picture in made.items() if not _same(FOLDER / name, picture)]
    if check:
        for name in stale:
            sys.stderr.write(
                f"screenshots/{name} is not what the dashboard shows; run python -m tests.screenshots\n"
            )
        return bool(stale)
    FOLDER.mkdir(exist_ok=True)
    for name, picture in made.items():
        (FOLDER / name).write_text(picture, encoding="utf-8")
    return 0


def _same(path: Path, picture: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == picture


if __name__ == "__main__":
    sys.exit(main())
