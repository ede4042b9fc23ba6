"""The list, the bars around it and the help screen, driven by keys."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from textual.geometry import Region

from fkdash.errors import UsageError
from fkdash.tui import keys
from fkdash.tui.plain import ASCII
from fkdash.tui.screens.help import HelpScreen
from fkdash.tui.widgets.row_list import LOOKING, RowList
from tests.support.patience import LONG_ENOUGH
from tests.support.screens import shown
from tests.tui.hostile import HOSTILE, INVISIBLE
from tests.tui.list_app import Key, ListApp, some_keys

SIZE = (80, 24)


def name_of(app: ListApp) -> str:
    row = app.first.list.row
    return row.name if row else ""


@pytest.mark.parametrize(
    ("pressed", "place"),
    [
        (["j"], 1), (["down", "down", "k"], 1), (["G"], 199), (["end", "up"], 198), (["G", "g"], 0),
        (["end", "home"], 0),
        (["pagedown"], 7), (["pagedown", "pageup"], 0), (["ctrl+d"], 4), (["ctrl+d", "ctrl+d", "ctrl+u"], 4),
        (["up"], 0),
    ],
)  # fmt: skip
async def test_vim_keys_and_arrows_move_the_cursor(pressed: list[str], place: int) -> None:
    app = ListApp(200)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*pressed)
        assert app.first.list.position == (place + 1, 200)
        assert name_of(app) in shown(app)


async def test_the_filter_follows_each_letter_and_escape_takes_it_back() -> None:
    app = ListApp(200)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "j", "j")
        await pilot.press("slash", *"orders_19")
        assert app.first.list.position[1] == 11
        assert "/orders_19" in shown(app)
        await pilot.press("j")
        assert app.first.list.position[1] == 0
        assert "No row matches orders_19j" in shown(app)
        await pilot.press("backspace", "enter", "j")
        assert app.first.list.filter_text == "orders_19"
        assert name_of(app) == "orders_190.workspace_id"
        await pilot.press("escape")
        assert app.first.list.position == (191, 200)
        await pilot.press("enter")
        assert app.first.opened == ["orders_190.workspace_id"]


async def test_conditions_on_fields_filter_the_list() -> None:
    app = ListApp(200)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"severity:error", "space", *"!table:table_0", "enter")
        assert [row.number for row in app.first.list.shown_rows] == [50, 100, 150]


async def test_every_heading_is_a_name_to_filter_by() -> None:
    app = ListApp(200)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(
            "slash", *"on_delete:action", "space", *"state:bites", "space", *"references:_50", "enter"
        )
        assert [row.number for row in app.first.list.shown_rows] == [50]
        await pilot.press("escape", "slash", *"columns:x", "enter")
        assert "There is no columns: to filter by; there is constraint, references, on_delete" in shown(app)


async def test_a_list_that_was_looking_says_that_nothing_came() -> None:
    app = ListApp(0)
    async with app.run_test(size=SIZE) as pilot:
        app.first.list.empty = LOOKING

        async def fails() -> None:
            raise UsageError("The server is gone.", next_step="Connect again.")

        await app.first.run_cancellable(fails, doing="Looking").wait()
        await pilot.pause()
        assert "Looking ..." not in shown(app)
        assert "Not known: what was asked did not end." in shown(app)


async def test_sorting_and_reversing_is_named_above_the_list() -> None:
    app = ListApp(20)
    async with app.run_test(size=SIZE) as pilot:
        assert "sort as declared  1/20" in shown(app)
        await pilot.press("s", "S")
        assert "sort name reversed" in shown(app)
        assert app.first.list.shown_rows[0].number == 9


async def test_a_key_without_meaning_and_a_disabled_one_say_why() -> None:
    app = ListApp(20)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("Z")
        assert "Z: no action here; ? lists the keys that work" in shown(app)
        await pilot.press("number_sign")
        assert "#: no action here; ? lists the keys that work" in shown(app)
        await pilot.press("b")
        assert "b: nothing blocks a delete here" in shown(app)


async def test_the_key_line_shows_what_works_here_and_help_shows_every_binding() -> None:
    app = ListApp(20)
    async with app.run_test(size=(80, 50)) as pilot:
        bottom = shown(app).splitlines()[-1]
        assert "enter open" in bottom
        assert "? help" in bottom
        assert "b blocked" not in bottom
        identities = {entry.binding_id for entry in keys.help_for(app.screen)}
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        screen = shown(app)
        assert all(identity in screen for identity in identities)
        assert "down j" in screen
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_every_binding_has_an_id_and_a_description() -> None:
    app = ListApp(2)
    async with app.run_test(size=SIZE):
        for active in app.screen.active_bindings.values():
            assert active.binding.id, active.binding
            assert active.binding.description, active.binding


async def test_keys_can_be_bound_anew_by_id() -> None:
    app = ListApp(20)
    app.set_keymap({"list.down": "n", "list.filter": "F"})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("n")
        assert app.first.list.position == (2, 20)
        await pilot.press("F", "7")
        assert app.first.list.filter_text == "7"


@pytest.mark.parametrize("name", [*HOSTILE, *INVISIBLE])
async def test_hostile_names_are_shown_as_plain_text(name: str) -> None:
    app = ListApp(0)
    async with app.run_test(size=(160, 24)) as pilot:
        app.first.list.show_rows([Key(1, name, "t")])
        app.first.say(name)
        app.first.consequence.tell(name)
        await pilot.pause()
        app.first.pane.show([name])
        await pilot.pause()
        assert shown(app).count(INVISIBLE.get(name, name)) == 4


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_the_state_stays_readable_at_every_size(size: tuple[int, int]) -> None:
    app = ListApp(200)
    async with app.run_test(size=size):
        screen = shown(app)
        assert "BITES" in screen
        assert "LOOKING" in screen
        assert "PRODUCTION" in screen
        assert "? help" in screen
        assert "! orders_0" in screen


async def test_ascii_glyphs_put_only_ascii_on_the_screen() -> None:
    app = ListApp(200, glyphs=ASCII)
    async with app.run_test(size=(70, 18)) as pilot:
        await pilot.press("slash", "7")
        assert shown(app).isascii()


async def test_a_refresh_repaints_only_the_rows_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ListApp(200)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        regions: list[tuple[Region, ...]] = []
        monkeypatch.setattr(RowList, "refresh", lambda _self, *areas, **_more: regions.append(areas))
        app.first.list.show_rows(some_keys(200))
        assert regions == []
        rows = some_keys(200)
        rows[3] = replace(rows[3], action="RESTRICT")
        app.first.list.show_rows(rows)
        assert [[area.y for area in areas] for areas in regions] == [[4]]


async def test_a_command_is_found_by_typing_and_carried_out_on_the_screen_it_came_from() -> None:
    app = ListApp(20)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "colon", *"open")
        assert "/open" in shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.first.opened == ["orders_1.workspace_id"]
        await pilot.press("ctrl+p", "z", "escape")
        assert app.first.list.has_focus


async def test_a_terminal_that_is_too_small_from_the_start_says_so() -> None:
    app = ListApp(20)
    async with app.run_test(size=(59, 16)) as pilot:
        await pilot.pause()
        assert "Too small: 59x16" in shown(app)
        await pilot.press("j")
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert "1/20" in shown(app)


async def test_what_takes_longer_than_a_second_shows_its_time_and_can_be_cancelled() -> None:
    app = ListApp(20)
    async with app.run_test(size=SIZE) as pilot:
        ended: list[str] = []

        async def wait() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        app.first.run_cancellable(wait, doing="Waiting")
        async with asyncio.timeout(LONG_ENOUGH):
            while not re.search(r"Waiting \.\.\. \d+ s   ctrl\+c cancels", shown(app)):
                await pilot.pause(0.05)
        await pilot.press("j")
        assert app.first.list.position == (2, 20)
        await pilot.press("ctrl+c")
        assert ended == ["cancelled"]
        assert "Cancelled; what was shown stays." in shown(app)
        await pilot.press("ctrl+c")
        assert "Nothing is running. q quits." in shown(app)


async def test_a_click_chooses_a_row() -> None:
    app = ListApp(20)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(app.first.list, offset=(5, 4))
        assert app.first.list.position == (4, 20)
