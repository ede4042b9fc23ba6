"""Text that is wrapped to the width of its pane and scrolled with the keys of the lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from fkdash.db.text import plain
from fkdash.pictures.picture import TEXT_CELLS
from fkdash.tui import keys
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.painting import Line, Painter, line, wrap


class TextPane(Painter, can_focus=True):
    """Paragraphs, wrapped; showing the same ones again sends nothing, and a change only the lines it touches."""

    BINDINGS: ClassVar[list[BindingType]] = keys.MOVING

    class Scrolled(Message):
        """The number of lines below those in sight of `pane` may have changed."""

        def __init__(self, pane: TextPane) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._paragraphs: tuple[Line | Drawing, ...] = ()
        self._lines: list[Line] = []
        self._top = 0

    @property
    def text(self) -> str:
        """All paragraphs without tones, whether in sight or not: a line each, made plain as they are shown."""
        lines = [parts for item in self._paragraphs for parts in self._unwrapped(item)]
        return "\n".join(plain("".join(part.text for part in parts)).rstrip() for parts in lines)

    def _unwrapped(self, item: Line | Drawing) -> list[Line]:
        return item.lines(TEXT_CELLS, self.glyphs) if isinstance(item, Drawing) else [item]

    @property
    def below(self) -> int:
        """How many lines there are below those in sight."""
        return max(0, len(self._lines) - self._top - self.size.height)

    def show(self, paragraphs: Sequence[Line | str | Drawing], *, stay: bool = False) -> None:
        """Show these paragraphs from their beginning, or from the line that was at the top, to `stay`."""
        replaced = tuple(line(item) if isinstance(item, str) else item for item in paragraphs)
        if replaced == self._paragraphs:
            return
        before = self._scene()
        self._paragraphs = replaced
        self._wrap()
        self._top = self._bounded(self._top) if stay else 0
        self._send_difference(before)

    def action_move(self, lines: int) -> None:
        """Scroll by lines."""
        self._scroll(self._top + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self._scroll(self._top + pages * max(1, self.size.height - 1))

    def action_half_page(self, pages: int) -> None:
        """Scroll by half pages."""
        self._scroll(self._top + pages * max(1, self.size.height // 2))

    def action_first(self) -> None:
        """Scroll to the beginning."""
        self._scroll(0)

    def action_last(self) -> None:
        """Scroll to the end."""
        self._scroll(len(self._lines))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self._scroll(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self._scroll(self._top - 3)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()
        self._top = self._bounded(self._top)
        self.refresh()
        self.post_message(self.Scrolled(self))

    def line_at(self, y: int) -> Strip:
        """Give the line at `y`."""
        place = self._top + y
        return self.paint(self._lines[place] if place < len(self._lines) else (), self.inner_width)

    def _scene(self) -> list[Line]:
        return self._lines[self._top : self._top + self.size.height]

    def _wrap(self) -> None:
        width = self.inner_width
        self._lines = [part for item in self._paragraphs for part in self._in_lines(item, width)] if width else []

    def _in_lines(self, item: Line | Drawing, width: int) -> list[Line]:
        return item.lines(width, self.glyphs) if isinstance(item, Drawing) else wrap(item, width, self.glyphs)

    def _bounded(self, top: int) -> int:
        return max(0, min(top, len(self._lines) - self.size.height))

    def _scroll(self, top: int) -> None:
        before = self._scene()
        self._top = self._bounded(top)
        self._send_difference(before)

    def _send_difference(self, before: list[Line]) -> None:
        after = self._scene()
        longest = max(len(before), len(after))
        self.refresh_lines(
            [y for y in range(longest) if y >= len(before) or y >= len(after) or before[y] != after[y]]
        )
        self.post_message(self.Scrolled(self))
