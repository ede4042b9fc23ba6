"""Rows in the way are moved from the dashboard, and missing ones made again, to or like a row found by words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widget import Widget

from fkdash.fix.plan import Plan
from fkdash.fix.value_from import PickedRow
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.fix.picked import FixPickedScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import PLAIN

_TABLES = """
create table spaces (id int primary key, name text);
create table users (id int primary key, space_id int not null constraint users_space references spaces);
insert into spaces values (1, 'Acme'), (2, 'Beta'), (3, 'Gamma');
insert into users select g, 1 from generate_series(1, 12) g;
"""

_ORPHANS = """
alter table users drop constraint users_space, add constraint users_space foreign key (space_id) references spaces
  not valid;
alter table spaces disable trigger all;
delete from spaces where id = 1;
alter table spaces enable trigger all;
"""


@pytest.mark.newest_version
async def test_blocking_rows_are_moved_by_words_alone(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    await database.execute(_TABLES)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await _asked_which_rows(session)
        await session.press(*"acme", "enter")
        await session.until_shown("Choose a row of spaces: enter takes it")
        await session.until(lambda: _found(session.app.screen).has_focus)
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


@pytest.mark.newest_version
async def test_blocking_rows_go_where_a_query_says_and_those_without_are_named_first(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    await database.execute(_TABLES)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await _asked_which_rows(session)
        await session.press(*"id=1", "enter")
        await session.until_shown("To which row of spaces are the rows of users to go?", "A query:")
        _typed(session.app.screen, "select 1 where $1 > (select 100)")
        await session.press("enter")
        await session.until_shown("0 rows of users go where the query says", "12 rows get nothing")
        await session.press("enter")
        assert len(_rows(session.app.screen)) == 12
        await session.press("escape")
        _typed(session.app.screen, "select 2 + $1 % 2 where $1 > 1")
        await session.press("enter")
        await session.until_shown("11 rows of users go where the query says; 1 row gets nothing, and stays")
        assert [(row.named, row.then) for row in _rows(session.app.screen)[:3]] == [
            ("1", ()),
            ("2", ("2",)),
            ("3", ("3",)),
        ]
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        assert (len(_plan(session.app.screen).picked), _plan(session.app.screen).unpicked) == (11, ("1",))


@pytest.mark.newest_version
async def test_missing_rows_are_made_again_like_a_row_found_by_words_or_with_their_key_alone(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    await database.execute(_TABLES + _ORPHANS)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await _chosen(session, "recreate missing rows")
        await session.until_shown("Which row of spaces are those made again to be like?", "Nothing:")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        assert _plan(session.app.screen).filled == ()
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))
        await session.press(*"id=77", "enter")
        await session.until_shown("has no such row")
        _typed(session.app.screen, "beta")
        await session.press("enter")
        await session.until_shown("enter takes it")
        assert "has no such row" not in session.screen
        await session.until(lambda: _found(session.app.screen).has_focus)
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        assert _plan(session.app.screen).filled == (("name", "Beta"),)


def _rows(screen: object) -> Sequence[PickedRow]:
    assert isinstance(screen, FixPickedScreen)
    return screen.list.rows


def _plan(screen: object) -> Plan:
    assert isinstance(screen, FixPlanScreen)
    return screen.plan


def _found(screen: object) -> Widget:
    assert isinstance(screen, PreviewAskScreen)
    return screen.found


def _typed(screen: object, words: str) -> None:
    assert isinstance(screen, PreviewAskScreen)
    screen.field.value = words


async def _asked_which_rows(session: Session) -> None:
    await _chosen(session, "move blocking rows")
    await session.until_shown("Which rows of spaces are to be freed?")


async def _chosen(session: Session, option: str) -> None:
    await session.until_shown("users_space")
    await session.press("f")
    await session.until(lambda: _row(session.app.screen) != "")
    while option not in _row(session.app.screen):
        await session.press("j")
    await session.press("enter")


def _row(screen: object) -> str:
    row = screen.list.row if isinstance(screen, FixOptionsScreen) else None
    return row.option.title if row is not None else ""
