"""Every key has an id and a meaning, can be set anew, and what other programs' fingers try does something sensible."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from fkdash.errors import UsageError
from fkdash.profiles import load_settings
from fkdash.tui import keys
from fkdash.tui.rebinding import binding_ids, checked_keymap
from fkdash.tui.screens.commands import Command, CommandsScreen
from fkdash.tui.screens.findings.relations import RelationsScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.screens import shown
from tests.support.servers import TestDatabase
from tests.tui.list_app import ListApp
from tests.tui.test_dashboard import Session, dashboard

NEVER = re.compile(r"ctrl\+[abhijmoqs]|alt\+.*|f1[0-2]")


def every_binding() -> list[Binding]:
    grouped = [value if isinstance(value, list) else [value] for value in vars(keys).values()]
    return [each for group in grouped for each in group if isinstance(each, Binding)]


def test_every_key_has_an_id_and_a_description_and_none_is_one_that_terminals_keep() -> None:
    assert len(every_binding()) > 40
    for binding in every_binding():
        assert binding.id, binding
        assert binding.description, binding
        for key in binding.key.split(","):
            assert not NEVER.fullmatch(key), binding


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"screen.refesh": "f5"}, "screen.refresh"),
        ({"refresh": "f5"}, "no id of a key"),
        ({"screen.refresh": "ctrl+s"}, "terminals keep for themselves"),
        ({"screen.refresh": "f5,alt+r"}, "terminals keep for themselves"),
        ({"fix.apply": "enter"}, "enter never leads to a change"),
        ({"list.down": ""}, "sets no key"),
    ],
)
def test_a_key_that_cannot_be_set_is_said_with_the_next_step(keymap: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_keymap(keymap)
    assert said in str(refused.value)
    assert refused.value.next_step


def test_every_id_that_help_shows_can_be_set() -> None:
    assert checked_keymap(dict.fromkeys(binding_ids() - {"fix.apply"}, "f5,f6"))


def test_keys_are_set_in_the_configuration_as_its_comment_shows(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[keys]\n"screen.refresh" = "r,f5"\n"list.down" = ["j", "down", "ctrl+n"]\n')
    settings = load_settings(file)
    assert checked_keymap(settings.keys) == {"screen.refresh": "r,f5", "list.down": "j,down,ctrl+n"}
    file.write_text('[keys]\n"screen.refresh" = 5\n')
    with pytest.raises(UsageError):
        load_settings(file)


def test_a_dashboard_with_a_theme_or_key_that_does_not_exist_never_opens() -> None:
    with pytest.raises(UsageError, match="There is no theme nonsense"):
        ListAppWithTheme()


class ListAppWithTheme(ListApp):
    def __init__(self) -> None:
        super(ListApp, self).__init__(theme="nonsense")


async def pressed(pilot: Pilot[int], app: ListApp, *names: str) -> tuple[int, int]:
    await pilot.press(*names)
    return app.first.list.position


async def test_what_vim_and_less_fingers_try_moves() -> None:
    app = ListApp(200)
    async with app.run_test(size=(80, 24)) as pilot:
        assert await pressed(pilot, app, "G", "g", "g") == (1, 200)
        page = await pressed(pilot, app, "space")
        assert page == await pressed(pilot, app, "g", "ctrl+f") == await pressed(pilot, app, "g", "pagedown")
        await pilot.press("g", "slash", *"orders_19", "enter")
        assert await pressed(pilot, app, "n", "n", "N") == (2, 11)
        await pilot.press("escape", "l")
        assert app.first.pane.has_focus
        await pilot.press("h")
        assert app.first.list.has_focus


@pytest.mark.parametrize("typed", ["q", "q!", "wq", "quit"])
async def test_a_colon_and_what_leaves_vim_leaves(typed: str) -> None:
    app = ListApp(20)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *typed, "enter")
        await pilot.pause()
    assert app.return_code == 0


async def test_the_screen_is_drawn_again_on_request() -> None:
    app = ListApp(20)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+l")
        assert "1/20" in shown(app)


@pytest.mark.parametrize("described", ["d", "d+", ""])
async def test_what_psql_fingers_try_goes_to_a_table(incident_database: TestDatabase, described: str) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("backslash", *described, "space", *"workspace_m", "enter")
        await session.until(lambda: isinstance(session.app.screen, RelationsScreen))
        await session.until_shown("workspace_members")


async def test_the_way_that_led_here_is_said(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        assert " > " not in session.screen
        await session.press("b")
        await session.until_shown("constraints > blocked")
        await session.press("t")
        await session.until_shown("constraints > blocked > relations of workspaces")
        await session.press("escape", "escape")
        await session.until(lambda: " > " not in session.screen)


async def test_help_and_commands_offer_only_what_can_be_set(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions(keymap={"app.explain": "X"})) as session:
        await session.until_shown("BITES 412")
        for way in (["b"], ["p"], ["f1"], ["escape", "escape", "f"], ["H"], ["t"], ["X"], ["ctrl+p"]):
            await session.press(*way)
            await session.pilot.pause()
            offered = {entry.binding_id for entry in keys.help_for(session.app.screen)}
            assert "app.help" in offered
            assert offered <= binding_ids()
        assert {row.binding_id for row in commands_of(session)} - {"table", "key"} <= binding_ids()


def commands_of(session: Session) -> tuple[Command, ...]:
    assert isinstance(session.app.screen, CommandsScreen)
    assert session.app.screen.list.rows
    return session.app.screen.list.rows
