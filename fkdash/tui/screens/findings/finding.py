"""Everything about one foreign key: what is wrong, in whose words, and how it is declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraint_rows import ConstraintRow, described, statement_of, title_of
from fkdash.tui.screens.findings.drawings import map_of
from fkdash.tui.screens.preview.blocked import BlockedScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import WIDE, Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import behaviour, consequence, holds_rows_back, shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.rows.blocked import BlockedRow
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge


class FindingScreen(BaseScreen):
    """One foreign key in full; `held` are the referenced rows that most others hold, where they have been read."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.BLOCKED, keys.PREVIEW, keys.FIX, keys.COPY]

    def __init__(
        self, database: Database, knowledge: Knowledge, row: ConstraintRow, held: Sequence[BlockedRow] = ()
    ) -> None:
        super().__init__()
        self.database = database
        self.knowledge = knowledge
        self.row, self._held = row, held
        self._around, self._around_title = TextPane(id="map"), RuleLine()
        self.pane = TextPane(id="finding")
        self._title = RuleLine()

    @property
    def table_here(self) -> TableName | None:
        """The referencing table."""
        return self.row.key.table

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.row.key

    def body(self) -> Iterable[Widget]:
        """Give the text and, where there is room, what is around it."""
        return (
            Frame(self._title, self.pane, id="left"),
            Frame(self._around_title, self._around, id="around"),
        )

    def on_mount(self) -> None:
        """Fill the text."""
        row = self.row
        worst = row.findings[0] if row.findings else None
        self.consequence.tell(consequence(worst, row.impact) if worst else behaviour(row.key))
        self._title.tell(title_of(row))
        # The first sentence stands above already. Who holds most is seen on the way here: it must not push the
        # evidence out of sight.
        held = self._held if self.app.size.width >= WIDE else ()
        self.pane.show([*described(row, held)[1:], *self._evidence()])
        self._around_title.tell(f"around {shown_name(row.key.referenced)}")
        self._around.show([map_of(self.knowledge, row.key.referenced, row.key)])

    def _evidence(self) -> Iterable[Line]:
        evidence = [fact for finding in self.row.findings for fact in finding.evidence]
        if evidence:
            yield line("")
            yield line(Part("Evidence", "strong"))
            yield from (line(f"  {fact}") for fact in dict.fromkeys(evidence))
        fixes = [fix for finding in self.row.findings for fix in finding.fixes]
        if fixes:
            yield line("")
            titles = self._titles()
            told = ", ".join(titles.get(fix, fix) for fix in dict.fromkeys(fixes))
            yield line(Part("Fixes", "strong"), f" (f): {told}")

    def _titles(self) -> dict[str, str]:
        """Give what the fixes are called on the screen that `f` leads to."""
        from fkdash.tui.screens.fix.options import option_rows, subject, titles_of  # loaded when it is wanted

        if not self.row.declared:
            return {}
        return titles_of(option_rows(self.knowledge, subject(self.knowledge, self.row.key)))

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"blocked", "fix"} and not self.row.declared:
            return "no foreign key is declared here; add one NOT VALID first"
        if action == "blocked" and not holds_rows_back(self.row.key, self.row.findings):
            return f"{self.row.key.on_delete} holds no row back"
        return super().why_not(action)

    def action_blocked(self) -> None:
        """Show which rows cannot be deleted because of it."""
        self.app.push_screen(BlockedScreen(self.database, self.knowledge, self.row.key))

    def action_preview(self) -> None:
        """Ask what deleting referenced rows would do."""
        self.database.open_preview(self.knowledge, self.row.key.referenced)

    def action_fix(self) -> None:
        """Show what can be changed."""
        self.database.open_fix(self.knowledge, self.row.key)

    def action_copy(self) -> None:
        """Copy the statement that declares the foreign key."""
        self.copy(f"{statement_of(self.row.key)};\n" if self.row.declared else self.pane.text)
