"""One line to type in: without a blinking cursor, and in ASCII where the terminal has nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Input


class Field(Input):
    """Textual's field; in ASCII every other character is shown as a question mark, and kept as it is."""

    def __init__(self, *, id: str | None = None, placeholder: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, placeholder=placeholder, compact=True)
        # It costs 2 to 3 KB/s.
        self.cursor_blink = False

    def render_line(self, y: int) -> Strip:
        """Give the line."""
        strip = super().render_line(y)
        glyphs = getattr(self.app, "glyphs", None)
        if glyphs is None or not glyphs.ascii_only or strip.text.isascii():
            return strip
        return Strip(_in_ascii(strip), strip.cell_length)


def _in_ascii(segments: Iterable[Segment]) -> Iterable[Segment]:
    for text, style, control in segments:
        shown = "".join(each if each.isascii() else "?" * cell_len(each) for each in text)
        # A character that joins others may take fewer cells with them than each takes alone.
        yield Segment(shown[: cell_len(text)].ljust(cell_len(text)), style, control)
