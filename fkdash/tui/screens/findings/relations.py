"""What refers to a table and what it refers to, with the actions; enter goes to the table at the other end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraint_rows import constraint_row, described, statement_of, title_of
from fkdash.tui.screens.findings.drawings import map_of
from fkdash.tui.screens.findings.relation_rows import Relation, relation_columns, relations, relations_in_words
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge


class RelationsScreen(BaseScreen):
    """The tree of one table; the pane tells of the foreign key under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN_TABLE, keys.PREVIEW, keys.FIX, keys.COPY]

    def __init__(
        self, database: Database, knowledge: Knowledge, table: TableName, *, at: ForeignKey | None = None
    ) -> None:
        super().__init__()
        self.database, self.knowledge, self.table, self._at = database, knowledge, table, at
        self.list = RowList[Relation](
            relation_columns(),
            key=lambda row: (row.direction, *(key.qualified for key in row.way)),
            empty="Nothing refers to this table, and it refers to nothing.",
            id="relations",
        )
        self.pane = TextPane(id="detail")
        self._title = RuleLine()

    @property
    def came_along(self) -> bool:
        """Whether one came here along a reference."""
        return self._at is not None

    @property
    def crumb(self) -> str:
        """The table, of which a way may hold several."""
        return f"relations of {shown_name(self.table)}"

    @property
    def table_here(self) -> TableName | None:
        """The tree's table."""
        return self.table

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.list.row.key if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the tree, and the pane that tells of the key under the cursor."""
        yield Frame(ListBar(self.list, "relations"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Show the tree; it needs no further reading."""
        self.consequence.tell(relations_in_words(self.knowledge.catalog, self.table))
        rows = relations(self.knowledge.catalog, self.table)
        self.list.show_rows(rows)
        here = next((row for row in rows if row.way == (self._at,)), None)
        if here is not None:
            self.list.go_to((here.direction, *(key.qualified for key in here.way)))

    def on_row_list_moved(self) -> None:
        """Tell of the key under the cursor."""
        relation = self.list.row
        if relation is not None:
            row = constraint_row(self.knowledge, relation.key)
            self._title.tell(title_of(row))
            self.pane.show([*described(row), "", map_of(self.knowledge, self.table, relation.key)])
        self.refresh_bindings()

    def on_row_list_opened(self) -> None:
        """Go to the table clicked."""
        self.action_open_table()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs a foreign key."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open_table", "fix", "copy"} and self.list.row is None:
            return "there is no foreign key under the cursor"
        return super().why_not(action)

    def action_open_table(self) -> None:
        """Go to the table at the other end; escape comes back."""
        if self.list.row is not None:
            self.app.push_screen(RelationsScreen(self.database, self.knowledge, self.list.row.table))

    def action_preview(self) -> None:
        """Ask what deleting rows of this table would do."""
        self.database.open_preview(self.knowledge, self.table)

    def action_fix(self) -> None:
        """Show what can be changed about the key under the cursor."""
        if self.list.row is not None:
            self.database.open_fix(self.knowledge, self.list.row.key)

    def action_copy(self) -> None:
        """Copy the statement that declares the key under the cursor."""
        if self.list.row is not None:
            self.copy(f"{statement_of(self.list.row.key)};\n")
