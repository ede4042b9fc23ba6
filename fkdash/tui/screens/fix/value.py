"""The row that a fix asks for: its key typed, or found by what is known of it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from fkdash.errors import UsageError
from fkdash.fix.planner import plan
from fkdash.rules.sizes import in_words
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.row_search import RowSearchScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.option import Option
    from fkdash.preview.rows.search import Found
    from fkdash.rules.finding import Finding
    from fkdash.tui.database import Database


class FixValueScreen(RowSearchScreen):
    """One field for each column; enter searches the referenced rows for what is typed, and makes the plan.

    What is the key of a row, or is found in none, is taken as it is: the plan's preflight looks for the row.
    """

    def __init__(self, database: Database, catalog: Catalog, finding: Finding, option: Option) -> None:
        super().__init__(database, catalog.tables[finding.key.referenced])
        self.catalog, self.finding, self.option = catalog, finding, option
        self.fields: list[Input] = [Field(placeholder=f"{name}, or words to search for") for name in option.asks]
        self._titles = [RuleLine(enter="searches") for _ in option.asks]
        self.field = self.fields[0]
        self.pane = TextPane(id="help")

    @property
    def table_here(self) -> TableName | None:
        """The referenced table, whose row is asked for."""
        return self.finding.key.referenced

    def body(self) -> Iterable[Widget]:
        """Give a field for each column, what was found, and what the option means."""
        pairs = [widget for pair in zip(self._titles, self.fields, strict=True) for widget in pair]
        yield Frame(self._titles[0], *pairs[1:], self._bar, self.found, id="left", over=True)
        yield Frame(RuleLine("then"), self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Say what is asked for."""
        key = self.finding.key
        self.consequence.tell(
            f"{self.option.title}, {shown_columns(key)}: which row of {shown_name(key.referenced)}? "
            "Type its key, or words to search for."
        )
        columns = catalog_columns(self.catalog, self.finding)
        for title, name in zip(self._titles, self.option.asks, strict=True):
            title.tell(f"{name}, {columns[name]}")
        self.pane.show(
            [
                f"Then {self.option.then}.",
                f"The application {self.option.application}.",
                "Nothing is written here: enter leads to the plan, which looks for the row.",
            ]
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search for what was typed; go on to the next field, or to the plan, where that was done or cannot be."""
        place = self.fields.index(event.input)
        others = [field.value for field in self.fields if field is not event.input]
        words = event.value.strip()
        if self._can_search and words and words != self._searched and not any(others):
            self.search(words)
        elif place + 1 < len(self.fields):
            self.fields[place + 1].focus()
        else:
            self._plan()

    @property
    def _can_search(self) -> bool:
        return self.finding.key.referenced_columns == self._table.primary_key

    def show_found(self, answer: Found, words: str) -> None:
        """Show what was found; make the plan where that is what was typed, or nothing was found."""
        name = shown_name(self._table.name)
        self.show_rows(answer)
        if not answer.rows and self._unread:
            size = in_words(answer.estimated)
            self.say(f"No indexed column of {name} ({size}) is exactly that; A searches all, enter takes it.")
        elif not answer.rows or (len(answer.rows) == 1 and answer.rows[0].key == (words,)):
            self._plan()
        else:
            self.say(f"Choose a row of {name}: enter makes the plan for it.")
            self.found.focus()

    def action_open(self) -> None:
        """Take the row under the cursor, and make the plan for it."""
        row = self.found.row
        if row is not None:
            values = dict(zip(self.finding.key.columns, row.key, strict=True))
            for name, field in zip(self.option.asks, self.fields, strict=True):
                field.value = values[name]
            self._searched = self.fields[0].value
            self._plan()

    def _plan(self) -> None:
        words = [f"{name}={field.value}" for name, field in zip(self.option.asks, self.fields, strict=True)]
        single = len(words) == 1
        try:
            made = plan(
                self.catalog, self.finding, self.option.id, words=[self.fields[0].value] if single else words
            )
        except UsageError as error:
            self.failed(error)
        else:
            self.app.push_screen(FixPlanScreen(self.database, FixWalk(self.catalog, made, self.option.title)))


def catalog_columns(catalog: Catalog, finding: Finding) -> dict[str, str]:
    """Give the type of each referencing column."""
    return {column.name: column.type for column in catalog.columns(finding.key)}
