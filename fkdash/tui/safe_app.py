"""The application below the dashboard: faults, signals, suspension, sizes and keys that mean nothing."""

from __future__ import annotations

import gc
import io
from collections import deque
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console
from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.message import Message

from fkdash.errors import UsageError
from fkdash.tui import keys
from fkdash.tui.driver import SafeDriver
from fkdash.tui.plain import UNICODE, Glyphs
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.help import HelpScreen
from fkdash.tui.screens.too_small import TooSmall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.screen import Screen

    from fkdash.tui.screens.commands import Command

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
_FINGERS_TRY = frozenset(
    {"enter", "left", "right", "backspace", "delete", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"}
)
"""Keys without a character that get an answer too where they do nothing."""


_LONGEST_ON_THE_WAY = 0.5
"""Seconds after which the next key no longer waits for the one before: what had it may be gone."""


class KeyWentThrough(Message):
    """Follows a key to all that may take it, and so says when none of them will any more."""


class SafeApp(App[int], inherit_bindings=False):
    """An application that ends cleanly whatever ends it, and never shows a traceback.

    `fault` is the first exception that nothing handled; `farewell` is printed
    once the terminal has been given back.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.APPLICATION
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = Path(__file__).with_name("styles.tcss")
    ESCAPE_TO_MINIMIZE = False

    def __init__(self, *, theme: str = "ansi-dark", glyphs: Glyphs = UNICODE) -> None:
        self.fault: BaseException | None = None
        self.farewell = ""
        self.glyphs = glyphs
        self._early: deque[events.Key | events.Paste] = deque()
        self._opening: Screen[object] | None = None
        self._screen_since = -inf
        self._on_the_way_until = -inf
        super().__init__(driver_class=SafeDriver)
        if theme not in self.available_themes:
            raise UsageError(
                f"There is no theme {theme}.", next_step=f"There are {', '.join(sorted(self.available_themes))}."
            )
        # Any other theme would be sent as greys.
        if self.no_color and not theme.startswith("ansi-"):
            theme = "ansi-dark"
        self.theme = theme
        self.set_class(glyphs.ascii_only, "-ascii")
        # Textual prints its account of a fault there, values of local variables included.
        self.error_console = Console(file=io.StringIO())

    def on_mount(self) -> None:
        """Repaint when the shell brings the application back: the terminal has forgotten the screen."""
        self.app_resume_signal.subscribe(self, self._repaint)
        self.screen_change_signal.subscribe(self, self._screen_changed)

    def on_ready(self) -> None:
        """Let the garbage collector work again where it rested until now, on what comes after the first frame."""
        if not gc.isenabled():
            self.call_after_refresh(_wake_collector)

    def _repaint(self, _app: object) -> None:
        self.screen.refresh(layout=True)

    def action_redraw(self) -> None:
        """Draw everything again, over whatever has disturbed the terminal."""
        self.screen.refresh(layout=True)

    def action_help(self) -> None:
        """Show the keys of the present screen."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(keys.help_for(self.screen)))

    def action_commands(self) -> None:
        """Offer what can be done on the present screen."""
        from fkdash.tui.screens.commands import CommandsScreen  # loaded when it is wanted

        if isinstance(self.screen, BaseScreen) and not isinstance(self.screen, CommandsScreen):
            self.push_screen(CommandsScreen(self.screen, self.places()))

    def places(self) -> Sequence[Command]:
        """Give where one can go by name."""
        return ()

    def action_interrupt(self) -> None:
        """Cancel what the present screen waits for, or say how to leave."""
        screen = self.screen
        if not (isinstance(screen, BaseScreen) and screen.interrupt()):
            self.answer("Nothing is running. q quits.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse everything but quitting while the terminal is too small."""
        del parameters
        return action == "quit" or not isinstance(self.screen, TooSmall)

    def hang_up(self, exit_status: int) -> None:
        """Leave because a signal says so or the terminal is gone; what waits is cancelled."""
        self.exit(return_code=exit_status)

    def _handle_exception(self, error: Exception) -> None:
        # Textual offers no public place to learn of a fault, and exits with status 0 after some.
        if self.fault is None:
            self.fault = getattr(error, "error", None) or error
        super()._handle_exception(error)

    def on_resize(self) -> None:
        """Look whether the terminal can be used."""
        self.call_later(self._check_size)

    def _check_size(self) -> None:
        """Say so when the terminal is too small to be used, and take no other key than quit."""
        too_small = self.size.width < LEAST_WIDTH or self.size.height < LEAST_HEIGHT
        if too_small and isinstance(self.screen, BaseScreen):
            self.push_screen(TooSmall(LEAST_WIDTH, LEAST_HEIGHT))
        elif not too_small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing here."""
        if self._typed_ahead(event):
            # It was sent to the screen before and comes back for the bindings of this one.
            event.prevent_default()
            return
        if isinstance(self.screen, TooSmall) or not (event.is_printable or event.key in _FINGERS_TRY):
            return
        reason = keys.why_not(self.screen, event.key)
        if reason:
            typed = (event.character or "") if event.is_printable else ""
            self.answer(f"{self.glyphs.plain(typed.strip()) or keys.spelling(event.key)}: {reason}")

    async def on_event(self, event: events.Event) -> None:
        """Hand what is typed to the screen that the keys before it open, however quickly it follows them.

        Over a slow link a command often arrives in one piece: the screen that it opens is then not there yet. So
        a key goes out only when the one before has been through all that may take it.
        Dropped is only what was typed before a screen that writes could be seen.
        """
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not event.is_forwarded:
            self._early.append(event)
            if monotonic() < self._on_the_way_until and len(self._early) == 1:
                self.set_timer(_LONGEST_ON_THE_WAY, self._take_early)
            await self._take_early()
        elif event.time < self._screen_since:
            # It comes back from a screen that is not the present one any more, where nothing took it.
            self._early.append(_anew(event))
            await self._take_early()
        elif isinstance(event, events.Paste):
            self._paste_untaken(event.text)
        elif not self._typed_ahead(event):
            await super().on_event(event)

    async def _take_early(self) -> None:
        while self._early and self._opening is None and monotonic() >= self._on_the_way_until:
            event = self._early.popleft()
            if self._typed_ahead(event):
                continue
            if isinstance(event, events.Key) and isinstance(self.screen, BaseScreen):
                self.screen.status.leave()
            event.time = max(event.time, self._screen_since)
            self._on_the_way_until = monotonic() + _LONGEST_ON_THE_WAY
            takes_it = self.focused or self.screen
            await super().on_event(event)
            takes_it.post_message(KeyWentThrough())

    async def on_key_went_through(self) -> None:
        """Let the next key go out."""
        self._on_the_way_until = -inf
        await self._take_early()

    def _screen_changed(self, screen: Screen[object]) -> None:
        """Hold back what is typed until the screen knows where its keys go."""
        self._screen_since = monotonic()
        self._opening = screen
        screen.call_later(self._opened, screen)
        self._check_size()

    def _opened(self, screen: Screen[object]) -> None:
        if self._opening is screen:
            self._opening = None
            self.call_later(self._take_early)

    def _paste_untaken(self, text: str) -> None:
        screen = self.screen
        if isinstance(screen, BaseScreen) and not screen.take_pasted(text):
            working = {each.binding_id: each.keys[0] for each in keys.help_for(screen) if each.enabled}
            explain = working.get("app.explain")
            then = f"; {explain} takes an error, and explains it" if explain else ""
            self.answer(f"Nothing here takes what was pasted{then}.")

    def _typed_ahead(self, event: events.Event) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return isinstance(screen, BaseScreen) and event.time < screen.takes_keys_from

    def answer(self, message: str) -> None:
        """Answer a key on the current screen's status line, if it has one, until the next key."""
        if isinstance(self.screen, BaseScreen):
            self.screen.status.answer(message)

    def say(self, message: str) -> None:
        """Show a message on the current screen's status line, if it has one."""
        if isinstance(self.screen, BaseScreen):
            self.screen.say(message)


def _anew(event: events.Key | events.Paste) -> events.Key | events.Paste:
    """Give the same event as it was before any screen had it."""
    again = events.Key(event.key, event.character) if isinstance(event, events.Key) else events.Paste(event.text)
    again.time = event.time
    return again


def _wake_collector() -> None:
    gc.freeze()
    gc.enable()
