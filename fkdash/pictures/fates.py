"""The same delete today and with each option, side by side: what is refused, what goes, what stays changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import filled, in_lines
from fkdash.pictures.picture import LEAST_CELLS, Picture, Role, Span, bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.pictures.picture import Pen

_LONGEST_BAR = 30
_LEAST_WORDS = 24
_INDENT = 4


@fact
class Outcome:
    """What the delete does under `name`: whether it works (None: not known), in words, and to how many rows.

    `stopping` rows stand in its way; otherwise `deleted` rows go and `changed` rows stay and are written to.
    """

    name: str
    works: bool | None
    words: str
    stopping: int = 0
    deleted: int = 0
    changed: int = 0


def fates(outcomes: Sequence[Outcome], width: int, pen: Pen) -> Picture:
    """Give a line for each, the rows as bars to one scale; words that do not fit go on below where they began.

    The scale is that of the outcome that concerns most rows; what goes and what changes stand one after the other.
    """
    if width < LEAST_CELLS or not outcomes:
        return ()
    names = min(max(cell_len(pen.plain(each.name)) for each in outcomes), width // 3)
    words = max(cell_len(pen.plain(each.words)) for each in outcomes)
    head = 2 + names + 2
    cells = min(_LONGEST_BAR, width - head - words - 2)
    beside = cells >= len(pen.blocks[-1]) * 4
    # Where names leave the words too little, each outcome has a line of its own below its name.
    under = head if width - head >= _LEAST_WORDS else _INDENT
    cells = cells if beside else min(_LONGEST_BAR, width - under)
    largest = max(max(each.stopping, each.deleted + each.changed) for each in outcomes)
    rows: list[tuple[Span, ...]] = []
    for each in outcomes:
        mark = pen.unknown if each.works is None else pen.works if each.works else pen.fails
        role: Role = "waits" if each.works is None else "good" if each.works else "blocks"
        stopping = bar(each.stopping, largest, cells, pen)
        goes, changes = (0, 0) if each.stopping else (each.deleted, each.changed)
        deleted = _solid(goes, largest, cells - (changes > 0), pen.gone)
        changed = _solid(changes, largest, cells - len(deleted), pen.changed)
        drawn = (Span(stopping, "blocks"), Span(deleted, "deletes"), Span(changed, "nulls"))
        start = (Span(f"{mark} ", role), Span(filled(pen.fit(each.name, names), names) + "  ", "strong"))
        if beside:
            rows.append((*start, Span(filled(pen.plain(each.words), words) + "  "), *drawn))
        else:
            rows += _below(start, in_lines(pen.plain(each.words), width - under, width - under), drawn, under)
    return tuple(rows)


def _below(
    start: tuple[Span, ...], words: Iterable[str], drawn: tuple[Span, ...], under: int
) -> list[tuple[Span, ...]]:
    margin = Span(" " * under)
    below: list[tuple[Span, ...]] = [(margin, Span(each)) for each in words]
    first: tuple[Span, ...] = start
    if under > _INDENT:
        first, below = (*start, *below[0][1:]), below[1:]
    if any(span.text for span in drawn):
        below.append((margin, *drawn))
    return [first, *below]


def _solid(number: int, largest: int, cells: int, block: str) -> str:
    if number <= 0 or largest <= 0:
        return ""
    return block * min(cells, max(1, number * cells // largest))
