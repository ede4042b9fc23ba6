"""Several databases: what is wrong in each, the worst first; enter goes into one, escape comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.checking.kept_run import Verdict, kept_run, verdict_on
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
from fkdash.tui.screens.findings.shapes import ShapesScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.checking.databases import Look
    from fkdash.checking.result import CheckReport
    from fkdash.checking.turns import Room
    from fkdash.profiles import Destination

_SHOWN_AFTER_SECONDS = 0.1
_FAILED = Verdict("", failed=True, complete=False, document={})


class DatabasesScreen(BaseScreen):
    """The databases of a survey. `enter` is called with the one to go into, `jobs` are looked into at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.FINDINGS, keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(
        self, survey: KnownDatabases, enter: Callable[[Destination], None], jobs: int | None = None
    ) -> None:
        super().__init__()
        self.survey, self._enter, self._jobs = survey, enter, jobs
        self._rows: list[DatabaseRow] = []
        self._shown_later = False
        self._shapes: ShapesScreen | None = None
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
        # The driver and the rules take a while to load; the list is already on the screen.
        await asyncio.to_thread(import_module, "fkdash.checking.database")
        from fkdash.checking.databases import AT_ONCE, check_each, room_at, server_at  # loaded just now

        rooms: dict[Hashable, Room] = {}
        if self.survey.every_database:
            destinations, rooms = await self._listed()
            self._begin(destinations, Doing.WAITING)
        kept = kept_run((_place(row) for row in self._rows), "dashboard")
        self._rows = [
            replace(row, doing=Doing.WAITING, before=kept.verdicts.get(_place(row))) for row in self._rows
        ]
        self._show_now()
        places = [server_at(row.destination.target) for row in self._rows]
        order = [row.number for row in sorted(self._rows, key=badness)]
        kept.begin(tuple(kept.verdicts))

        def heard(turn: int, found: CheckReport | FkdashError) -> None:
            row = self._heard(order[turn], found)
            kept.add(_place(row), verdict_on(row.report) if row.report is not None else _FAILED)

        async def room(place: Hashable, turns: Sequence[int]) -> Room:
            there = [self._rows[order[turn]].destination.target for turn in turns]
            return rooms[place] if place in rooms else await room_at(there, place)

        looks: list[Look] = [partial(look_into, self._rows[number].destination.target) for number in order]
        try:
            await check_each(
                looks,
                heard,
                begun=lambda turn: self._do(Doing.READING, order[turn]),
                place_of=lambda turn: places[order[turn]],
                room_of=room,
                jobs=self._jobs or AT_ONCE,
            )
            kept.finish()
        finally:
            kept.close()
            self._rows = [replace(row, doing=Doing.NOTHING) for row in self._rows]
            self._show_now()

    async def _listed(self) -> tuple[list[Destination], dict[Hashable, Room]]:
        """Give the databases of every server, all asked at the same time, and what each has room for."""
        from fkdash.checking.databases import PATIENT_SECONDS, server_at  # loaded just now

        asked = [list_databases(each, PATIENT_SECONDS) for each in self.survey.destinations]
        listed: list[Destination] = []
        rooms: dict[Hashable, Room] = {}
        for destination, (found, room) in zip(self.survey.destinations, await asyncio.gather(*asked), strict=True):
            listed += found
            if room is not None:
                rooms[server_at(destination.target)] = room
        return listed, rooms

    def _begin(self, destinations: Sequence[Destination], doing: Doing) -> None:
        """Show these databases, each with what was found in it before."""
        before = {(row.destination.name, row.destination.target): row for row in self._rows}
        self._rows = [
            replace(known, number=number) if known is not None else DatabaseRow(number, each, doing)
            for number, each in enumerate(destinations)
            for known in [before.get((each.name, each.target))]
        ]
        self._show_now()
        begin_at = next((row.number for row in self._rows if row.destination.name == self.survey.begin_at), None)
        if begin_at is not None and not before:
            self.list.go_to(begin_at)

    def _do(self, doing: Doing, number: int) -> None:
        self._change(replace(self._rows[number], doing=doing))

    def _heard(self, number: int, found: CheckReport | FkdashError) -> DatabaseRow:
        moment = datetime.now().astimezone().strftime("%H:%M:%S")
        row = replace(self._rows[number], doing=Doing.NOTHING, found=found, read=moment)
        self._change(row)
        return row

    def _change(self, row: DatabaseRow) -> None:
        """Keep what is known of a database now; a thousand of them are not shown anew for each."""
        self._rows[row.number] = row
        if not self._shown_later:
            self._shown_later = True
            self.set_timer(_SHOWN_AFTER_SECONDS, self._show_now)

    def _show_now(self) -> None:
        self._shown_later = False
        self.list.show_rows(self._rows)
        self.consequence.tell(survey_in_words(self._rows))
        if self._shapes is not None and self._shapes.is_attached:
            self._shapes.show_found(self._rows)

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
        if action in {"export", "findings"} and not any(row.report is not None for row in self.list.rows):
            return "nothing has been read yet"
        return super().why_not(action)

    def action_open(self) -> None:
        """Go into the database under the cursor."""
        if self.list.row is not None:
            self._enter(self.list.row.destination)

    def action_findings(self) -> None:
        """Show the findings of all databases, those of one shape as one."""
        shapes = self._shapes = ShapesScreen(self._enter, self.read)
        self.app.push_screen(shapes)
        shapes.call_after_refresh(self._show_now)

    def action_refresh(self) -> None:
        """Look into every database again."""
        self.read()

    def action_copy(self) -> None:
        """Copy what the pane says."""
        self.copy(self.pane.text + "\n")

    def action_export(self) -> None:
        """Write what was found in the databases shown into a file, as Markdown."""
        from fkdash.checking.database import failed
        from fkdash.report.check.as_markdown import check_markdown  # loaded when it is wanted

        reports = []
        for row in self.list.shown_rows:
            target = row.destination.target
            if row.trouble is not None:
                reports.append(failed(target.describe(), target.database, row.trouble))
            elif row.report is not None:
                reports.append(row.report)
        self.export("databases", ".md", check_markdown(reports))


def _place(row: DatabaseRow) -> str:
    return row.destination.target.describe()
