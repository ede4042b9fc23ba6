"""Numbers as bars, the largest first: who holds how many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import filled
from fkdash.pictures.picture import LEAST_CELLS, Picture, Role, Span, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.pictures.picture import Pen

_WIDEST_NAME = 2 / 5
_LONGEST_BAR = 40


@fact
class Bar:
    """Something with a name and a number; `exact` False makes the number a lower limit."""

    name: str
    number: int
    exact: bool = True

    @property
    def told(self) -> str:
        """The number in words."""
        return f"{'' if self.exact else 'at least '}{self.number:,}"


def bars(items: Sequence[Bar], width: int, pen: Pen, *, beyond: str = "", role: Role = "blocks") -> Picture:
    """Give a line each, the largest first, all bars to one scale; `beyond` is said below, such as "409 more"."""
    if width < LEAST_CELLS or not items:
        return ()
    ordered = sorted(items, key=lambda item: -item.number)
    numbers = [item.told for item in ordered]
    number_cells = max(map(len, numbers))
    names = [pen.plain(item.name) for item in ordered]
    room = width - number_cells - 2
    name_cells = max(0, min(max(map(cell_len, names)), int(width * _WIDEST_NAME), room))
    cells = min(_LONGEST_BAR, room - name_cells - 1)
    largest = ordered[0].number
    rows = [
        (
            Span(filled(pen.fit(name, name_cells), name_cells) + "  "),
            Span(number.rjust(number_cells), "strong"),
            Span(f" {drawn}" if (drawn := bar(item.number, largest, cells, pen)) else "", role),
        )
        for item, name, number in zip(ordered, names, numbers, strict=True)
    ]
    return (*rows, (Span(pen.fit(beyond, width), "muted"),)) if beyond else tuple(rows)
