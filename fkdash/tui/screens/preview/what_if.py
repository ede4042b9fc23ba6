"""The same delete today and under each fix, side by side; the rows are the operator's choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.pictures.fates import fates
from fkdash.report.preview.what_if import Fate, Supposed, fate, outcome
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.branch import branch_lines, note_lines
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

_SECONDS = 30.0


class WhatIfScreen(BaseScreen):
    """One line for today and one for each option; the pane has everything that would happen."""

    FEW_ROWS = True
    BINDINGS: ClassVar[list[BindingType]] = [keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(
        self,
        database: Database,
        knowledge: Knowledge,
        key: ForeignKey,
        plans: Sequence[Plan],
        target: DeleteTarget,
        *,
        named: str,
        titles: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.database, self.knowledge, self.key, self.target = database, knowledge, key, target
        self._plans, self._named, self._titles = tuple(plans), named, titles
        self.supposed: list[Supposed] = []
        self.list = RowList[Fate](
            _columns(key, titles), key=lambda row: row.option, empty="Trying each fix in thought ...", id="what-if"
        )
        self._title, self.pane = RuleLine(), TextPane(id="detail")

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows would be deleted."""
        return self.target.table

    def body(self) -> Iterable[Widget]:
        """Give the options, and what would happen under the one with the cursor."""
        yield Frame(ListBar(self.list, "today and under each option"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True, classes="-tall")

    def on_mount(self) -> None:
        """Ask for every option."""
        self.consequence.tell(
            f"Deleting {self._named}, today and under each option. Nothing is changed by asking."
        )
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_cancellable(self._suppose, doing="Trying each fix in thought", group="what-if")

    async def _suppose(self) -> None:
        from fkdash.preview.model import Limits  # loaded when it is wanted
        from fkdash.report.preview.what_if import what_if

        pool = await self.database.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=False)
        self.supposed = []
        async for each in what_if(pool, self.knowledge.catalog, self.target, self._plans, limits):
            self.supposed.append(each)
            tried = f"{len(self.supposed)} of {len(self._plans) + 1}"
            self.status.working(f"Trying each fix in thought: {tried}", "what-if")
            self.list.show_rows([fate(one, self.key) for one in self.supposed])
            self._tell()

    def on_row_list_moved(self) -> None:
        """Tell what would happen under the option with the cursor."""
        self._tell()

    def _tell(self) -> None:
        from fkdash.preview.tree import branches  # loaded when it is wanted
        from fkdash.report.preview.what_if import in_words

        place, _ = self.list.position
        if not place or place > len(self.supposed):
            return
        each = self.supposed[place - 1]
        root = branches(self.knowledge.catalog, each.preview)[0]
        outcomes = tuple(outcome(one, self._titles) for one in self.supposed)
        self._title.tell(f"{outcomes[place - 1].name}: {in_words(each)}")
        picture = Drawing(fates, (outcomes,))
        self.pane.show([*branch_lines(root, each.preview), *note_lines(each.preview), "", picture])
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"copy", "export"} and not self.supposed:
            return "the answer is not there yet"
        return super().why_not(action)

    def action_copy(self) -> None:
        """Copy the comparison as text."""
        from fkdash.report.preview.what_if import what_if_text  # loaded when it is wanted

        self.copy(what_if_text(self.supposed, self.key, self._named))

    def action_export(self) -> None:
        """Write the comparison as Markdown into a file."""
        from fkdash.report.preview.what_if import what_if_markdown  # loaded when it is wanted

        self.export(f"what-if-{self.key.name}", ".md", what_if_markdown(self.supposed, self.key, self._named))


def _columns(key: ForeignKey, titles: Mapping[str, str]) -> list[ListColumn[Fate]]:
    table = shown_name(key.table)
    return [
        ListColumn("", lambda row: "" if row.works else "!", 1, tone=lambda _: "error"),
        ListColumn("option", lambda row: titles.get(row.option, row.option), 13, tone=lambda _: "strong"),
        ListColumn("the delete", lambda row: row.delete, 14),
        ListColumn(table, lambda row: row.referencing, max(14, len(table))),
        ListColumn("other rows", lambda row: row.others, 18),
    ]
