"""The list that every screen uses: it holds plain rows and paints only the lines in sight.

Its cost does not depend on the number of rows, except for filtering and
sorting, which look at each row once. Whatever happens, only what changed is
sent to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, ClassVar, Generic

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from fkdash.tui import keys
from fkdash.tui.widgets.columns import GAP, ListColumn, Order, RowT, by_heading, fitting, natural_widths, padded
from fkdash.tui.widgets.painting import Painter, Part, Tone
from fkdash.tui.widgets.row_filter import edited_text, unknown_fields
from fkdash.tui.widgets.row_view import RowView

_MEASURED_ROWS = 1000
"""How many rows decide the widths of the columns."""
_WHEEL_LINES = 3
LOOKING = "Looking ..."
"""What a list says while its rows are being looked for."""


class RowList(Painter, Generic[RowT], can_focus=True):
    """A list of rows under a line of titles; `row_view.RowView` says what the arguments mean."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.MOVING, *keys.FILTERING]

    class ListMessage(Message):
        """Something happened in `row_list`."""

        def __init__(self, row_list: RowList[Any]) -> None:
            self.row_list = row_list
            super().__init__()

        @property
        def control(self) -> RowList[Any]:
            """The list, for selectors."""
            return self.row_list

    class Moved(ListMessage):
        """Another row is under the cursor, or the row there has changed."""

    class Arranged(ListMessage):
        """The number of rows, the filter, the order or the position has changed."""

    class Opened(ListMessage):
        """The row under the cursor was clicked once more."""

    def __init__(
        self,
        columns: Sequence[ListColumn[RowT]],
        *,
        key: Callable[[RowT], Hashable],
        orders: Sequence[Order[RowT]] = (),
        fields: Mapping[str, Callable[[RowT], str]] | None = None,
        empty: str = "Nothing to show.",
        typed_at_once: bool = False,
        passed_over: str = "",
        fuzzy: bool = False,
        alike: Callable[[RowT], Hashable | None] | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        looked_at = {} if fuzzy else {**by_heading(columns), **(fields or {})}
        self._view = RowView(
            key=key, haystack=self._haystack, orders=orders, fields=looked_at, fuzzy=fuzzy, alike=alike
        )
        self.empty = empty
        self._fields = tuple(looked_at)
        self._top = self._fitted = 0
        self._naturals = natural_widths(self._columns, ())
        self._layout: tuple[tuple[int, int], ...] = ()
        self.typing = False
        # Enter and escape then end typing and do what they do without it.
        self._typed_at_once = typed_at_once
        # Characters that do not count, each once, as long as nothing else has been typed.
        self._passed_over = passed_over

    @property
    def row(self) -> RowT | None:
        """The row under the cursor, None in an empty list."""
        return self._view.row

    @property
    def rows(self) -> tuple[RowT, ...]:
        """All rows, shown or filtered away."""
        return self._view.rows

    def give_up_looking(self) -> None:
        """Say, where it says that rows are being looked for, that none came."""
        if self.empty == LOOKING:
            self.empty = "Not known: what was asked did not end."
            self.refresh()

    @property
    def shown_rows(self) -> list[RowT]:
        """The rows that the filter lets through, in the order shown."""
        return [self._view[place] for place in range(len(self._view))]

    def table(self, most: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Give the titles of all columns, and at most `most` of the rows shown, as the columns say them."""
        places = range(min(most, len(self._view)))
        titles = tuple(column.title for column in self._columns)
        return titles, [tuple(column.text(self._view[place]) for column in self._columns) for place in places]

    @property
    def cut(self) -> str:
        """The whole text of the first cell of the row under the cursor that is cut, "" where none is."""
        row = self.row
        if row is None:
            return ""
        for number, width in self._layout:
            text = self.glyphs.plain(self._columns[number].painted_in(row, width))
            if cell_len(text) > width:
                return f"{self._columns[number].title}: {text}"
        return ""

    @property
    def below(self) -> int:
        """How many rows there are below those in sight."""
        return max(0, len(self._view) - self._top - self._height)

    @property
    def position(self) -> tuple[int, int]:
        """The cursor's place counted from 1 (0 in an empty list) and the number of rows shown."""
        count = len(self._view)
        return (self._view.cursor + 1 if count else 0, count)

    @property
    def filter_text(self) -> str:
        """The filter as typed."""
        return self._view.filter_text

    @property
    def order_title(self) -> str:
        """What the rows are sorted by, in words."""
        return self._view.order_title

    def look_at(self, rows: Sequence[RowT]) -> Mapping[int, str]:
        """Prepare the filter for rows that `show_rows` will get, in a thread where they are many."""
        return self._view.look_at(rows)

    def show_rows(self, rows: Sequence[RowT], looked_at: Mapping[int, str] | None = None) -> None:
        """Show these rows instead of the present ones; equal rows send nothing."""
        replaced = tuple(rows)
        if replaced != self._view.rows:
            with self._sending_the_difference():
                self._view.replace(replaced, looked_at)
                self._naturals = natural_widths(self._columns, replaced[:_MEASURED_ROWS])
        elif not replaced and self.is_attached:
            # What is said of an empty list may be another.
            self.refresh_lines(range(1, self.size.height))

    def filter_by(self, typed: str) -> None:
        """Show only the rows that meet the conditions typed; "" shows all."""
        if typed != self._view.filter_text:
            with self._sending_the_difference():
                self._view.filter_by(typed)
            self.refresh_bindings()  # escape takes it back

    def stands_for(self, row: RowT) -> int:
        """Give how many rows a row that is shown stands for, itself included."""
        return self._view.stands_for(row)

    def arrange_again(self) -> None:
        """Show what `alike` says of the rows now."""
        with self._sending_the_difference():
            self._view.arrange_again()

    def go_to(self, wanted: Hashable) -> bool:
        """Put the cursor on the row with this key; False when it is not shown."""
        place = self._view.place_of(wanted)
        if place is not None:
            self._go(place)
        return place is not None

    # Actions

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self._go(self._view.cursor + lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self._go(self._view.cursor + pages * max(1, self._height - 1))

    def action_half_page(self, pages: int) -> None:
        """Move the cursor by half pages."""
        self._go(self._view.cursor + pages * max(1, self._height // 2))

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._go(len(self._view) - 1)

    def action_sort(self) -> None:
        """Sort by the next order."""
        with self._sending_the_difference():
            self._view.sort_by_next()

    def action_reverse(self) -> None:
        """Reverse the order."""
        with self._sending_the_difference():
            self._view.reverse()

    def action_filter(self) -> None:
        """Take what is typed as the filter, until enter, tab or escape."""
        self._type(typing=True)

    # Typing the filter

    def on_key(self, event: events.Key) -> None:
        """Edit the filter while it is typed; the list follows at every key.

        The key that begins it is taken here as well: the binding would come
        into force only after keys that follow quickly.
        """
        if not self.typing:
            active = self.screen.active_bindings.get(event.key)
            if active is None or active.node is not self or active.binding.action != "filter":
                return
            self._type(typing=True)
        elif not self.filter_text and event.character and event.character in self._passed_over:
            self._passed_over = self._passed_over.replace(event.character, "")
        elif (edited := edited_text(self.filter_text, event)) is not None:
            self.filter_by(edited)
        elif event.key in {"enter", "tab", "escape"}:
            if event.key == "escape":
                self.filter_by("")
            self._type(typing=False)
            if self._typed_at_once:
                return
        else:
            return
        event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what was pasted into the filter."""
        if self.typing:
            event.stop()
            self.filter_by(self.filter_text + (event.text.splitlines() or [""])[0])

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Show at the cursor whether the keys go here; typing ends with the focus."""
        self._type(typing=self.typing and has_focus)
        self.refresh_lines([self._view.cursor - self._top + 1])

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell the key line that printable keys are text while a filter is typed."""
        del key
        return self.typing and character is not None and character.isprintable()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that is a letter while letters are typed."""
        if self.typing and action in {"sort", "reverse", "filter"}:
            return False
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "sort" and not self._view.has_orders:
            return "these rows have one order"
        return ""

    def _type(self, *, typing: bool) -> None:
        if typing != self.typing:
            self.typing = typing
            self.refresh_bindings()
            self.post_message(self.Arranged(self))

    # Mouse and size

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self._go(self._view.cursor + _WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self._go(self._view.cursor - _WHEEL_LINES)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row clicked; a click on the row under it opens that row."""
        place = self._top + event.y - 1
        if event.y < 1 or place >= len(self._view):
            return
        if place == self._view.cursor:
            self.post_message(self.Opened(self))
        self._go(place)

    def on_resize(self) -> None:
        """Fit the columns into the new width and keep the cursor in sight."""
        self._fit()
        self.refresh()
        # What is cut is another now.
        self.post_message(self.Arranged(self))

    # Painting

    def line_at(self, y: int) -> Strip:
        """Give the titles for 0, a row for any other line."""
        width = self.inner_width
        if width != self._fitted:
            self._fit()  # the first frame comes before it is said how wide it is
        if y == 0:
            return self.paint(tuple(self._cells(None)), width, under="title")
        place = self._top + y - 1
        if place >= len(self._view):
            notice = () if len(self._view) else tuple(wrap(self._notice, width))[y - 1 : y]
            return self.paint(tuple(Part(each, "muted") for each in notice), width)
        under: Tone = "plain"
        if place == self._view.cursor:
            under = "selected" if self.has_focus else "resting"
        return self.paint(tuple(self._cells(self._view[place])), width, under=under)

    def _cells(self, row: RowT | None) -> list[Part]:
        parts: list[Part] = []
        for number, width in self._layout:
            column = self._columns[number]
            text = self.glyphs.fit(column.title if row is None else column.painted_in(row, width), width)
            tone = column.tone(row) if column.tone and row is not None else "plain"
            parts += [Part(padded(text, width, right=column.right), tone), Part(" " * GAP)]
        return parts[:-1]

    @property
    def _notice(self) -> str:
        if not (self.filter_text and self.rows):
            return self.empty
        unknown = unknown_fields(self.filter_text, self._fields)
        if unknown and self._fields:
            return f"There is no {unknown[0]}: to filter by; there is {', '.join(self._fields)}"
        return f"No row matches {self.filter_text}"

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    def _haystack(self, row: RowT) -> str:
        return "\n".join(column.found_by(row) for column in self._columns)

    def _fit(self) -> None:
        columns, self._fitted = self._columns, self.inner_width
        whole = sum(self._naturals) + GAP * (len(columns) - 1)
        shown = [n for n, column in enumerate(columns) if not column.extra or whole <= self._fitted]
        fitted = fitting(
            [columns[n].least for n in shown],
            [self._naturals[n] for n in shown],
            [columns[n].priority for n in shown],
            self._fitted,
            [columns[n].patient for n in shown],
            last_at_right=columns[shown[-1]].right,
        )
        self._layout = tuple((shown[place], cells) for place, cells in fitted)
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        """Scroll by a third of the height when the cursor leaves the sight: fewer bytes than line by line."""
        height, cursor = self._height, self._view.cursor
        jump = height // 3
        if cursor < self._top:
            self._top = cursor - jump
        elif cursor >= self._top + height:
            self._top = cursor - height + 1 + jump
        self._top = max(0, min(self._top, len(self._view) - height))

    def _go(self, place: int) -> None:
        with self._sending_the_difference():
            self._view.go(place)

    @contextmanager
    def _sending_the_difference(self) -> Iterator[None]:
        """Send the lines that differ after a change, and tell the screen what it may care about."""
        row, empty, layout = self.row, not len(self._view), self._layout
        yield
        if not self.is_attached:
            return
        self._fit()
        if layout != self._layout or empty != (not len(self._view)):
            self.refresh()
        else:
            self.refresh_lines(range(1, self.size.height))
        if self.row != row:
            self.post_message(self.Moved(self))
        self.post_message(self.Arranged(self))
