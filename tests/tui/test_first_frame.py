"""What is loaded when: a command never loads the dashboard, and the first frame waits for no driver."""

from __future__ import annotations

import json
import subprocess
import sys

from fkdash.tui.widgets.painting import TONE_CLASSES, Painter
from tests.support.servers import TestDatabase
from tests.support.terminal import terminal
from tests.tui.list_app import ListApp

LOADED_BY = """
import json, sys
from fkdash.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, *(name for name in ("textual", "sqlglot", "asyncpg") if name in sys.modules)]))
"""
LOADED_AT_FIRST_FRAME = """
import sys
from fkdash.cli.main import main
from fkdash.tui.screens.findings.constraints import ConstraintsScreen
def read(screen):
    loaded = [name for name in (
        "asyncpg", "sqlglot", "fkdash.rules.registry", "fkdash.checking.result", "fkdash.pictures.relations",
        "fkdash.settings_files", "fkdash.catalog.model", "fkdash.rules.finding",
    ) if name in sys.modules]
    screen.app.farewell = f"loaded: {loaded}"
    screen.app.exit(return_code=0)
ConstraintsScreen.read = read
sys.exit(main(["postgresql://nobody@/nothing?host=/nonexistent"]))
"""


def loaded_by(*arguments: str) -> list[object]:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED_BY, *arguments], capture_output=True, text=True, check=True
    )
    loaded: list[object] = json.loads(ended.stdout.splitlines()[-1])
    return loaded


def test_the_version_is_told_without_loading_anything() -> None:
    assert loaded_by("--version") == [0]


async def test_a_check_does_not_load_the_dashboard(database: TestDatabase) -> None:
    code, *loaded = loaded_by("check", database.dsn)
    assert code == 0
    assert "textual" not in loaded


def test_the_first_frame_is_painted_before_the_driver_the_parser_and_the_rules_are_loaded() -> None:
    with terminal(["-c", LOADED_AT_FIRST_FRAME]) as running:
        assert running.wait() == 0
        assert "loaded: []" in running.screen
        assert b"Connecting to" in running.received


async def test_the_looks_of_text_are_found_once_a_screen_and_not_in_every_widget() -> None:
    app = ListApp(20)
    async with app.run_test(size=(80, 24)):
        having = [widget for widget in app.screen.walk_children(with_self=True) if widget._component_styles]
        assert [widget for widget in having if isinstance(widget, Painter)] == []
        assert app.screen._component_styles.keys() >= TONE_CLASSES
