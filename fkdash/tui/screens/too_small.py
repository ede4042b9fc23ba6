"""Shown while the terminal is too small to be used."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from fkdash.tui import keys
from fkdash.tui.widgets.painting import Lines, line


class TooSmall(ModalScreen[None], inherit_bindings=False):
    """Says how large the terminal must be; nothing but quitting works."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.key("app.quit", "q", "app.quit", "quit")]

    def __init__(self, least_width: int, least_height: int) -> None:
        super().__init__()
        self._least = (least_width, least_height)
        self._notice = Lines(id="notice")

    def compose(self) -> ComposeResult:
        """Show the notice."""
        yield self._notice

    def on_resize(self) -> None:
        """Say the present size."""
        width, height = self.app.size
        self._notice.show(
            [
                line(f"Too small: {width}x{height}"),
                line(f"fkdash needs {self._least[0]}x{self._least[1]}"),
                line("q quits"),
            ]
        )
