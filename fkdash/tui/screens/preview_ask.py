"""Which rows would be deleted: a key or a condition, typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widget import Widget

from fkdash.errors import UsageError
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview import PreviewScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import TableName
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.services import Services


class PreviewAskScreen(BaseScreen):
    """One line to type; what is wrong with it is said, and what was typed stays."""

    AUTO_FOCUS = "Input"
    MARKABLE = False

    def __init__(self, services: Services, knowledge: Knowledge, table: TableName) -> None:
        super().__init__()
        self.services, self.knowledge, self._table = services, knowledge, knowledge.catalog.tables[table]
        self._title = RuleLine()
        self._field = Field(id="rows", placeholder="type a key or a condition here")
        self._pane = TextPane(id="help")

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows would be deleted."""
        return self._table.name

    def body(self) -> Iterable[Widget]:
        """Give the field and how to fill it."""
        yield Vertical(self._title, self._field, self._pane, id="left")

    def on_mount(self) -> None:
        """Say what can be typed."""
        name, key = shown_name(self._table.name), ",".join(f"{column}=…" for column in self._table.primary_key)
        self.consequence.tell(f"What would deleting rows of {name} do? Nothing is deleted by asking.")
        self._title.tell(f"Rows of {name}")
        self._pane.show(
            [
                "",
                f"A key:       {key or 'column=value'}",
                "A condition: where created_at < '2020-01-01'",
                "Every row:   all",
            ]
        )

    def on_input_submitted(self) -> None:
        """Ask for what was typed."""
        typed = self._field.value.strip()
        try:
            target = self._target(typed)
        except UsageError as error:
            self.failed(error)
        else:
            named = f"rows of {shown_name(self._table.name)} ({typed})"
            self.app.push_screen(PreviewScreen(self.services, self.knowledge, target, named=named))

    def _target(self, typed: str) -> DeleteTarget:
        from fkdash.preview.keys import chosen_target  # noqa: PLC0415 - it loads the SQL parser

        word, _, rest = typed.partition(" ")
        if word.lower() == "where":
            return chosen_target(self._table, condition=rest)
        if typed.lower() == "all":
            return chosen_target(self._table, everything=True)
        return chosen_target(self._table, keys=[typed] if typed else [])
