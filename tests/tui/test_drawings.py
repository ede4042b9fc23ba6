"""The pictures as an operator meets them: on the first screen, in the tree of a delete, beside the options."""

from __future__ import annotations

import pytest

from fkdash.tui.plain import ASCII
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard

pytestmark = pytest.mark.minimum_version(18)


async def test_the_first_screen_draws_the_way_to_the_error_and_who_is_held_by_most(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412", "409 more: b")
        shown = session.screen
        assert "workspaces ─delete─▶ SET NULL ──▶ users.primary_workspace_id  ✗ 23502" in shown
        acme, coral = (next(line for line in shown.split("\n") if name in line) for name in ("Acme", "Coral"))
        assert "1,204" in acme
        assert acme.count("█") > 3 * coral.count("█") > 0


async def test_where_there_is_only_ascii_the_pictures_are_drawn_with_it(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions(glyphs=ASCII)) as session:
        await session.until_shown("BITES 412", "409 more: b", "SET NULL --> users.primary_workspace_id  x 23502")
        await session.press("p")
        await session.press("escape", "b")
        await session.until_shown("1/100 read of 412", "####")
        await session.press("p")
        await session.until_shown("BLOCKS 1,204 rows", "|- users", "|  `- team_members")
        assert session.screen.isascii()


async def test_the_delete_today_and_with_each_option_stands_side_by_side(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, size=(200, 50)) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until_shown("✗ today", "✗ NO ACTION")


async def test_a_mark_for_the_report_keeps_the_pictures(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("409 more: b")
        lines = session.app.constraints.shown().lines
        assert any("✗ 23502" in line for line in lines)
        assert any("Acme GmbH" in line and "█" in line for line in lines)
