"""What the operator's query picks for each row in the way, before it is planned; those without come first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.table_name import listed
from fkdash.counted import counted
from fkdash.report.fix.picked import picked_text
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.value_from import Picked, PickedRow


class FixPickedScreen(BaseScreen):
    """A line for each row; enter makes the plan. Nothing is written here."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.PLAN, keys.COPY]

    def __init__(self, key: ForeignKey, picked: Picked, planned: Callable[[], None]) -> None:
        super().__init__()
        self.key, self.picked, self._planned = key, picked, planned
        self.list: RowList[PickedRow] = RowList(
            [
                ListColumn("row", lambda row: row.named, 20),
                ListColumn("now", lambda row: ", ".join(row.now), 12),
                ListColumn(
                    "then",
                    lambda row: ", ".join(row.then) or f"stays: {row.why}",
                    24,
                    tone=lambda row: "good" if row.then else "warning",
                ),
            ],
            key=lambda row: row.identity,
            empty="No row refers to these.",
            id="picked",
        )

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows are moved."""
        return self.key.table

    def body(self) -> Iterable[Widget]:
        """Give the rows."""
        yield Frame(ListBar(self.list, f"{listed(self.key.columns)} now and then"), self.list, id="left")

    def on_mount(self) -> None:
        """Say how many rows move, and how many stay because nothing is picked for them."""
        stay = [row for row in self.picked.rows if not row.then]
        moved = [row for row in self.picked.rows if row.then]
        name = shown_name(self.key.table)
        self.consequence.tell(
            f"{counted(len(moved), 'rows')} of {name} go where the query says; "
            + _of_those_that_stay(len(stay))
            + (" Enter shows the plan." if moved else " There is nothing to plan."),
            "warning" if stay else "plain",
        )
        self.list.show_rows([*stay, *moved])

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "plan" and not any(row.then for row in self.picked.rows):
            return "the query picks nothing for any of them"
        return super().why_not(action)

    def on_row_list_opened(self) -> None:
        """Make the plan."""
        self.action_plan()

    def action_plan(self) -> None:
        """Make the plan, and show it."""
        if not self.why_not("plan"):
            self._planned()

    def action_copy(self) -> None:
        """Copy every row with what it refers to now and then."""
        self.copy(picked_text(self.picked, self.key))


def _of_those_that_stay(number: int) -> str:
    if not number:
        return "none stays."
    gets, stays = ("gets", "stays") if number == 1 else ("get", "stay")
    return f"{counted(number, 'rows')} {gets} nothing, and {stays}."
