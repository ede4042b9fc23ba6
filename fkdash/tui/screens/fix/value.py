"""The row that a fix asks for: its key typed, or found by what is known of it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from fkdash.catalog.labels import label_columns
from fkdash.errors import UsageError
from fkdash.fix.planner import plan
from fkdash.preview.rows.blocked import RowIdentity
from fkdash.rules.sizes import in_words
from fkdash.tui import keys
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.preview.blocked import identity_columns
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, TableName
    from fkdash.fix.option import Option
    from fkdash.rules.finding import Finding
    from fkdash.tui.services import Services

_SECONDS, _SECONDS_TO_READ_ALL = 5.0, 60.0


class FixValueScreen(BaseScreen):
    """One field for each column; enter searches the referenced rows for what is typed, and makes the plan.

    What is the key of a row, or is found in none, is taken as it is: the plan's preflight looks for the row.
    """

    AUTO_FOCUS = "Input"
    MARKABLE = False
    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.READ_ALL, keys.TO_FOUND]

    def __init__(self, services: Services, catalog: Catalog, finding: Finding, option: Option) -> None:
        super().__init__()
        self.services, self.catalog, self.finding, self.option = services, catalog, finding, option
        self._table = catalog.tables[finding.key.referenced]
        self._labels = label_columns(self._table, services.options.label_columns)
        self.fields: list[Input] = [Field(placeholder=f"{name}, or words to search for") for name in option.asks]
        self._titles = [RuleLine(enter="searches") for _ in option.asks]
        self.found = RowList[RowIdentity](
            identity_columns(self._table.primary_key or ("tableoid", "ctid"), self._labels, lambda row: row),
            key=lambda row: row.key,
            empty="",
            id="found",
        )
        self._bar = ListBar(self.found, "found")
        self.pane = TextPane(id="help")
        self._searched, self._unread = "", False

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
            self._search(words, read_all=False)
        elif place + 1 < len(self.fields):
            self.fields[place + 1].focus()
        else:
            self._plan()

    @property
    def _can_search(self) -> bool:
        return self.finding.key.referenced_columns == self._table.primary_key

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
        self.found.show_rows(answer.rows)
        self._bar.tell_beyond("+" if answer.more else "")
        self.refresh_bindings()
        if not answer.rows and self._unread:
            size = in_words(answer.estimated)
            self.say(f"No indexed column of {name} ({size}) is exactly that; A searches all, enter takes it.")
        elif not answer.rows or (len(answer.rows) == 1 and answer.rows[0].key == (words,)):
            self._plan()
        else:
            self.say(f"Choose a row of {name}: enter makes the plan for it.")
            self.found.focus()

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

    def action_open(self) -> None:
        """Take the row under the cursor, and make the plan for it."""
        row = self.found.row
        if row is not None:
            values = dict(zip(self.finding.key.columns, row.key, strict=True))
            for name, field in zip(self.option.asks, self.fields, strict=True):
                field.value = values[name]
            self._searched = self.fields[0].value
            self._plan()

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
            self.fields[0].focus()
        else:
            super().action_back()

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
            self.app.push_screen(FixPlanScreen(self.services, FixWalk(self.catalog, made, self.option.title)))


def catalog_columns(catalog: Catalog, finding: Finding) -> dict[str, str]:
    """Give the type of each referencing column."""
    return {column.name: column.type for column in catalog.columns(finding.key)}
