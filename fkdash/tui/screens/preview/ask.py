"""Which rows would be deleted: a key or a condition typed, or a row found by what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.labels import label_columns
from fkdash.errors import UsageError
from fkdash.preview.rows.blocked import RowIdentity
from fkdash.rules.sizes import in_words
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.blocked import identity_columns, named
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import TableName
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.services import Services

Chosen = Callable[["DeleteTarget", str], None]
_SECONDS, _SECONDS_TO_READ_ALL = 5.0, 60.0


class PreviewAskScreen(BaseScreen):
    """One line to type; words that are neither key nor condition are searched in the rows' labels.

    `chosen` takes the rows and what to call them; without it their preview is shown. `question` is what is asked
    where no preview is meant.
    """

    AUTO_FOCUS = "Input"
    MARKABLE = False
    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.READ_ALL, keys.TO_FOUND]

    def __init__(
        self,
        services: Services,
        knowledge: Knowledge,
        table: TableName,
        chosen: Chosen | None = None,
        *,
        question: str = "",
    ) -> None:
        super().__init__()
        self.services, self.knowledge, self._table = services, knowledge, knowledge.catalog.tables[table]
        self._chosen, self._question = chosen, question
        self._labels = label_columns(self._table, services.options.label_columns)
        self._title = RuleLine(enter="searches, or previews")
        self._field = Field(id="rows", placeholder="acme, a key or a condition")
        self.found = RowList[RowIdentity](
            identity_columns(self._names, self._labels, lambda row: row),
            key=lambda row: row.key,
            empty="",
            id="found",
        )
        self._bar = ListBar(self.found, "found")
        self._pane = TextPane(id="help")
        self._searched = ""
        self._unread = False

    @property
    def _names(self) -> tuple[str, ...]:
        return self._table.primary_key or ("tableoid", "ctid")

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows would be deleted."""
        return self._table.name

    def body(self) -> Iterable[Widget]:
        """Give the field, what it found, and how to fill it."""
        yield Frame(self._title, self._field, self._bar, self.found, id="left", over=True)
        yield Frame(RuleLine("what can be typed"), self._pane, id="right", under=True)

    def on_mount(self) -> None:
        """Say what can be typed."""
        from fkdash.preview.rows.search import search_columns  # loaded when it is wanted

        name, key = shown_name(self._table.name), ",".join(f"{column}=…" for column in self._table.primary_key)
        then = "" if self._chosen is None else ", today and under each option"
        asked = self._question or f"What would deleting rows of {name} do{then}? Nothing is deleted by asking."
        self.consequence.tell(asked)
        self._title.tell(f"Rows of {name}")
        searched = ", ".join(search_columns(self._table, self._labels)) or "its key only"
        everything = "which of them cannot be deleted" if self._chosen is None else "all of them in one DELETE"
        by_name = [
            f"Some words:  acme finds the rows that contain them ({searched})",
            f"A key:       {key or 'column=value'}",
        ]
        if self._question:
            self._pane.show(by_name)
            return
        self._pane.show(
            [
                *by_name,
                "A condition: where created_at < '2020-01-01'; where true is all of them in one DELETE",
                f"Every row:   all: {everything}",
            ]
        )

    def on_input_submitted(self) -> None:
        """Take what was typed."""
        typed = self._field.value.strip()
        try:
            target = self._target(typed)
        except UsageError as error:
            self.failed(error)
            return
        if target is None:
            self._search(typed, read_all=False)
        elif typed.lower() == "all" and self._chosen is None:
            from fkdash.tui.screens.preview.each import PreviewEachScreen  # loaded when wanted

            self.app.push_screen(PreviewEachScreen(self.services, self.knowledge, self._table.name))
        else:
            self._choose(target, f"rows of {shown_name(self._table.name)} ({typed})")

    def _target(self, typed: str) -> DeleteTarget | None:
        """Give the rows that a key or a condition names, None for words to search; raises UsageError."""
        from fkdash.preview.keys import chosen_target  # it loads the SQL parser

        if not typed:
            raise UsageError(
                "Nothing says which rows to delete.", next_step="Type words to search, a key, where …, or all."
            )
        word, _, rest = typed.partition(" ")
        if word.lower() == "where":
            return chosen_target(self._table, condition=rest)
        if typed.lower() == "all":
            return chosen_target(self._table, everything=True)
        if "=" not in typed:
            return None
        return chosen_target(self._table, keys=[typed])

    def _choose(self, target: DeleteTarget, name: str) -> None:
        if self._chosen is not None:
            self._chosen(target, name)
        else:
            self.services.open_preview(self.knowledge, target, named=name)

    # The search

    def _search(self, words: str, *, read_all: bool) -> None:
        self._searched = words
        doing = f"Searching {shown_name(self._table.name)}"
        self.run_cancellable(partial(self._read, words, read_all=read_all), doing=doing, group="search")

    async def _read(self, words: str, *, read_all: bool) -> None:
        from fkdash.preview.rows.search import search_rows  # loaded when it is wanted

        pool = await self.services.connection.pool()
        async with pool.session(_SECONDS_TO_READ_ALL if read_all else _SECONDS) as session:
            answer = await search_rows(session, self._table, self._labels, words, read_all=read_all)
        self._unread = not answer.whole
        name = shown_name(self._table.name)
        self.found.empty = f'No row of {name} contains "{words}".'
        if self._unread:
            self.found.empty = f'No indexed column of {name} is exactly "{words}".'
            self.consequence.tell(
                f"Only indexed columns of {name} ({in_words(answer.estimated)}) were asked for exactly that; A "
                "searches all of it."
            )
        else:
            then = "takes it" if self._question else "asks what deleting it would do"
            self.consequence.tell(f"{self._question} Choose a row of {name}: enter {then}.".lstrip())
        self.found.show_rows(answer.rows)
        self._bar.tell_beyond("+" if answer.more else "")
        self.found.focus()
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "open" and self.found.row is None:
            return "no row has been found"
        if action == "open" and not self._table.primary_key:
            return f"{shown_name(self._table.name)} has no primary key: choose the rows with a condition"
        if action == "read_all" and not self._unread:
            return "nothing waits to be read from end to end"
        if action == "to_found" and not self.found.rows:
            return "no row has been found"
        return super().why_not(action)

    def on_row_list_opened(self) -> None:
        """Take the row clicked."""
        self.action_open()

    def action_open(self) -> None:
        """Take the row under the cursor."""
        from fkdash.preview.model import DeleteTarget  # loaded when it is wanted

        row = self.found.row
        if row is not None and not self.why_not("open"):
            target = DeleteTarget(self._table.name, keys=(dict(zip(self._names, row.key, strict=True)),))
            self._choose(target, f"{shown_name(self._table.name)} {named(row)}")

    def action_read_all(self) -> None:
        """Search the whole table, which was named with its size."""
        if not self.why_not("read_all"):
            self._search(self._searched, read_all=True)

    def action_to_found(self) -> None:
        """Go from the field to what it found."""
        self.found.focus()

    def action_back(self) -> None:
        """Go from what was found back to the field, and from there to the screen before."""
        if self.found.has_focus and not self.found.filter_text:
            self._field.focus()
        else:
            super().action_back()
