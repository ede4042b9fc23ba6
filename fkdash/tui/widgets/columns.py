"""Which columns of a list fit, how wide each is, and how a cell is padded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from rich.cells import cell_len

from fkdash.db.text import plain
from fkdash.fact import fact
from fkdash.tui.widgets.painting import Tone
from fkdash.tui.widgets.row_filter import FIELD_NAME

RowT = TypeVar("RowT")
GAP = 1
_FEW_CELLS = 3


@fact
class ListColumn(Generic[RowT]):
    """A column: its title, a row's text in it, and the least number of cells in which it is of use.

    As the terminal narrows, the column with the highest `priority` goes first;
    one with priority 0 never goes. A `patient` column grows only when the others
    have all they need, and an `extra` one is there only when the others have all they need.
    `shown` is painted in the place of `text`, which the filter and exports look at, and `drawn` into the cells
    that the column has got. The filter finds a row by what is `also` said of it too.
    """

    title: str
    text: Callable[[RowT], str]
    least: int
    priority: int = 0
    tone: Callable[[RowT], Tone] | None = None
    right: bool = False
    patient: bool = False
    extra: bool = False
    shown: Callable[[RowT], str] | None = None
    drawn: Callable[[RowT, int], str] | None = None
    also: Callable[[RowT], str] | None = None

    def found_by(self, row: RowT) -> str:
        """Give what the filter looks at."""
        return self.text(row) if self.also is None else f"{self.text(row)}\n{self.also(row)}"

    def painted(self, row: RowT) -> str:
        """Give what the list shows of a row."""
        return (self.shown or self.text)(row)

    def painted_in(self, row: RowT, cells: int) -> str:
        """Give what the list shows of a row in so many cells, which may be too few."""
        return self.drawn(row, cells) if self.drawn is not None else self.painted(row)


@fact
class Order(Generic[RowT]):
    """A way to sort a list, by a key of each row; without one the rows stand as they came."""

    title: str
    key: Callable[[RowT], Any] | None = None
    descending: bool = False


def by_heading(columns: Iterable[ListColumn[RowT]]) -> dict[str, Callable[[RowT], str]]:
    """Give the columns by their headings, as the filter has names: in small letters, one word."""
    names = {column.title.casefold().replace(" ", "_"): column.text for column in columns}
    return {name: text for name, text in names.items() if FIELD_NAME.fullmatch(name)}


def natural_widths(columns: Sequence[ListColumn[RowT]], rows: Iterable[RowT]) -> tuple[int, ...]:
    """Give the cells in which each column shows all of these rows and its heading, which may be a name, whole."""
    sample = tuple(rows)
    return tuple(
        max(1, cell_len(plain(column.title)), *(cell_len(plain(column.painted(row))) for row in sample))
        for column in columns
    )


def fitting(
    leasts: Sequence[int],
    naturals: Sequence[int],
    priorities: Sequence[int],
    width: int,
    patient: Sequence[bool] = (),
    *,
    last_at_right: bool = False,
) -> list[tuple[int, int]]:
    """Give (column number, cells) for the columns shown in `width` cells.

    Room to spare goes to the columns that need it, the patient ones last: first to those that lack a few cells
    only, so that no short word is cut for the sake of a long one, then in proportion. What is left when all have
    their natural width sets them apart by a cell more; the last column gets one where what stands in it stands at
    its right end.
    """
    shown = list(range(len(leasts)))
    widths = {n: min(leasts[n], naturals[n]) for n in shown}

    def spare() -> int:
        return width - sum(widths[n] for n in shown) - GAP * max(0, len(shown) - 1)

    while spare() < 0:
        droppable = [n for n in shown if priorities[n] > 0]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda n: (priorities[n], n)))
    later = {n for n in shown if n < len(patient) and patient[n]}
    for group in ([n for n in shown if n not in later], sorted(later)):
        _grow(widths, {n: naturals[n] - widths[n] for n in group}, spare())
    apart = [n for n in shown[:-1] if naturals[n] > 1]
    if spare() >= len(apart) and all(widths[n] >= naturals[n] for n in shown):
        for n in apart:
            widths[n] += 1
        if spare() > 0 and last_at_right:
            widths[shown[-1]] += 1
    return [(n, widths[n]) for n in shown]


def _grow(widths: dict[int, int], wants: dict[int, int], spare: int) -> None:
    """Share `spare` cells out among the columns that want some: a few each whole, the rest in proportion."""
    few = {n: want for n, want in wants.items() if want <= _FEW_CELLS}
    if sum(few.values()) <= spare:
        for n, want in few.items():
            widths[n] += want
            spare -= want
        wants = {n: want for n, want in wants.items() if n not in few}
    total = sum(wants.values())
    if spare <= 0 or total == 0:
        return
    given = {n: min(want, spare * want // total) for n, want in wants.items()}
    left = min(spare, total) - sum(given.values())
    for n, want in wants.items():
        extra = min(left, want - given[n], 1)
        widths[n] += given[n] + extra
        left -= extra


def padded(text: str, width: int, *, right: bool) -> str:
    """Give fitted `text` filled up to `width` cells, on the left when `right`."""
    filling = " " * max(0, width - cell_len(text))
    return filling + text if right else text + filling
