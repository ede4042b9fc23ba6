"""A plan's statements as text to edit. Leaving checks them; what is no longer the plan can only be exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import TextArea

from fkdash.db.text import plain
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import Frame


class SqlField(TextArea):
    """Takes text without the control characters that a terminal would obey."""

    def on_paste(self, event: events.Paste) -> None:
        """Take it with its control characters spelled out, where Textual takes them as they are."""
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").expandtabs()
        self.insert(visible_lines(text))


class FixEditScreen(BaseScreen):
    """The text as it was left last; `leave` takes it, None where it is as it was planned."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.AS_PLANNED]
    AUTO_FOCUS = "SqlField"

    def __init__(self, planned: str, text: str, leave: Callable[[str | None], None]) -> None:
        super().__init__()
        self._planned, self._leave = planned, leave
        self.field = SqlField(text, id="sql", theme="css", compact=True)

    def body(self) -> Iterable[Widget]:
        """Give the text."""
        yield Frame(RuleLine("statements"), self.field, id="left")

    def on_mount(self) -> None:
        """Say what an edit leads to."""
        self.field.cursor_blink = False
        self.consequence.tell(
            "Edit, then esc: it is checked, and applied only while it does what the plan says. Nothing runs here."
        )

    def action_as_planned(self) -> None:
        """Put back what was planned."""
        self.field.load_text(self._planned)

    def action_back(self) -> None:
        """Go back with the text."""
        text = self.field.text
        self.app.pop_screen()
        self._leave(None if text == self._planned else text)


def visible_lines(text: str) -> str:
    """Give text whose characters, but for the line breaks, can all be seen."""
    return "\n".join(map(plain, text.split("\n")))
