"""Which keys work on a screen, made from its bindings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from fkdash.tui.keys import Help
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.text_pane import TextPane

_ADVICE = (
    "The list filter (/) takes words that must all occur; !word must not occur; severity:error, table:users or",
    'action:"set null" look at one field. To select text with the mouse, hold Shift.',
    "Keys can be changed in the configuration by the id at the right.",
)


class HelpScreen(BaseScreen):
    """All keys of the screen below it."""

    MARKABLE = False

    def __init__(self, entries: Sequence[Help]) -> None:
        super().__init__()
        self._entries = tuple(entries)
        self._pane = TextPane(id="help")

    def body(self) -> Iterable[Widget]:
        """Give the list of keys."""
        return (Frame(RuleLine("keys"), self._pane, id="left"),)

    def on_mount(self) -> None:
        """Fill the list of keys."""
        self.consequence.tell("These keys work on the screen that you came from. esc goes back to it.")
        self._pane.show([*map(_described, self._entries), line(""), line(" ".join(_ADVICE))])
        self._pane.focus()


def _described(entry: Help) -> Line:
    tone: Tone = "key" if entry.enabled else "muted"
    unavailable = "" if entry.enabled else " (not available now)"
    return line(
        Part(f" {' '.join(entry.keys):<18} ", tone),
        f"{entry.explanation}{unavailable}  ",
        Part(entry.binding_id, "muted"),
    )
