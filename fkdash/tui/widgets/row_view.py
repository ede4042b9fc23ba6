"""Which rows of a list are shown, in which order, and which one is under the cursor: no painting here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic

from fkdash.tui.widgets.columns import Order, RowT
from fkdash.tui.widgets.fuzzy import score
from fkdash.tui.widgets.row_filter import matching, parse_filter


class RowView(Generic[RowT]):
    """Rows, filtered and sorted.

    `key` identifies a row: the cursor stays on its row when rows are replaced,
    filtered or sorted, and returns to it when a filter that hid it goes.
    `haystack` gives what a row is found by, everything visible of it, `fields` by their names what
    `name:text` conditions look at. With `fuzzy` a filter is some letters of a row; the best answer comes first.
    Of the rows shown for which `alike` gives the same, the first stands for all; None leaves a row by itself.
    """

    def __init__(
        self,
        *,
        key: Callable[[RowT], Hashable],
        haystack: Callable[[RowT], str],
        orders: Sequence[Order[RowT]] = (),
        fields: Mapping[str, Callable[[RowT], str]] | None = None,
        fuzzy: bool = False,
        alike: Callable[[RowT], Hashable | None] | None = None,
    ) -> None:
        self.rows: tuple[RowT, ...] = ()
        self.filter_text = ""
        self.cursor = 0
        self._key, self._haystack = key, haystack
        as_they_came: Order[RowT] = Order("")
        self._orders = tuple(orders) or (as_they_came,)
        self._order, self._reversed = 0, False
        self._fields = fields or {}
        self._fuzzy = fuzzy
        self._alike = alike
        self._alike_shown: Counter[Hashable] = Counter()
        # By the identity of the row: what a refresh left as it was need not be looked at again.
        self._haystacks: dict[int, str] = {}
        self._shown: Sequence[int] = ()
        self._wanted: Hashable = None

    def __len__(self) -> int:
        return len(self._shown)

    def __getitem__(self, place: int) -> RowT:
        return self.rows[self._shown[place]]

    @property
    def row(self) -> RowT | None:
        """The row under the cursor, None where no row is shown."""
        return self[self.cursor] if self._shown else None

    @property
    def has_orders(self) -> bool:
        """Whether there is another order to sort by."""
        return len(self._orders) > 1

    @property
    def order_title(self) -> str:
        """What the rows are sorted by, in words; "" when they stand as they came."""
        title = self._orders[self._order].title
        return f"{title} reversed".strip() if self._reversed else title

    def replace(self, rows: tuple[RowT, ...], looked_at: Mapping[int, str] | None = None) -> None:
        """Take other rows; `looked_at` is what `look_at` gave for them."""
        known = {**self._haystacks, **(looked_at or {})}
        # The rows of before are still there, so no other row can have the identity of one of them.
        self._haystacks = {id(row): known[id(row)] for row in rows if id(row) in known} if known else {}
        self.rows = rows
        self._arrange()

    def look_at(self, rows: Sequence[RowT]) -> dict[int, str]:
        """Prepare the filter for rows that will be shown; in a thread, where they are many."""
        known = self._haystacks
        return {id(row): known.get(id(row)) or self._haystack(row).casefold() for row in rows}

    def filter_by(self, typed: str) -> None:
        """Show only the rows that meet the conditions typed."""
        self.filter_text = typed
        self._arrange()

    def sort_by_next(self) -> None:
        """Sort by the next order."""
        self._order, self._reversed = (self._order + 1) % len(self._orders), False
        self._arrange()

    def reverse(self) -> None:
        """Turn the order round."""
        self._reversed = not self._reversed
        self._arrange()

    def go(self, place: int) -> None:
        """Put the cursor on a place, or on the nearest that exists."""
        self.cursor = self._bounded(place)
        row = self.row
        self._wanted = None if row is None else self._key(row)

    def place_of(self, wanted: Hashable) -> int | None:
        """Give the place of the row with this key, None when it is not shown."""
        for place, number in enumerate(self._shown):
            if self._key(self.rows[number]) == wanted:
                return place
        return None

    def stands_for(self, row: RowT) -> int:
        """Give how many rows a row that is shown stands for, itself included."""
        shape = self._alike(row) if self._alike is not None else None
        return 1 if shape is None else max(1, self._alike_shown[shape])

    def arrange_again(self) -> None:
        """Show what `alike` says now."""
        self._arrange()

    def _standing(self, numbers: Sequence[int]) -> Sequence[int]:
        """Give the numbers of the rows that stand for others or are by themselves."""
        self._alike_shown = Counter()
        if self._alike is None:
            return numbers
        standing = []
        for number in numbers:
            shape = self._alike(self.rows[number])
            if shape is None or not self._alike_shown[shape]:
                standing.append(number)
            if shape is not None:
                self._alike_shown[shape] += 1
        return standing

    def _arrange(self) -> None:
        numbers: Sequence[int] = range(len(self.rows))
        rows = self.rows
        if self.filter_text:
            if len(self._haystacks) < len(rows):
                self._haystacks = self.look_at(rows)
            known = self._haystacks
            if self._fuzzy:
                self._shown = _ranked(self.filter_text.casefold(), [known[id(row)] for row in rows])
                self.cursor, self._wanted = 0, None
                return
            terms = parse_filter(self.filter_text, tuple(self._fields))
            haystacks = [known[id(row)] for row in rows]
            numbers = matching(terms, haystacks, lambda name, number: self._fields[name](rows[number]))
        order = self._orders[self._order]
        if order.key is not None:
            sort_key = order.key
            numbers = sorted(numbers, key=lambda number: sort_key(rows[number]), reverse=order.descending)
        numbers = self._standing(numbers)
        self._shown = list(reversed(numbers)) if self._reversed else numbers
        place = None if self._wanted is None else self.place_of(self._wanted)
        self.cursor = self._bounded(self.cursor) if place is None else place

    def _bounded(self, place: int) -> int:
        return max(0, min(place, len(self._shown) - 1))


def _ranked(typed: str, haystacks: Sequence[str]) -> list[int]:
    """Give the numbers of those that answer, the best first, the shorter of two equal ones before the other."""
    scored = [(score(typed, text), len(text), number) for number, text in enumerate(haystacks)]
    found = [(-value, length, number) for value, length, number in scored if value is not None]
    return [number for _, _, number in sorted(found)]
