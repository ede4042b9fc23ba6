"""A frame around a part of a screen: its title above, how much more there is below, heavy where the keys go."""

from __future__ import annotations

from sys import maxsize
from typing import TYPE_CHECKING

from textual.containers import Vertical

from fkdash.tui.widgets.bars import BottomEdge, Edge
from fkdash.tui.widgets.painting import Painter
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from textual.widget import Widget

WIDE = 120
"""From this width on, in cells, the parts of a screen stand beside each other."""
BROAD = 180
"""From this width on three parts do, and two lists of rows with their keys."""
_TEXT_LINES = 11
"""What the text below a list has at most, its edges included, unless the list needs less than is left."""


def share_lines(upper: Widget, lower: Widget, rows: int) -> None:
    """Give the lines below the last of a list's few `rows` to the text, where it stands below the list."""
    needed = rows + 2  # the edge above, and the titles
    few = upper.app.size.width < WIDE and rows and needed < upper.size.height + lower.size.height - _TEXT_LINES
    if few:
        upper.styles.height, lower.styles.height = needed, "1fr"
    elif upper.styles.inline.has_rule("height"):
        upper.styles.clear_rule("height")
        lower.styles.clear_rule("height")


class Frame(Vertical):
    """Widgets below an edge that has their title.

    While the terminal is narrow, a frame that stands `over` another has its lower edge in common with it, which
    is `under`: a line more for what they hold. `stacked` frames stand so at any width, others up to `beside`.
    """

    def __init__(
        self,
        top: Edge,
        *content: Widget,
        id: str,  # noqa: A002 - Textual's name
        over: bool = False,
        under: bool = False,
        stacked: bool = False,
        beside: int = WIDE,
        classes: str = "",
    ) -> None:
        self._bottom = BottomEdge()
        joined = " -joined" if over and stacked else " -over" if over else ""
        super().__init__(top, *content, self._bottom, id=id, classes=f"frame{joined} {classes}".strip())
        if under:
            top.joins = maxsize if stacked else beside
        for each in (top, *content, self._bottom):
            if isinstance(each, Painter):
                each.frame = self
                each.framed = not isinstance(each, Edge)
            if isinstance(each, Edge) and each is not top:
                each.joins = maxsize

    @property
    def has_the_keys(self) -> bool:
        """Whether what is typed goes into this frame."""
        # What a worker has found may be told after its screen has gone.
        focused = self.screen.focused if self.is_attached else None
        return focused is not None and self in focused.ancestors

    @property
    def shares_its_lower_edge(self) -> bool:
        """Whether the frame below has it, so that nothing can stand there."""
        return not self._bottom.display

    def on_mount(self) -> None:
        """Have the sides beside what Textual paints in ASCII too, where there is nothing else."""
        self.set_class(self._bottom.glyphs.ascii_only, "-in-ascii")

    def on_descendant_focus(self) -> None:
        """Show that the keys go here."""
        self._tell_edges()

    def on_descendant_blur(self) -> None:
        """Show that the keys go elsewhere."""
        self._tell_edges()

    def on_row_list_arranged(self, event: RowList.Arranged) -> None:
        """Say how many rows there are below those in sight."""
        self._bottom.tell(event.row_list.below, "")

    def on_text_pane_scrolled(self, event: TextPane.Scrolled) -> None:
        """Say how many lines there are below those in sight."""
        self._bottom.tell(event.pane.below, "J")

    def _tell_edges(self) -> None:
        for each in self.query_children():
            if isinstance(each, Edge):
                each.tell_again()
            elif isinstance(each, Painter):
                each.refresh_sides()
            else:
                # A class of its own: with :focus-within Textual would paint everything in the frame again.
                each.set_class(self.has_the_keys, "-has-keys")
