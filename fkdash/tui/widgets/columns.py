"""Which columns of a list fit, how wide each is, and how a cell is padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.cells import cell_len

from fkdash.tui.widgets.painting import Tone

RowT = TypeVar("RowT")
GAP = 1


@dataclass(frozen=True, slots=True)
class ListColumn(Generic[RowT]):
    """A column: its title, a row's text in it, and the least number of cells in which it is of use.

    As the terminal narrows, the column with the highest `priority` goes first;
    one with priority 0 never goes.
    """

    title: str
    text: Callable[[RowT], str]
    least: int
    priority: int = 0
    tone: Callable[[RowT], Tone] | None = None
    right: bool = False


@dataclass(frozen=True, slots=True)
class Order(Generic[RowT]):
    """A way to sort a list, by a key of each row; without one the rows stand as they came."""

    title: str
    key: Callable[[RowT], Any] | None = None
    descending: bool = False


def fitting(
    leasts: Sequence[int], naturals: Sequence[int], priorities: Sequence[int], width: int
) -> list[tuple[int, int]]:
    """Give (column number, cells) for the columns shown in `width` cells.

    A column never takes more than its natural width; room to spare goes to
    those that need it, in proportion.
    """
    shown = list(range(len(leasts)))
    floors = [min(least, natural) for least, natural in zip(leasts, naturals, strict=True)]

    def needed() -> int:
        return sum(floors[n] for n in shown) + GAP * max(0, len(shown) - 1)

    while needed() > width:
        droppable = [n for n in shown if priorities[n] > 0]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda n: (priorities[n], n)))
    spare = max(0, width - needed())
    wants = {n: naturals[n] - floors[n] for n in shown}
    total = sum(wants.values())
    if total <= spare:
        return [(n, naturals[n]) for n in shown]
    widths = {n: floors[n] + spare * wants[n] // total for n in shown}
    left = spare - sum(widths[n] - floors[n] for n in shown)
    for n in shown:
        if left and widths[n] < naturals[n]:
            widths[n] += 1
            left -= 1
    return [(n, widths[n]) for n in shown]


def padded(text: str, width: int, *, right: bool) -> str:
    """Give fitted `text` filled up to `width` cells, on the left when `right`."""
    filling = " " * max(0, width - cell_len(text))
    return filling + text if right else text + filling
