"""A field for a name that has to be typed exactly, whatever characters it has."""

from __future__ import annotations

from textual import events

from fkdash.catalog.table_name import visible
from fkdash.db.text import plain
from fkdash.tui.plain import ASCII, UNICODE
from fkdash.tui.widgets.field import Field


class NameField(Field):
    r"""Takes the name itself, pasted with its line breaks and control characters, or as it is shown.

    So are `a\nb`, and `"a "` for one with a blank at its end.
    """

    def __init__(self, wanted: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._spellings = {
            spelled(name) for spelled in (str, UNICODE.plain, ASCII.plain) for name in (wanted, visible(wanted))
        }
        self._pasted, self._shown = "", ""

    @property
    def matches(self) -> bool:
        """Whether the name is there, nothing more and nothing less, but for a line break behind a pasted one."""
        text = self._pasted if self._pasted and self.value == self._shown else self.value
        return text in self._spellings or text.removesuffix("\n").removesuffix("\r") in self._spellings

    def on_paste(self, event: events.Paste) -> None:
        """Take all of it, where Textual takes the first line."""
        event.stop()
        event.prevent_default()
        self._pasted, self._shown = event.text, plain(event.text.rstrip("\r\n"))
        self.value = self._shown
