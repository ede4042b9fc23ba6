"""The key of the row that a fix asks for, typed. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from fkdash.errors import UsageError
from fkdash.fix.planner import plan
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, TableName
    from fkdash.fix.option import Option
    from fkdash.rules.finding import Finding
    from fkdash.tui.services import Services


class FixValueScreen(BaseScreen):
    """One field for each column; enter in the last one makes the plan, whose preflight looks for the row."""

    AUTO_FOCUS = "Input"
    MARKABLE = False

    def __init__(self, services: Services, catalog: Catalog, finding: Finding, option: Option) -> None:
        super().__init__()
        self.services, self.catalog, self.finding, self.option = services, catalog, finding, option
        self.fields: list[Input] = [Field(placeholder=f"{name} of the row") for name in option.asks]
        self._titles = [RuleLine() for _ in option.asks]
        self.pane = TextPane(id="help")

    @property
    def table_here(self) -> TableName | None:
        """The referenced table, whose row is asked for."""
        return self.finding.key.referenced

    def body(self) -> Iterable[Widget]:
        """Give a field for each column, and what the option means."""
        pairs = [widget for pair in zip(self._titles, self.fields, strict=True) for widget in pair]
        yield Frame(self._titles[0], *pairs[1:], self.pane, id="left")

    def on_mount(self) -> None:
        """Say what is asked for."""
        key = self.finding.key
        self.consequence.tell(
            f"{self.option.title}, {shown_columns(key)}: which row of {shown_name(key.referenced)}? Type its key."
        )
        columns = catalog_columns(self.catalog, self.finding)
        for title, name in zip(self._titles, self.option.asks, strict=True):
            title.tell(f"{name}, {columns[name]}")
        self.pane.show(
            [
                "",
                "Enter leads to the plan, which looks for the row; nothing is written.",
                "",
                f"Then {self.option.then}.",
                f"The application {self.option.application}.",
            ]
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field, or to the plan."""
        place = self.fields.index(event.input)
        if place + 1 < len(self.fields):
            self.fields[place + 1].focus()
            return
        try:
            words = [f"{name}={field.value}" for name, field in zip(self.option.asks, self.fields, strict=True)]
            single = len(words) == 1
            made = plan(
                self.catalog, self.finding, self.option.id, words=[self.fields[0].value] if single else words
            )
        except UsageError as error:
            self.failed(error)
        else:
            self.app.push_screen(FixPlanScreen(self.services, self.catalog, made, self.option.title))


def catalog_columns(catalog: Catalog, finding: Finding) -> dict[str, str]:
    """Give the type of each referencing column."""
    return {column.name: column.type for column in catalog.columns(finding.key)}
