"""Every screen of the ways that lead to a change, at the sizes that terminals have."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual import events

from fkdash.catalog.table_name import visible
from fkdash.db.text import plain
from fkdash.tui.screens.fix.confirm import FixConfirmScreen
from fkdash.tui.screens.fix.run import FixRunScreen
from fkdash.tui.screens.preview.preview import PreviewScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import NAME

pytestmark = pytest.mark.usefixtures("state")

# At the sizes above, the snapshots are held to the same: these two are the smallest and the usual one.
SIZES = [(60, 16), (80, 24)]


def well_laid_out(session: Session, size: tuple[int, int], *wanted: str) -> None:
    """The place and the answer above, the keys below, nothing beside the screen, and what is wanted in sight."""
    lines = session.screen.split("\n")
    assert len(lines) == size[1]
    assert max(map(cell_len, lines)) <= size[0]
    assert lines[0].endswith(("LOOKING", "ARMED"))
    assert lines[1].strip()
    assert lines[-1].endswith((" ? help", " f1 help"))
    for text in wanted:
        assert text in session.screen, session.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_walk_to_a_fix_fits(incident_database: TestDatabase, size: tuple[int, int]) -> None:
    options = DashboardOptions(environment="production")
    async with dashboard(incident_database.dsn, size=size, options=options) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until_shown("stay blocked", "freed: 412")
        well_laid_out(session, size, "option", "blocked now", "undo", "enter plan", "esc back")
        await session.press("enter")
        await session.until_shown("a apply")
        well_laid_out(session, size, "Preflight", "a apply", "esc back")
        await session.press("a")
        await session.until(lambda: isinstance(session.app.screen, FixConfirmScreen))
        await session.until_shown("Type the constraint's name")
        well_laid_out(session, size, "ALTER TABLE", "Type the database's name", "Cancel", "Apply", "esc back")
        for name in (NAME, incident_database.name):
            session.app.screen.post_message(events.Paste(name))
            await session.pilot.pause()
            await session.press("enter")
        await session.until_shown("ARMED")
        well_laid_out(session, size, "Cancel", "Apply")
        await session.press("right", "enter")
        await session.until(lambda: isinstance(session.app.screen, FixRunScreen))
        await session.until_shown("u undo", "Done and verified", "esc back")
        well_laid_out(session, size, "LOOKING")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_ways_to_a_preview_an_error_and_a_table_fit(
    incident_database: TestDatabase, size: tuple[int, int]
) -> None:
    async with dashboard(incident_database.dsn, size=size) as session:
        await session.until_shown("BITES 412")
        await session.press("p")
        await session.until_shown("Rows of workspaces")
        well_laid_out(session, size, "A key:", "A condition:", "esc back")
        session.app.screen.post_message(events.Paste("where slug = 'acme'"))
        await session.pilot.pause()
        await session.press("enter")
        await session.until_shown("BLOCKS 1,204 rows")
        well_laid_out(session, size, "23502", "w what if", "f fix", "esc back")
        await session.press("w")
        preview = session.app.screen
        assert isinstance(preview, PreviewScreen)
        await session.until(lambda: "allow NULL" in preview.pane.text)
        well_laid_out(session, size, "What if")
        await session.press("escape", "escape", "x")
        session.app.screen.post_message(
            events.Paste('null value in column "primary_workspace_id" of relation "users"')
        )
        await session.until_shown("23502 comes from", "f fix")
        well_laid_out(session, size, "users.primary_workspace_id", "esc back", "f fix")
        await session.press("t")
        await session.until_shown("17 foreign keys refer to users")
        well_laid_out(session, size, "<- api_keys", "CASCADE", "enter go there")
        await session.press("T")
        await session.until_shown("Which table?")
        well_laid_out(session, size, "referred to by")
        await session.press("escape", "colon", *"paste")
        await session.until_shown("Type a part of a command")
        well_laid_out(session, size, "Paste an error")
        await session.press("escape", "H")
        await session.until_shown("There is no journal of a run yet.")
        well_laid_out(session, size, "0 runs")


@pytest.mark.parametrize("name", ["[@click=app.quit]o[/] 表の名前", 'we[/b]ird [red]x\x1b[31mred a"b\u202eg'])
async def test_hostile_names_are_shown_verbatim_on_the_ways_to_a_change(database: TestDatabase, name: str) -> None:
    quoted, seen = '"' + name.replace('"', '""') + '"', plain(name)
    constraint = f'"fk {quoted[1:]}'
    key = visible(f"fk {seen}")
    await database.execute(
        f"CREATE TABLE {quoted} (id int PRIMARY KEY); INSERT INTO {quoted} VALUES (1); CREATE TABLE child "
        f"(id int PRIMARY KEY, {quoted} int NOT NULL CONSTRAINT {constraint} REFERENCES {quoted} ON DELETE SET NULL); "
        "INSERT INTO child VALUES (1, 1)"
    )
    size = (140, 40)
    async with dashboard(database.dsn, size=size, options=DashboardOptions()) as session:
        await session.until_shown("BITES 1")
        await session.press("p")
        await session.until_shown(f"Rows of {visible(seen)}")
        session.app.screen.post_message(events.Paste("where true"))
        await session.pilot.pause()
        await session.press("enter")
        await session.until_shown("BLOCKS 1 row,", key)
        await session.press("w")
        await session.until_shown("What if", "✓ allow NULL")
        await session.press("f")
        await session.until_shown("stay blocked", seen)
        await session.press("enter")
        await session.until_shown("a apply", f"public.child.{key}")
        await session.press("a")
        await session.until_shown(f"Type the constraint's name: {key}")
        well_laid_out(session, size)
        session.app.screen.post_message(events.Paste(f"fk {name}"))
        await session.pilot.pause()
        if seen == name:
            await session.until_shown("ARMED")
            await session.press("enter", "right", "enter")
            await session.until_shown("Done and verified", f"public.child.{key}")
            await session.press("escape", "H")
            await session.until_shown("Done and verified: public.child.", f"child.{visible(seen)}")
            await session.press("escape", "t")
        else:
            await session.press("escape", "escape", "t")
        await session.until_shown(f"-> {visible(seen)[:20]}", "it has 1 of its own")
        await session.press("x")
        session.app.screen.post_message(events.Paste(f'23502 null value in column "{name}" of relation "child"'))
        await session.until_shown(seen)
        well_laid_out(session, size)
        await session.press("escape", "T")
        await session.until_shown("Which table?", seen)
        well_laid_out(session, size)
