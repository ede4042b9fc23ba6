"""What is wrong in all databases together: findings of one shape as one, enter unfolds them and goes into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.shape_rows import (
    FindingRow,
    ShapeFolds,
    described_finding,
    finding_columns,
    finding_orders,
    finding_rows,
    findings_in_words,
)
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.profiles import Destination
    from fkdash.tui.screens.findings.database_rows import DatabaseRow


class ShapesScreen(BaseScreen):
    """The findings of a survey. `enter` is called with the database to go into, `again` to look into all again."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.COPY, keys.REFRESH, *keys.SEVERITIES]
    crumb = "findings"

    def __init__(self, enter: Callable[[Destination], None], again: Callable[[], None]) -> None:
        super().__init__()
        self._enter, self._again = enter, again
        self._folds = ShapeFolds()
        self.list = RowList(
            finding_columns(self._folds),
            key=lambda row: row.key,
            orders=finding_orders(),
            fields={"severity": lambda row: str(row.reported.finding.severity)},
            empty="Nothing wrong has been found yet.",
            alike=self._folds.shape,
            id="shapes",
        )
        self._folds.count = self.list.stands_for
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._found: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Give the list, and the pane that tells of the row under the cursor."""
        yield Frame(ListBar(self.list, "findings"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def show_found(self, databases: Sequence[DatabaseRow]) -> None:
        """Show what was found in the databases so far; the same again costs nothing."""
        found = [(row.destination, row.report) for row in databases if row.report is not None]
        unread = sum(row.found is None for row in databases)
        same = (unread, *(id(report) for _, report in found))
        if same == self._found:
            return
        self._found = same
        rows = finding_rows(found)
        self.list.show_rows(rows)
        self.consequence.tell(findings_in_words(rows, len(found), unread))

    def on_row_list_moved(self) -> None:
        """Tell of the finding under the cursor."""
        self._describe(self.list.row)
        self.refresh_bindings()

    def _describe(self, row: FindingRow | None) -> None:
        self._title.tell(row.reported.finding.key.name if row is not None else "")
        self.pane.show(described_finding(row, self._folds) if row is not None else [])

    def on_row_list_opened(self) -> None:
        """Open the row clicked."""
        self.action_open()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open", "copy"} and self.list.row is None:
            return "there is no finding under the cursor"
        return super().why_not(action)

    def action_open(self) -> None:
        """Show the rows that this one stands for; go into the database of one that is by itself."""
        row = self.list.row
        if row is None:
            return
        if self._folds.stands_for_others(row):
            self._folds.unfold(row)
            self.list.arrange_again()
            self._describe(self.list.row)
        else:
            self._enter(row.destination)

    def action_refresh(self) -> None:
        """Look into every database again, with rows alike as one."""
        self._folds.fold_all()
        self.list.arrange_again()
        self._describe(self.list.row)
        self._again()

    def action_only(self, severity: str) -> None:
        """Show only findings of one severity; all again where it was so already, or for ""."""
        wanted = f"severity:{severity}" if severity else ""
        self.list.filter_by("" if self.list.filter_text == wanted else wanted)

    def action_copy(self) -> None:
        """Copy what the pane says."""
        self.copy(self.pane.text + "\n")
