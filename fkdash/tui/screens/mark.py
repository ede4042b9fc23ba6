"""Marks what the screen below shows for the report, under a title or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget

from fkdash.counted import counted
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.report.marks import Shown


class MarkScreen(BaseScreen):
    """A field for the title, and below it what is kept; enter calls `keep` with the title."""

    AUTO_FOCUS = "Input"
    MARKABLE = False

    def __init__(self, shown: Shown, keep: Callable[[str], None]) -> None:
        super().__init__()
        self._shown, self._keep = shown, keep
        self._field = Field(id="title", placeholder="a title, or just enter")
        self._title, self._pane = RuleLine(), TextPane(id="detail")

    def body(self) -> Iterable[Widget]:
        """Give the field and what is kept."""
        heading = RuleLine("a title in the report", enter="keeps it")
        yield Frame(heading, self._field, self._title, self._pane, id="left")

    def on_mount(self) -> None:
        """Say what is kept."""
        self.consequence.tell("Mark this for the report? Type a title, or just enter; esc keeps nothing.")
        self._title.tell(self._shown.subject)
        self._pane.show(_kept(self._shown))

    def on_input_submitted(self) -> None:
        """Keep it."""
        self._keep(self._field.value)


def _kept(shown: Shown) -> list[Line | str]:
    lines: list[Line | str] = [line(Part(shown.said, "strong"))] if shown.said else []
    for table in shown.tables:
        rows = counted(len(table.rows) + table.beyond, "rows")
        titles = ", ".join(filter(None, table.titles))
        lines.append(line(Part(f"{len(table.rows):,} of {rows}: ", "muted"), titles))
    return [*lines, *shown.lines]
