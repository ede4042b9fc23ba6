"""Which rows would be deleted: a key or a condition typed, or a row found by what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget

from fkdash.errors import UsageError
from fkdash.rules.sizes import in_words
from fkdash.tui.screens.preview.blocked import named
from fkdash.tui.screens.row_search import RowSearchScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.model import DeleteTarget
    from fkdash.preview.rows.search import Found
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

Chosen = Callable[["DeleteTarget", str], None]


class PreviewAskScreen(RowSearchScreen):
    """One line to type; words that are neither key nor condition are searched in the rows' labels.

    `chosen` takes the rows and what to call them; without it their preview is shown. `question` is what is asked
    where no preview is meant. `query` takes a SELECT, where one may say which rows; `without` is what enter alone
    does, in words and as a function, where no row need be named.
    """

    def __init__(
        self,
        database: Database,
        knowledge: Knowledge,
        table: TableName,
        chosen: Chosen | None = None,
        *,
        question: str = "",
        query: Callable[[str], None] | None = None,
        without: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        super().__init__(database, knowledge.catalog.tables[table])
        self.knowledge, self._chosen, self._question = knowledge, chosen, question
        self._query, self._without = query, without
        self._title = RuleLine(enter="searches, or takes" if question else "searches, or previews")
        self.field = Field(id="rows", placeholder="acme, a key or a condition")
        self._pane = TextPane(id="help")

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows would be deleted."""
        return self._table.name

    def body(self) -> Iterable[Widget]:
        """Give the field, what it found, and how to fill it."""
        yield Frame(self._title, self.field, self._bar, self.found, id="left", over=True)
        yield Frame(RuleLine("what can be typed"), self._pane, id="right", under=True)

    def on_mount(self) -> None:
        """Say what can be typed."""
        from fkdash.preview.rows.search import search_columns  # loaded when it is wanted

        name, key = shown_name(self._table.name), ",".join(f"{column}=…" for column in self._table.primary_key)
        then = "" if self._chosen is None else ", today and under each option"
        asked = self._question or f"What would deleting rows of {name} do{then}? Asking deletes nothing."
        self.consequence.tell(asked)
        self._title.tell(f"Rows of {name}")
        searched = ", ".join(search_columns(self._table, self._labels)) or "its key only"
        everything = "which of them cannot be deleted" if self._chosen is None else "all of them in one DELETE"
        by_name = [
            f"Some words:  acme finds the rows that contain them ({searched})",
            f"A key:       {key or 'column=value'}",
        ]
        if self._query is not None:
            by_name.append("A query:     select ... where ... = $1: for each row, $1 being its key, where it goes")
        if self._without is not None:
            by_name.append(f"Nothing:     {self._without[0]}")
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
        typed = self.field.value.strip()
        if not typed and self._without is not None:
            self._without[1]()
            return
        if self._query is not None and typed.partition(" ")[0].lower() in {"select", "with", "values"}:
            self._query(typed)
            return
        try:
            target = self._target(typed)
        except UsageError as error:
            self.failed(error)
            return
        if target is None:
            self.search(typed)
        elif typed.lower() == "all" and self._chosen is None:
            from fkdash.tui.screens.preview.each import PreviewEachScreen  # loaded when wanted

            self.app.push_screen(PreviewEachScreen(self.database, self.knowledge, self._table.name))
        else:
            self._choose(target, f"rows of {shown_name(self._table.name)} ({typed})")

    def _target(self, typed: str) -> DeleteTarget | None:
        """Give the rows that a key or a condition names, None for words to search; raises UsageError."""
        from fkdash.preview.asked.keys import chosen_target  # it loads the SQL parser

        if not typed:
            others = ", or a key" if self._question else ", a key, where …, or all"
            ways = f"Type words to search{others}."
            raise UsageError("Nothing says which rows.", next_step=ways)
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
            self.database.open_preview(self.knowledge, target, named=name)

    # The search

    def show_found(self, answer: Found, words: str) -> None:
        """Show what was found, and say what enter does with it."""
        name = shown_name(self._table.name)
        self.found.empty = f'No row of {name} contains "{words}".'
        if self._unread:
            self.found.empty = f'No indexed column of {name} is exactly "{words}".'
            self.consequence.tell(
                f"Only indexed columns of {name} ({in_words(answer.estimated)}) were asked for exactly that; A "
                "searches all of it."
            )
        elif not answer.rows:
            # What is typed next is other words.
            self.consequence.tell(f"{self._question} {self.found.empty} Type other words, or a key.".lstrip())
            self.show_rows(answer)
            self.field.focus()
            return
        else:
            then = "takes it" if self._question else "asks what deleting it would do"
            self.consequence.tell(f"{self._question} Choose a row of {name}: enter {then}.".lstrip())
        self.show_rows(answer)
        self.found.focus()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "open" and self.found.row is not None and not self._table.primary_key:
            return f"{shown_name(self._table.name)} has no primary key: choose the rows with a condition"
        if action == "to_found" and self.found.rows:
            return ""
        return super().why_not(action)

    def action_open(self) -> None:
        """Take the row under the cursor."""
        from fkdash.preview.model import one_row  # loaded when it is wanted

        row = self.found.row
        if row is not None and not self.why_not("open"):
            target = one_row(self._table.name, self._names, row.key)
            self._choose(target, f"{shown_name(self._table.name)} {named(row)}")
