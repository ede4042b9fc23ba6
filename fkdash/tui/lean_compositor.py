"""Textual's compositor, sending no cell outside the regions that changed, and runs of blanks as one order.

Textual sends each changed line from the beginning of its widget, however late in it the first change is: a count
at the end of a frame's edge would cost the whole edge, three bytes a cell. A test fails once it does so no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style

_BLANKS_LIKE_AN_ORDER: Final = 5
"""More blanks than these are sent as ECH, which xterm, tmux, screen, mosh and the Linux console know."""


class LeanUpdate(ChopsUpdate):
    """The changed stretches of lines, and nothing beside them."""

    def render_segments(self, console: Console) -> str:
        """Give what is sent: for each stretch where it begins, and its cells."""
        sent: list[str] = []
        for y, first, beyond in self.spans:
            reached = -1
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, beyond)
                if strip is None or start >= stop:
                    continue
                if start != reached:
                    sent.append(Control.move_to(start, y).segment.text)
                sent.append(_rendered(strip.crop(start - x, stop - x), console))
                reached = stop
        return "".join(sent)


def shows_below(style: Style | None) -> bool:
    """Tell whether a blank in this style can be told from any other."""
    return style is not None and bool(style.reverse or style.underline or style.strike or style.bgcolor)


class LeanCompositor(Compositor):
    """A compositor whose partial updates are lean."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Give what changed since the last update, None where nothing did."""
        update = super().render_partial_update()
        return LeanUpdate(update.chops, update.spans, update.chop_ends) if update is not None else None


def _rendered(strip: Strip, console: Console) -> str:
    """Give a stretch as it is sent: blanks at its end without a style, many of them as one order."""
    segments = list(strip)
    blank = 0
    while segments and not shows_below(segments[-1].style):
        last = segments[-1]
        kept = last.text.rstrip(" ")
        blank += len(last.text) - len(kept)
        segments[-1:] = [Segment(kept, last.style)] if kept else []
        if kept:
            break
    return Strip(segments).render(console) + (f"\x1b[{blank}X" if blank > _BLANKS_LIKE_AN_ORDER else " " * blank)
