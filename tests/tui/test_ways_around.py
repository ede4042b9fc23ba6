"""From anywhere to the next question: a pasted error, the history, the relations of a table; and back."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from textual import events

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.records import unfinished
from fkdash.tui.keys import help_for
from fkdash.tui.screens.commands import CommandsScreen
from fkdash.tui.screens.findings.explain import ExplainScreen
from fkdash.tui.screens.findings.finding import FindingScreen
from fkdash.tui.screens.findings.relations import RelationsScreen
from fkdash.tui.screens.fix.history import HistoryScreen
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import CONFLICT, Session, dashboard
from tests.tui.walk import NAME, PLAIN, Walk, state_of

pytestmark = pytest.mark.usefixtures("state")


async def real_error(database: TestDatabase) -> str:
    """Give what psql prints for a delete that fails."""
    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await database.execute(
            "DELETE FROM workspaces WHERE id = (SELECT primary_workspace_id FROM users LIMIT 1)"
        )
    error = refused.value
    return f"ERROR:  {error.args[0]}\nDETAIL:  {error.detail}\nCONTEXT:  {error.context}\n"


async def test_the_list_of_commands_says_of_every_key_what_help_says(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        said = {each.binding_id: each.explanation for each in help_for(session.app.screen)}
        await session.press("colon")
        await session.until(lambda: isinstance(session.app.screen, CommandsScreen))
        screen = session.app.screen
        assert isinstance(screen, CommandsScreen)
        told = {row.binding_id: row.explanation for row in screen.list.rows if row.binding_id in said}
        assert told.items() <= said.items()
        assert told["screen.open"].startswith("Show everything about the foreign key")


async def test_a_pasted_error_leads_to_the_key_the_way_there_and_its_fixes(
    incident_database: TestDatabase,
) -> None:
    error = await real_error(incident_database)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412", "x explain error")
        await session.press("x")
        await session.until_shown("Paste it below")
        session.app.screen.post_message(events.Paste(error))
        await session.until_shown("23502 comes from", "workspaces → users")
        screen = session.app.screen
        assert isinstance(screen, ExplainScreen)
        await session.until(lambda: screen.list.has_focus)
        assert screen.list.row is not None
        assert screen.list.row.key.qualified == CONFLICT
        await session.until_shown("f, then no-action, shows", "p shows whom a delete")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, FindingScreen))
        await session.press("escape", "f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        await session.press("escape", "escape")
        await session.until(lambda: session.app.screen is session.app.constraints)


async def test_advice_names_commands_where_keys_are_typed_and_keys_where_they_work(
    incident_database: TestDatabase,
) -> None:
    error = await real_error(incident_database)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412", "x explain error")
        await session.press("x")
        await session.until_shown("Paste it below")
        screen = session.app.screen
        assert isinstance(screen, ExplainScreen)
        screen.field.value = error.splitlines()[0]
        await session.press("enter")
        await session.until_shown("23502 comes from", "Next  fkdash fix plan")
        await session.press("enter")
        await session.until_shown("Next  f, then no-action, shows")


async def test_an_error_that_no_foreign_key_explains_is_said_and_what_was_typed_stays(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("x", *"out of memory", "enter")
        await session.until_shown("that a foreign key can be behind", "out of memory")
        await session.press("enter", "escape")
        await session.until(lambda: session.app.screen is session.app.constraints)


async def test_every_way_is_in_the_list_of_commands(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("colon", *"go to table", "enter")
        await session.until_shown("Which table?")
        await session.press(*"workspaces", "enter")
        await session.until(lambda: isinstance(session.app.screen, RelationsScreen))
        await session.press("colon", *"preview delete of", "enter")
        await session.until_shown("A delete from which table?")
        await session.press(*"workspaces", "enter")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))


async def test_relations_lead_from_table_to_table_and_back_the_same_way(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("t")
        await session.until_shown("17 foreign keys refer to users", "<- api_keys", "CASCADE")
        first = relations_of(session)
        assert first.table.name == "users"
        row = next(row for row in first.list.rows if row.key.name == NAME and row.depth == 1)
        assert row.direction == "out"
        first.list.go_to((row.direction, *(key.qualified for key in row.way)))
        await session.press("enter")
        await session.until(lambda: relations_of(session).table.name == "workspaces")
        assert ("in", NAME) in {(row.direction, row.key.name) for row in relations_of(session).list.rows}
        await session.press("escape")
        assert session.app.screen is first
        assert first.list.row is row
        await session.press("escape")
        await session.until(lambda: session.app.constraints.is_active)


def relations_of(session: Session) -> RelationsScreen:
    assert isinstance(session.app.screen, RelationsScreen)
    return session.app.screen


async def cut_off(incident_database: TestDatabase, state: Path) -> None:
    """Carry option A out and take the end of its journal away, as a crash after the last commit does."""
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
    [journal] = (state / "fkdash" / "runs").glob("*.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"event": "ended"' not in line))


async def test_a_run_that_was_cut_off_is_announced_and_finished_from_the_history(
    incident_database: TestDatabase, state: Path
) -> None:
    await cut_off(incident_database, state)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("1 run left halfway (H): users.primary_workspace_id")
        await session.press("H")
        await session.until_shown("CUT OFF", "1 run cut off or stopped halfway", "c continue")
        await session.press("c")
        await session.until_shown("what is left is to verify it", "a apply")
        walk = Walk(session)
        await walk.confirm(NAME)
        await session.until_shown("Done and verified: Continue")
        assert unfinished() == ()
        await session.press("escape")
        await session.until(lambda: "left halfway" not in session.screen)


async def test_a_run_is_undone_from_the_history(incident_database: TestDatabase, state: Path) -> None:
    await cut_off(incident_database, state)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("left halfway")
        await session.press("H")
        await session.until_shown("u undo")
        await session.press("u")
        await session.until_shown("Undo", "a apply")
        walk = Walk(session)
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
        assert unfinished() == ()
    assert await state_of(incident_database) == ("n", True)


async def test_the_history_says_why_a_run_of_another_database_cannot_be_undone_here(
    incident_database: TestDatabase, database: TestDatabase, state: Path
) -> None:
    await cut_off(incident_database, state)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("Nothing wrong found")
        assert "left halfway" not in session.screen
        await session.press("H")
        await session.until_shown("CUT OFF")
        screen = session.app.screen
        assert isinstance(screen, HistoryScreen)
        await session.until(lambda: "still being looked at" not in screen.why_not("undo"))
        await session.press("u")
        await session.until_shown(f"it was made in the database {incident_database.name}")


async def test_an_error_from_before_a_run_says_since_when_and_which_migration_came_last(
    incident_database: TestDatabase, state: Path
) -> None:
    error = await real_error(incident_database)
    await cut_off(incident_database, state)
    await incident_database.execute(
        "CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('1975ea83b712')"
    )
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("left halfway", "x explain error")
        await session.press("x")
        await session.until_shown("Paste it below")
        session.app.screen.post_message(events.Paste(error))
        await session.until_shown("23502 came from", "from before")
        screen = session.app.screen
        assert isinstance(screen, ExplainScreen)
        await session.until(lambda: "it says ON DELETE NO ACTION" in screen.pane.text)
        await session.until(lambda: "Alembic 1975ea83b712" in screen.pane.text)
        await session.press("escape", "escape", "H")
        await session.until_shown("CUT OFF")
        history = session.app.screen
        assert isinstance(history, HistoryScreen)
        await session.until(lambda: "Alembic 1975ea83b712" in history.pane.text)
