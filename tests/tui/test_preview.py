"""What a delete would do, in the dashboard: the sentence, the tree, what if; nothing is written."""

from __future__ import annotations

from textual import events

from fkdash.tui.options import DashboardOptions
from fkdash.tui.screens.preview import PreviewScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard


async def open_preview_of_the_largest(session: Session) -> PreviewScreen:
    await session.until_shown("BITES 412")
    await session.press("b")
    await session.until(lambda: session.blocked.blocked.row is not None)
    await session.press("p")
    await session.until_shown("fails: 1,204 rows of public.users")
    assert isinstance(session.app.screen, PreviewScreen)
    return session.app.screen


async def test_the_blocking_branch_comes_first_and_is_marked(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        screen = await open_preview_of_the_largest(session)
        rows = screen.list.rows
        assert [row.blocks for row in rows[:2]] == [True, True]
        assert not any(row.blocks for row in rows[2:])
        assert "BLOCKS 1,204 rows" in session.screen
        deepest = {row.table.name: row.depth for row in rows}
        assert deepest["tasks"] == deepest["projects"] + 1


async def test_what_if_answers_for_every_fix_side_by_side(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        screen = await open_preview_of_the_largest(session)
        await session.press("w")
        await session.until(lambda: len(screen.supposed) == 5 and not screen.workers)
        verdicts = {each.plan.option if each.plan else "today": each.preview.verdict for each in screen.supposed}
    assert verdicts == {
        "today": "blocked",
        "no-action": "blocked",
        "restrict": "blocked",
        "drop-not-null": "allowed",
        "cascade": "allowed",
    }


async def test_rows_can_be_named_by_key_or_condition_and_mistakes_are_said(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await session.until_shown("BITES 412")
        await session.press("p")
        await session.until_shown("Rows of workspaces")
        session.app.screen.post_message(events.Paste("nonsense=1"))
        await session.press("enter")
        await session.until_shown("no column 'nonsense'")
        session.app.screen.query_one("#rows").value = ""  # type: ignore[attr-defined]  # an Input
        session.app.screen.post_message(events.Paste("where slug = 'acme'"))
        await session.press("enter")
        await session.until_shown("fails: 1,204 rows of public.users")
        await session.press("escape")
        await session.until_shown("Rows of workspaces", "where slug = 'acme'")
