"""Which table: found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName


class TablesScreen(BaseScreen):
    """Every table; enter gives the one under the cursor to `chosen`. What may come first is `passed_over`."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN]
    MARKABLE = False

    def __init__(
        self, catalog: Catalog, question: str, chosen: Callable[[TableName], None], *, passed_over: str = ""
    ) -> None:
        super().__init__()
        self._catalog, self._question, self._chosen = catalog, question, chosen
        self._typed = ""
        self.list = RowList["TableName"](
            [
                ListColumn("table", shown_name, 24),
                ListColumn(
                    "referred to by", lambda name: f"{len(catalog.referencing.get(name, ())):,}", 14, right=True
                ),
                ListColumn(
                    "own foreign keys", lambda name: f"{len(catalog.declared_on.get(name, ())):,}", 12, right=True
                ),
            ],
            key=lambda name: name,
            typed_at_once=True,
            passed_over=passed_over,
            empty="This database has no table.",
            id="tables",
        )

    @property
    def table_here(self) -> TableName | None:
        """The table under the cursor."""
        return self.list.row

    def body(self) -> Iterable[Widget]:
        """Give the list."""
        return (Frame(ListBar(self.list, "tables"), self.list, id="left"),)

    def on_mount(self) -> None:
        """Show every table and take what is typed as the filter."""
        self.consequence.tell(f"{self._question} Type a part of its name; enter takes it.")
        self.list.show_rows(sorted(self._catalog.tables))
        self.list.action_filter()

    def on_row_list_arranged(self, event: RowList.Arranged) -> None:
        """Take the table that is called just as typed, whatever stands before it with that in its name."""
        if event.row_list.filter_text != self._typed:
            self._typed = event.row_list.filter_text
            typed = self._typed.lower()
            called = (name for name in self.list.rows if typed in {name.name.lower(), str(name).lower()})
            self.list.go_to(next(called, None))

    def on_row_list_opened(self) -> None:
        """Open the table clicked."""
        self.action_open()

    def action_open(self) -> None:
        """Take the table under the cursor."""
        if self.list.row is not None:
            self._chosen(self.list.row)
