"""The Orphans screen: counted as it is watched, explained row by row, and on to what repairs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.orphans import OrphansScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard
from tests.tui.walk import PLAIN

pytestmark = pytest.mark.usefixtures("state")

_TABLES = """
create table workspaces (id int primary key, name text);
create table users (id int primary key, email text, workspace_id int references workspaces);
create table members (id int primary key, workspace_id int, created_at timestamp default '2026-01-02 03:04:05');
insert into workspaces select g, 'w' || g from generate_series(1, 5) g;
insert into users select g, 'u' || g, g from generate_series(1, 5) g;
insert into members select g, g from generate_series(1, 12) g;
alter table members add constraint mk foreign key (workspace_id) references workspaces not valid;
create table notes (id int primary key, user_id int);
insert into notes values (1, 77);
"""


async def test_orphans_are_counted_explained_and_lead_to_their_repair(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("mk")
        await session.press("o")
        await session.until_shown(
            "8 rows refer to a row that does not exist, in 2 references", "members.workspace_id"
        )
        screen = session.app.screen
        assert isinstance(screen, OrphansScreen)
        assert [each.orphans.rows for each in screen.list.rows] == [7, 1]
        await session.until(lambda: "VALIDATE CONSTRAINT mk fails with 23503" in screen.pane.text)
        assert "id = 6 has workspace_id = 6" in screen.pane.text
        assert "created_at from 2026-01-02 03:04:05" in screen.pane.text
        await session.press("p")
        await session.until_shown("workspaces")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))
        await session.press("escape")
        await session.until(lambda: session.app.screen is screen)
        await session.press("A")
        await session.until(lambda: len(screen.list.rows) == 3)
        await session.press("j")
        await session.until(lambda: screen.why_not("fix") != "")
        await session.press("k", "f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        await session.until_shown("quarantine orphans")
        await session.press("escape", "escape")
        await session.until(lambda: session.app.screen is session.app.constraints)


@pytest.mark.newest_version
async def test_a_confirmed_reference_leads_to_the_plan_that_declares_it(
    database: TestDatabase, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.execute(_TABLES)
    (state / "fkdash.toml").write_text('[references]\n"notes.user_id" = "users.id"\n')
    monkeypatch.chdir(state)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("mk")
        await session.press("o")
        await session.until_shown("8 rows refer to a row that does not exist")
        screen = session.app.screen
        assert isinstance(screen, OrphansScreen)
        await session.press("G")
        await session.until(lambda: "fkdash fix plan public.notes.user_id" in screen.pane.text)
        await session.press("f")
        await session.until_shown("add the foreign key", "quarantine orphans")
        await session.press("enter")
        await session.until_shown("NOT VALID", "so checking would fail")
