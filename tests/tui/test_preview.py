"""What a delete would do, in the dashboard: the sentence, the tree, what if; nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual import events

from fkdash.tui.screens.preview.ask import PreviewAskScreen
from fkdash.tui.screens.preview.each import PreviewEachScreen
from fkdash.tui.screens.preview.preview import PreviewScreen
from fkdash.tui.screens.preview.rows import PreviewRowsScreen
from fkdash.tui.screens.preview.what_if import WhatIfScreen
from fkdash.tui.settings import DashboardOptions
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
        await session.press("enter")
        await session.until_shown("Type words to search, a key")
        session.app.screen.post_message(events.Paste("nonsense=1"))
        await session.press("enter")
        await session.until_shown("no column 'nonsense'")
        session.app.screen.query_one("#rows").value = ""  # type: ignore[attr-defined]  # an Input
        session.app.screen.post_message(events.Paste("where slug = 'acme'"))
        await session.press("enter")
        await session.until_shown("fails: 1,204 rows of public.users")
        await session.press("escape")
        await session.until_shown("Rows of workspaces", "where slug = 'acme'")


async def ask_about(session: Session, table: str) -> PreviewAskScreen:
    await session.until_shown("BITES 412")
    await session.press("P", *table, "enter")
    await session.until_shown(f"Rows of {table}")
    assert isinstance(session.app.screen, PreviewAskScreen)
    return session.app.screen


def typed(session: Session, text: str) -> None:
    session.app.screen.query_one("#rows").value = ""  # type: ignore[attr-defined]  # an Input
    session.app.screen.post_message(events.Paste(text))


async def test_the_rows_of_a_branch_are_paged_by_key_with_their_labels(incident_database: TestDatabase) -> None:
    truth = await incident_database.fetch(
        "SELECT u.id::text, u.email FROM users u JOIN workspaces w ON w.id = u.primary_workspace_id"
        " WHERE w.slug = 'acme' ORDER BY u.id"
    )
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await open_preview_of_the_largest(session)
        await session.press("enter")
        await session.until_shown("in the way (23502)", "read of 1,204")
        screen = session.app.screen
        assert isinstance(screen, PreviewRowsScreen)
        while len(screen.list.rows) < len(truth):
            read = len(screen.list.rows)
            await session.press("G")
            await session.until(lambda read=read: len(screen.list.rows) > read)  # type: ignore[misc]
        assert [(row.key[0], row.labels[0]) for row in screen.list.rows] == [tuple(row) for row in truth]
        await session.press("p")
        await session.until_shown("Deleting 1 row of public.users")


async def test_a_row_is_found_by_a_part_of_its_label(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        ask = await ask_about(session, "workspaces")
        typed(session, "acme g")
        await session.press("enter")
        await session.until(lambda: [row.labels[0] for row in ask.found.rows] == ["Acme GmbH"])
        await session.press("enter")
        await session.until_shown("fails: 1,204 rows of public.users")
        await session.press("escape", "escape")
        await session.until(lambda: session.app.focused is ask.query_one("#rows"))
        typed(session, "no such workspace")
        await session.press("enter")
        await session.until_shown('No row of workspaces contains "no such workspace"')


async def test_all_lists_every_row_that_cannot_be_deleted_by_itself(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await ask_about(session, "workspaces")
        typed(session, "all")
        await session.press("enter")
        await session.until_shown("412 of 1,208 rows of public.workspaces cannot be deleted", "Acme GmbH")
        screen = session.app.screen
        assert isinstance(screen, PreviewEachScreen)
        assert len(screen.list.rows) == 412
        assert "holds back 412" in screen.pane.text
        await session.press("enter")
        await session.until_shown("fails: 1,204 rows of public.users")


async def test_a_large_table_without_index_is_read_after_it_was_named(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);"
        "CREATE TABLE large(id int PRIMARY KEY, p int REFERENCES p);"
        "INSERT INTO large SELECT i, 1 FROM generate_series(1, 150000) AS i; ANALYZE"
    )
    async with dashboard(database.dsn, options=DashboardOptions()) as session:
        await session.until_shown("large.p")
        await session.press("P", "p", "enter")
        await session.until_shown("Rows of p")
        typed(session, "id=1")
        await session.press("enter")
        await session.until_shown("Not known yet: public.large (about 150,000 rows", "no index on p")
        await session.press("A")
        await session.until_shown("fails: 150,000 rows of public.large still refer")


async def test_the_fix_walk_compares_the_options_for_rows_that_the_operator_chooses(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until_shown("How should deletes of workspaces behave")
        await session.press("w")
        await session.until_shown("Rows of workspaces", "under each option")
        typed(session, "acme")
        await session.press("enter")
        await session.until_shown("Acme GmbH")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, WhatIfScreen))
        screen = session.app.screen
        assert isinstance(screen, WhatIfScreen)
        await session.until(lambda: len(screen.supposed) == 5)
        fates = {row.option: (row.works, row.delete, row.referencing) for row in screen.list.rows}
        assert fates == {
            "today": (False, "refused, 23502", "1,204 stop it"),
            "no-action": (False, "refused, 23503", "1,204 stop it"),
            "restrict": (
                False,
                "refused, 23001" if incident_database.version >= 18 else "refused, 23503",
                "1,204 stop it",
            ),
            "drop-not-null": (True, "works, 1 row goes", "1,204 lose their reference"),
            "cascade": (True, "works, 1 row goes", "1,204 go"),
        }


async def test_export_writes_markdown_csv_and_json(
    incident_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await open_preview_of_the_largest(session)
        await session.press("e")
        await session.until_shown("Written to")
    written = {path.suffix: path.read_text() for path in (tmp_path / "fkdash").iterdir()}
    assert json.loads(written[".json"])["verdict"] == "blocked"
    assert "23502" in written[".md"]
    assert written[".csv"].startswith("what,schema,table")


async def test_ctrl_c_cancels_the_question_on_the_server_too(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1)")
    running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%2000000001%'"
    others = f"{running} AND pid <> pg_backend_pid()"
    async with dashboard(database.dsn, options=DashboardOptions()) as session:
        await session.until(lambda: session.app.constraints.knowledge is not None)
        await session.press("P", "p", "enter")
        await session.until_shown("Rows of p")
        typed(session, "where (SELECT count(*) FROM generate_series(1, 2000000001)) > id")
        await session.press("enter")
        while not await database.value(others):
            await session.pilot.pause(0.01)
        await session.press("ctrl+c")
        await session.until_shown("Cancelled", "is not known: r asks again")
        while await database.value(others):
            await session.pilot.pause(0.01)
