"""Several databases: what is wrong in each, the worst first; enter goes into one, escape comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.errors import FkdashError
from fkdash.tui import keys
from fkdash.tui.known_databases import KnownDatabases, list_databases, look_into
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.database_rows import (
    DATABASE_FIELDS,
    DatabaseRow,
    Doing,
    badness,
    database_columns,
    database_orders,
    described_database,
    survey_in_words,
)
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.checking.databases import Look
    from fkdash.checking.result import CheckReport
    from fkdash.profiles import Destination


class DatabasesScreen(BaseScreen):
    """The databases of a survey. `enter` is called with the one to go into."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(self, survey: KnownDatabases, enter: Callable[[Destination], None]) -> None:
        super().__init__()
        self.survey, self._enter = survey, enter
        self.list = RowList[DatabaseRow](
            database_columns(),
            key=lambda row: row.number,
            orders=database_orders(),
            fields=DATABASE_FIELDS,
            empty="There is no database that this role may connect to.",
            id="databases",
        )
        self.pane = TextPane(id="detail")
        self._title = RuleLine()

    def body(self) -> Iterable[Widget]:
        """Give the list, and the pane that tells of the database under the cursor."""
        yield Frame(ListBar(self.list, "databases"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Show the databases, and look into them once the first frame is on the screen."""
        self._begin(self.survey.destinations, Doing.LISTING if self.survey.every_database else Doing.WAITING)
        self.call_after_refresh(self.read)

    def read(self) -> None:
        """Look into every database again; what was found last stays until something newer is known."""
        self.run_cancellable(self._read, doing="Looking into the databases", group="survey")

    async def _read(self) -> None:
        if self.survey.every_database:
            self._begin(await self._listed(), Doing.WAITING)
        # The driver and the rules take a while to load; the list is already on the screen.
        await asyncio.to_thread(import_module, "fkdash.checking.database")
        from fkdash.checking.databases import check_each  # loaded just now

        # What was worst last time is known first.
        rows = sorted(self.list.rows, key=badness)
        for row in rows:
            self._do(Doing.WAITING, row.number)
        looks: list[Look] = [partial(look_into, row.destination.target) for row in rows]
        try:
            await check_each(
                looks,
                lambda turn, found: self._heard(rows[turn].number, found),
                begun=lambda turn: self._do(Doing.READING, rows[turn].number),
                server_of=lambda turn: rows[turn].server,
            )
        finally:
            for row in self.list.rows:
                self._do(Doing.NOTHING, row.number)

    async def _listed(self) -> list[Destination]:
        """Give the databases of every server; of one that cannot tell, the place that was named."""
        listed: list[Destination] = []
        for destination in self.survey.destinations:
            try:
                listed += await list_databases(destination)
            except FkdashError:
                listed.append(destination)
        return listed

    def _begin(self, destinations: Sequence[Destination], doing: Doing) -> None:
        """Show these databases, each with what was found in it before."""
        before = {(row.destination.name, row.destination.target): row for row in self.list.rows}
        rows = [
            replace(known, number=number) if known is not None else DatabaseRow(number, each, doing)
            for number, each in enumerate(destinations)
            for known in [before.get((each.name, each.target))]
        ]
        self._show(rows)
        begin_at = next((row.number for row in rows if row.destination.name == self.survey.begin_at), None)
        if begin_at is not None and not before:
            self.list.go_to(begin_at)

    def _do(self, doing: Doing, number: int) -> None:
        self._change(number, lambda row: replace(row, doing=doing))

    def _heard(self, number: int, found: CheckReport | FkdashError) -> None:
        moment = datetime.now().astimezone().strftime("%H:%M:%S")
        self._change(number, lambda row: replace(row, doing=Doing.NOTHING, found=found, read=moment))

    def _change(self, number: int, changed: Callable[[DatabaseRow], DatabaseRow]) -> None:
        self._show([changed(row) if row.number == number else row for row in self.list.rows])

    def _show(self, rows: Sequence[DatabaseRow]) -> None:
        self.list.show_rows(rows)
        self.consequence.tell(survey_in_words(rows))

    def on_row_list_moved(self) -> None:
        """Tell of the database under the cursor."""
        row = self.list.row
        self._title.tell(row.destination.name if row is not None else "")
        self.pane.show(described_database(row) if row is not None else [])
        self.refresh_bindings()

    def on_row_list_opened(self) -> None:
        """Go into the database clicked."""
        self.action_open()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open", "copy"} and self.list.row is None:
            return "there is no database under the cursor"
        if action == "export" and not any(row.report is not None for row in self.list.rows):
            return "nothing has been read yet"
        return super().why_not(action)

    def action_open(self) -> None:
        """Go into the database under the cursor."""
        if self.list.row is not None:
            self._enter(self.list.row.destination)

    def action_refresh(self) -> None:
        """Look into every database again."""
        self.read()

    def action_copy(self) -> None:
        """Copy what the pane says."""
        self.copy(self.pane.text + "\n")

    def action_export(self) -> None:
        """Write what was found in the databases shown into a file, as Markdown."""
        from fkdash.checking.database import failed
        from fkdash.report.check_markdown import check_markdown  # loaded when it is wanted

        reports = []
        for row in self.list.shown_rows:
            target = row.destination.target
            if row.trouble is not None:
                reports.append(failed(target.describe(), target.database, row.trouble))
            elif row.report is not None:
                reports.append(row.report)
        self.export("databases", ".md", check_markdown(reports))
