"""A picture as a paragraph of a pane: it is drawn anew to the width that the pane has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from fkdash.fact import fact
from fkdash.pictures.picture import Picture, Role, pen_for
from fkdash.tui.widgets.painting import Line, Part, Tone

if TYPE_CHECKING:
    from fkdash.tui.plain import Glyphs

_TONES: Final[dict[Role, Tone]] = {
    "plain": "plain",
    "strong": "strong",
    "muted": "muted",
    "name": "name",
    "deletes": "deletes",
    "nulls": "nulls",
    "refuses": "refuses",
    "blocks": "error",
    "waits": "warning",
    "good": "good",
}


@fact
class Drawing:
    """A function of `fkdash.pictures` and what it draws; equal ones show the same, so that nothing is sent."""

    draw: Callable[..., Picture]
    of: tuple[Any, ...]

    def lines(self, width: int, glyphs: Glyphs) -> list[Line]:
        """Give the picture at most `width` cells wide, in the tones of the dashboard."""
        picture = self.draw(*self.of, width, pen_for(ascii_only=glyphs.ascii_only))
        return [tuple(Part(span.text, tone_of(span.role)) for span in row if span.text) for row in picture]


def tone_of(role: Role) -> Tone:
    """Give how a role looks in the dashboard."""
    return _TONES[role]
