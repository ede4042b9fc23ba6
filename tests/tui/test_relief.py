"""Rows in the way are moved from the dashboard: found by words, moved to a row found by words, and undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard
from tests.tui.test_fix_walk import PLAIN

_TABLES = """
create table spaces (id int primary key, name text);
create table users (id int primary key, space_id int not null constraint users_space references spaces);
insert into spaces values (1, 'Acme'), (2, 'Beta'), (3, 'Gamma');
insert into users select g, 1 from generate_series(1, 12) g;
"""


@pytest.mark.newest_version
async def test_blocking_rows_are_moved_by_words_alone(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    await database.execute(_TABLES)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("users_space")
        await session.press("f")
        await session.until(lambda: _row(session.app.screen) != "")
        while "move blocking rows" not in _row(session.app.screen):
            await session.press("j")
        await session.press("enter")
        await session.until_shown("Which rows of spaces are to be freed?")
        await session.press(*"acme", "enter")
        await session.until_shown("Choose a row of spaces: enter takes it")
        await session.press("enter")
        await session.until_shown("To which row of spaces are the rows of users to go?")
        await session.press(*"id=3", "enter")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        screen = session.app.screen
        assert isinstance(screen, FixPlanScreen)
        assert screen.plan.chosen == ((("id", "1"),),)
        assert screen.plan.values == (("space_id", "3"),)
        await session.until_shown("no row of users refers to id = 1 any more")
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))


def _row(screen: object) -> str:
    row = screen.list.row if isinstance(screen, FixOptionsScreen) else None
    return row.option.title if row is not None else ""
