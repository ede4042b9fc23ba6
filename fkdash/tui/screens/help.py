"""Which keys work on a screen, by task, made from its bindings; / searches them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from fkdash.tui.keys import TASKS, Help, task_of
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Part, Tone, line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

_ADVICE = (
    "A list's filter (/) takes words that must all occur; !word must not occur; severity:error, table:users or",
    'action:"set null" look at one field. To select text with the mouse, hold Shift.',
    "Keys can be changed in the configuration by the id at the right.",
)


class HelpScreen(BaseScreen):
    """All keys of the screen below it."""

    MARKABLE = False

    def __init__(self, entries: Sequence[Help]) -> None:
        super().__init__()
        self._entries = sorted(
            entries, key=lambda entry: (TASKS.index(task_of(entry.binding_id)), not entry.enabled)
        )
        self.list = RowList[Help](
            [
                ListColumn("for", lambda entry: task_of(entry.binding_id), 8, tone=lambda _: "muted"),
                ListColumn("key", lambda entry: " ".join(entry.keys), 10, tone=_key_tone),
                ListColumn("what it does", lambda entry: entry.description, 16, tone=_tone),
                ListColumn("id", lambda entry: entry.binding_id, 10, tone=lambda _: "muted"),
                ListColumn("more", lambda entry: entry.explanation, 20, extra=True),
            ],
            key=lambda entry: entry.binding_id,
            id="keys-here",
        )
        self._title, self._pane = RuleLine(), TextPane(id="help")

    def body(self) -> Iterable[Widget]:
        """Give the list of keys, and what the one under the cursor does."""
        yield Frame(ListBar(self.list, "keys"), self.list, id="left", over=True)
        yield Frame(self._title, self._pane, id="right", under=True)

    def on_mount(self) -> None:
        """Fill the list of keys."""
        self.consequence.tell("These keys work on the screen that you came from. / searches, esc goes back.")
        self.list.show_rows(self._entries)

    def on_row_list_moved(self) -> None:
        """Tell what the key under the cursor does."""
        entry = self.list.row
        if entry is not None:
            self._title.tell(f"{' '.join(entry.keys)}  {entry.description}")
            unavailable = "" if entry.enabled else " It is not available there now."
            self._pane.show([line(Part(f"{entry.explanation}.", "strong"), unavailable), "", " ".join(_ADVICE)])


def _key_tone(entry: Help) -> Tone:
    return "key" if entry.enabled else "muted"


def _tone(entry: Help) -> Tone:
    return "plain" if entry.enabled else "muted"
