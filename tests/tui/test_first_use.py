"""What somebody meets who uses the dashboard for the first time: no dead key, no lost place, no room wasted."""

from __future__ import annotations

import pytest
from textual import events

from fkdash.tui import keys
from fkdash.tui.screens.findings.tables import TablesScreen
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.orphans import OrphansScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from fkdash.tui.screens.preview.blocked import BlockedScreen
from fkdash.tui.widgets.key_line import told
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import PLAIN

pytestmark = pytest.mark.usefixtures("state")


def entry(binding_id: str, key: str, description: str, *, show: bool = False) -> keys.Help:
    return keys.Help((key,), description, description, binding_id, show, enabled=True)


ENTRIES = (
    entry("list.sort", "s", "sort"),
    entry("app.commands", ":", "commands"),
    entry("app.orphans", "o", "orphans"),
    entry("screen.back", "esc", "back", show=True),
    entry("preview.rows", "enter", "rows", show=True),
    entry("app.help", "?", "help", show=True),
)


def line_of(room: int) -> str:
    return "  ".join(f"{each.keys[0]} {each.description}" for each in told(ENTRIES, room))


def test_the_key_line_uses_every_cell_that_it_has() -> None:
    whole = "enter rows  o orphans  : commands  s sort  esc back  ? help"
    assert line_of(len(whole)) == whole
    # One cell less, and what is asked for least goes.
    assert line_of(len(whole) - 1) == whole.replace("  s sort", "")


def test_the_way_back_and_help_stay_in_any_width_and_what_finds_the_rest_comes_early() -> None:
    assert line_of(0) == "esc back  ? help"
    assert line_of(44) == "enter rows  o orphans  esc back  ? help"
    assert line_of(52) == "enter rows  o orphans  : commands  esc back  ? help"


@pytest.mark.parametrize("pressed", ["left", "right", "backspace", "f5"])
async def test_keys_without_a_letter_say_too_that_they_do_nothing(
    incident_database: TestDatabase, pressed: str
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press(pressed)
        await session.until_shown(f"{pressed}: no action here; ? lists the keys that work")


async def test_enter_on_an_orphan_leads_to_what_repairs_it(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        screen = await orphans_of(session)
        await session.press("enter")
        await session.until_shown("enter: no constraint declares it; is it one?")
        await session.press("j", "enter")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        await session.until_shown("audit_log.actor_id to users")
        await session.press("escape")
        await session.until(lambda: session.app.screen is screen)


async def test_a_list_of_few_rows_leaves_its_lines_to_the_text_below_it(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN, size=(80, 24)) as session:
        screen = await orphans_of(session)
        await session.until(lambda: screen.list.size.height == len(screen.list.rows) + 1)
        assert screen.pane.size.height >= 14
        await session.press("A")
        await session.until(lambda: len(screen.list.rows) > 20)
        await session.until(lambda: screen.pane.size.height == 8)


async def orphans_of(session: Session) -> OrphansScreen:
    await session.until_shown("BITES 412")
    await session.press("o")
    await session.until_shown("65 rows refer to a row that does not exist, in 2 references")
    screen = session.app.screen
    assert isinstance(screen, OrphansScreen)
    return screen


async def test_words_that_no_row_has_are_typed_again_in_the_same_field(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("p")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))
        session.app.screen.post_message(events.Paste("nobody"))
        await session.pilot.pause()
        await session.press("enter")
        await session.until_shown('No row of workspaces contains "nobody". Type other words, or a key.')
        await session.press("ctrl+u", *"acme", "enter")
        await session.until_shown("Acme GmbH", "Choose a row of workspaces")


async def test_what_is_read_of_an_option_stays_where_it_is_while_answers_come_in(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN, size=(80, 24)) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        screen = session.app.screen
        assert isinstance(screen, FixOptionsScreen)
        await session.press("J")
        await session.until(lambda: all(row.supposed for row in screen.list.rows if row.answers))
        await session.until(lambda: "today and with each option" in screen.pane.text)
        assert screen.pane.line_at(0).text.strip() != ""
        assert "What if" not in screen.pane.line_at(0).text
        await session.press("j", "k")
        await session.until(lambda: "What if" in screen.pane.line_at(0).text)


async def test_options_are_called_the_same_wherever_a_delete_is_tried_under_them(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN, size=(120, 40)) as session:
        await session.until_shown("BITES 412")
        await session.press("enter")
        await session.until_shown("Fixes (f): NO ACTION, allow NULL, RESTRICT, CASCADE")
        await session.press("b")
        await session.until_shown("1/100 read of 1,204")
        await session.press("p")
        await session.until_shown('deleting workspaces "Acme GmbH"', "BLOCKS 1,204 rows")
        await session.press("w")
        await session.until_shown("✗ NO ACTION", "✓ allow NULL", "✗ RESTRICT", "✓ CASCADE")


@pytest.mark.parametrize(("size", "beside"), [((80, 24), False), ((140, 40), False), ((200, 50), True)], ids=str)
async def test_names_and_bars_of_the_blocked_rows_are_whole_at_every_width(
    incident_database: TestDatabase, size: tuple[int, int], beside: bool
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN, size=size) as session:
        await session.until_shown("BITES 412")
        await session.press("b")
        await session.until_shown("1/100 read of 1,204", "Coral Software", "█████████")
        screen = session.app.screen
        assert isinstance(screen, BlockedScreen)
        assert (screen.blocking.region.y == screen.blocked.region.y) is beside
        if size[0] >= 140:
            await session.until_shown(
                "6adba1de-a8a5-4cbd-844e-65b86b6d6294", "00889b81-9fc1-4ee9-a6e6-67009bcb536b"
            )


async def test_a_table_named_whole_is_taken_though_others_have_its_name_in_theirs(database: TestDatabase) -> None:
    await database.execute(
        "create table hosts (id int primary key); create table dhosts (id int primary key references hosts);"
        "create table hosts_groups (id int primary key references hosts)"
    )
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("2 foreign keys")
        await session.press("T", *"hosts")
        screen = session.app.screen
        assert isinstance(screen, TablesScreen)
        await session.until(lambda: screen.list.row is not None and screen.list.row.name == "hosts")
        await session.press("down")
        await session.until(lambda: screen.list.row is not None and screen.list.row.name == "hosts_groups")
        await session.press("up", "enter")
        await session.until_shown("relations of hosts")
