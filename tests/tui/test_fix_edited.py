"""Statements that were edited before they are applied, or are not applied for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.tui.screens.fix.edit import FixEditScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard
from tests.tui.walk import NAME, PLAIN, Walk, state_of

pytestmark = pytest.mark.usefixtures("state")


async def test_edited_sql_that_is_something_else_is_exported_and_not_applied(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await session.until(lambda: "ok a primary" in session.screen)
        await session.press("v")
        await session.until_shown("-- step 1: swap")
        edit = session.app.screen
        assert isinstance(edit, FixEditScreen)
        edit.field.load_text(edit.field.text.replace(" NOT VALID;", " ON DELETE CASCADE NOT VALID;"))
        await session.press("escape")
        await session.until_shown("Edited into something else", "something else than the plan's own statement")
        await session.press("a")
        await session.until_shown("it was edited into something else")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        await session.press("e")
        await session.until_shown("Written to")
        script = next(tmp_path.rglob("*.sql")).read_text()
        assert "ON DELETE CASCADE NOT VALID" in script
        await session.press("v")
        edited = session.app.screen
        assert isinstance(edited, FixEditScreen)
        assert " ON DELETE CASCADE NOT VALID" in edited.field.text
        await session.press("ctrl+r", "escape")
        await session.until(lambda: "Edited into something else" not in session.screen)
    assert await state_of(incident_database) == ("n", True)


async def test_an_edit_that_changes_nothing_but_its_looks_is_applied(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await session.press("v")
        await session.until_shown("-- step 1: swap")
        edit = session.app.screen
        assert isinstance(edit, FixEditScreen)
        await walk.paste("\x1b[31m")
        assert edit.field.text.startswith("\\x1b[31m")
        edit.field.load_text(edit.field.text.removeprefix("\\x1b[31m").replace("DROP", "/* INC-42 */ drop"))
        await session.press("escape")
        await session.until_shown("a apply")
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
        applied = session.app.applying.plan
        assert applied is not None
        assert "/* INC-42 */" in applied.steps[0].sql
    assert (await state_of(incident_database))[0] == "a"
