"""What screens share that find a row of a table by what is typed of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.widgets import Input

from fkdash.catalog.labels import label_columns
from fkdash.preview.rows.blocked import RowIdentity
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.blocked import identity_columns
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import Table
    from fkdash.preview.rows.search import Found
    from fkdash.tui.database import Database

_SECONDS, _SECONDS_TO_READ_ALL = 5.0, 60.0


class RowSearchScreen(BaseScreen):
    """A field whose words are searched in the labels of a table's rows, and the list of those found.

    A screen says in `show_found` what follows, takes the row under the cursor in `action_open`, and has `field`.
    """

    AUTO_FOCUS = "Input"
    MARKABLE = False
    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.READ_ALL, keys.TO_FOUND]
    field: Input

    def __init__(self, database: Database, table: Table) -> None:
        super().__init__()
        self.database, self._table = database, table
        self._labels = label_columns(table, database.options.label_columns)
        self._names = table.primary_key or ("tableoid", "ctid")
        self.found = RowList[RowIdentity](
            identity_columns(self._names, self._labels, lambda row: row),
            key=lambda row: row.key,
            empty="",
            id="found",
        )
        self._bar = ListBar(self.found, "found")
        self._searched, self._unread = "", False

    def search(self, words: str, *, read_all: bool = False) -> None:
        """Search the words, in all rows where `read_all`, else as far as indexes and the time lead."""
        self._searched = words
        doing = f"Searching {shown_name(self._table.name)}"
        self.run_cancellable(partial(self._read, words, read_all=read_all), doing=doing, group="search")

    async def _read(self, words: str, *, read_all: bool) -> None:
        from fkdash.preview.rows.search import search_rows  # loaded when it is wanted

        pool = await self.database.connection.pool()
        async with pool.session(_SECONDS_TO_READ_ALL if read_all else _SECONDS) as session:
            answer = await search_rows(session, self._table, self._labels, words, read_all=read_all)
        self._unread = not answer.whole
        self.show_found(answer, words)
        self.refresh_bindings()

    def show_rows(self, answer: Found) -> None:
        """Show the rows found."""
        self.found.show_rows(answer.rows)
        self._bar.tell_beyond("+" if answer.more else "")

    def show_found(self, answer: Found, words: str) -> None:
        """Show what was found, and say what follows."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Take the row under the cursor."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open", "to_found"} and self.found.row is None:
            return "no row has been found"
        if action == "read_all" and not self._unread:
            return "nothing waits to be read from end to end"
        return super().why_not(action)

    def on_row_list_opened(self) -> None:
        """Take the row clicked."""
        self.action_open()

    def action_read_all(self) -> None:
        """Search the whole table, which was named with its size."""
        if not self.why_not("read_all"):
            self.search(self._searched, read_all=True)

    def action_to_found(self) -> None:
        """Go from the field to what it found."""
        self.found.focus()

    def take_pasted(self, text: str) -> bool:
        """Search for what is pasted while the keys go to what was found."""
        self.field.focus()
        self.field.post_message(events.Paste(text))
        return True

    def action_back(self) -> None:
        """Go from what was found back to the field, and from there to the screen before."""
        if self.found.has_focus and not self.found.filter_text:
            self.field.focus()
        else:
            super().action_back()
