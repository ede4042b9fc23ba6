"""The end of the walk: a fix leaves as a migration, instead of being applied, or after it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.widgets import Input

from fkdash.tui.screens.fix_export import FixExportScreen
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import NAME, PLAIN, Walk, state_of


@pytest.fixture(autouse=True)
def _own_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    migrations = tmp_path / "team" / "db" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "20240101000000_init.sql").write_text("-- migrate:up\ncreate table users ();\n-- migrate:down\n")
    return migrations


async def export(session: Session, words: str) -> None:
    await session.press("M")
    await session.until(lambda: isinstance(session.app.screen, FixExportScreen))
    screen = session.app.screen
    assert isinstance(screen, FixExportScreen)
    if words:
        screen.query_one(Input).value = words
    await session.press("enter")
    await session.until(lambda: screen.exported is not None)


async def test_a_fix_is_exported_without_being_applied_and_the_folder_is_remembered(
    incident_database: TestDatabase, folder: Path
) -> None:
    before = await state_of(incident_database)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await export(session, f"dbmate {folder.parent.parent}")
        assert len(list(folder.iterdir())) == 1
        await session.press("e")
        await session.until_shown("The migration is written")
        assert len(list(folder.iterdir())) == 3
        await session.press("escape", "M")
        await session.until(lambda: isinstance(session.app.screen, FixExportScreen))
        typed = session.app.screen.query_one(Input)
        await session.until(lambda: typed.value == f"dbmate {folder.parent.parent}")
    assert await state_of(incident_database) == before


async def test_a_folder_that_does_not_fit_is_refused_in_words_of_the_field_that_asks_for_it(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with dashboard(incident_database.dsn, size=(200, 50), options=PLAIN) as session:
        await Walk(session).to_plan()
        await session.press("M")
        await session.until(lambda: isinstance(session.app.screen, FixExportScreen))
        for named, said in (("nosuch", "is not a folder"), ("", "is no Drizzle")):
            session.app.screen.query_one(Input).value = f"drizzle {tmp_path / named}"
            await session.press("enter")
            await session.until_shown(said)
            assert "--dir" not in session.screen


async def test_a_fix_that_was_applied_is_exported_as_well_and_its_journal_says_so(
    incident_database: TestDatabase, folder: Path, tmp_path: Path
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(NAME)
        await walk.to_end()
        await export(session, f"dbmate {folder}")
        await session.press("e")
        await session.until_shown("The migration is written")
    journal = next((tmp_path / "state").rglob("*.jsonl"))
    exported = [line for line in map(json.loads, journal.read_text().splitlines()) if line["event"] == "exported"]
    assert [line["tool"] for line in exported] == ["dbmate"]
    assert len(exported[0]["files"]) == 2
