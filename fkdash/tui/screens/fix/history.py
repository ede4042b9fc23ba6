"""What has been changed: the runs there are journals of, and from each the way on or back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.apply.journal.identity import Identity, identity_of
from fkdash.apply.journal.records import RecordedRun, Unread, everything, open_questions, standings
from fkdash.catalog.postgres.migrations import newest_migrations
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.tui import keys
from fkdash.tui.changed import migration_lines
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.recovering import Way, way_back, way_on
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.row_list import LOOKING, RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.catalog.postgres.migrations import Migrations
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Plan
    from fkdash.tui.connection import Connection
    from fkdash.tui.database import Database

_MINUTES = len("2026-11-22T12:06")
_CHECKS: dict[bool | None, tuple[Tone, str]] = {
    True: ("good", "ok"),
    False: ("error", "NO"),
    None: ("muted", "--"),
}


@fact
class RunRow:
    """A recorded run; `open` says that it was cut off or stopped halfway and nobody has taken it up since.

    `standing` says how it stands now, by what other runs did with it.
    """

    run: RecordedRun
    open: bool
    standing: str


class HistoryScreen(BaseScreen):
    """The runs, newest first, and the newest migrations where the `catalog` of the database is known."""

    FEW_ROWS = True
    BINDINGS: ClassVar[list[BindingType]] = [keys.CONTINUE_RUN, keys.UNDO, keys.COPY, keys.REFRESH]

    def __init__(self, database: Database, catalog: Catalog | None) -> None:
        super().__init__()
        self.database, self._catalog = database, catalog
        self._here: Identity | None = None
        self.list = RowList[RunRow](_columns(), key=lambda row: row.run.path, empty=LOOKING, id="runs")
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._migrations: Migrations | None = None

    @property
    def table_here(self) -> TableName | None:
        """The referencing table of the run under the cursor."""
        return self.list.row.run.plan.key.table if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the runs, and what the one under the cursor did."""
        yield Frame(ListBar(self.list, "runs"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True, classes="-tall")

    def on_mount(self) -> None:
        """Read the journals."""
        self.consequence.tell("What fkdash has changed, on this machine and as this user.")

    def on_screen_resume(self) -> None:
        """Read the journals again: a run may have been finished or undone meanwhile."""
        super().on_screen_resume()
        self.action_refresh()

    def action_refresh(self) -> None:
        """Read the journals again."""
        self.run_cancellable(self._read, doing="Reading the journals", group="history")

    async def _read(self) -> None:
        rows, unread = await asyncio.to_thread(_run_rows)
        self.list.empty = "There is no journal of a run yet."
        open_runs = sum(row.open for row in rows)
        state = f"{counted(open_runs, 'runs')} cut off or stopped halfway" if open_runs else "none is left halfway"
        left_out = f" Left out: {'; '.join(each.why for each in unread)}" if unread else ""
        tone: Tone = "warning" if open_runs or unread else "strong"
        self.consequence.tell(f"{counted(len(rows), 'runs')}, {state}.{left_out}", tone)
        self.list.show_rows(rows)
        self._tell()
        await self._look_where_we_are()
        self.refresh_bindings()

    async def _look_where_we_are(self) -> None:
        if self._catalog is None or self._here is not None:
            return
        pool = await self.database.connection.pool()
        async with pool.session() as session:
            self._here = await identity_of(session)
        self._migrations = await newest_migrations(pool, self._catalog)
        self._tell()

    def on_row_list_moved(self) -> None:
        """Tell of the run under the cursor."""
        self._tell()

    def _tell(self) -> None:
        row = self.list.row
        self._title.tell(row.run.plan.key.qualified if row is not None else "")
        migrations = migration_lines(self._migrations) if self._migrations is not None else ()
        self.pane.show([*(_run_lines(row.run) if row is not None else ()), *migrations])
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what the run under the cursor does not offer."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action not in {"undo", "continue_run", "copy"}:
            return super().why_not(action)
        row = self.list.row
        if row is None:
            return "there is no run under the cursor"
        return "" if action == "copy" else self._why_not_from(row, action)

    def _why_not_from(self, row: RunRow, action: str) -> str:
        if row.run.going_on:
            return "this run is going on in another process"
        if self._here is None:
            return (
                "no database is connected" if self._catalog is None else "this database is still being looked at"
            )
        if not row.run.identity.is_same(self._here):
            where = f" ({row.run.where})" if row.run.where and row.run.database == self._here.database else ""
            return f"it was made in the database {row.run.database}{where}, which is not the one connected to"
        if action == "continue_run":
            return "" if row.open else "nothing of it is left to do"
        return "" if row.run.changed else "it changed nothing"

    def action_undo(self) -> None:
        """Plan the way back."""
        self._plan("Undo", "Planning the way back", way_back)

    def action_continue_run(self) -> None:
        """Plan what is left to do."""
        self._plan("Continue", "Planning what is left", way_on)

    def _plan(self, title: str, doing: str, way: Callable[[Connection, Plan], Awaitable[Way]]) -> None:
        row = self.list.row
        if row is not None:
            self.run_cancellable(partial(self._open, row.run, title, way), doing=doing, group="way")

    async def _open(self, run: RecordedRun, title: str, way: Callable[[Connection, Plan], Awaitable[Way]]) -> None:
        found = await way(self.database.connection, run.plan)
        screen = FixPlanScreen(self.database, FixWalk(found.catalog, found.plan, title, run.path))
        await self.app.push_screen(screen)
        screen.say(found.truth)

    def action_copy(self) -> None:
        """Copy the path of the journal."""
        if self.list.row is not None:
            self.copy(f"{self.list.row.run.path}\n")


def _run_rows() -> tuple[list[RunRow], tuple[Unread, ...]]:
    runs, unread = everything()
    still_open = {run.path for run in open_questions(runs)}
    stand = standings(runs)
    return [RunRow(run, run.path in still_open, stand[run.path]) for run in runs], unread


def _columns() -> list[ListColumn[RunRow]]:
    return [
        ListColumn("", lambda row: "!" if row.open else "", 1, tone=_tone),
        ListColumn("started, UTC", lambda row: row.run.started[:_MINUTES].replace("T", " "), _MINUTES),
        ListColumn("ended", lambda row: row.standing, 11, tone=_tone),
        ListColumn("option", lambda row: row.run.plan.option, 10, priority=1),
        ListColumn("foreign key", lambda row: shown_columns(row.run.plan.key), 16),
        ListColumn("database", lambda row: row.run.database, 8, priority=2),
    ]


def _tone(row: RunRow) -> Tone:
    if row.open:
        return "error"
    return "good" if row.run.outcome == "verified" else "plain"


def _run_lines(run: RecordedRun) -> list[Line | str]:
    steps = f"{len(run.steps_done)} of {counted(len(run.plan.steps), 'steps')} done"
    lines: list[Line | str] = [
        line(Part(run.message, "strong")),
        f"{run.plan.option}, {steps}: {run.plan.procedure}",
        f"Database {run.database}, role {run.role}, by {run.operator}"
        + (f", because: {run.reason}" if run.reason else ""),
    ]
    for each in run.verification:
        tone, mark = _CHECKS[each.get("ok")]
        lines.append(line(Part(f"  {mark} ", tone), str(each.get("check", ""))))
    if run.continues is not None:
        lines.append(f"It takes up {run.continues.name}.")
    lines.append(line(Part("Journal ", "title"), str(run.path)))
    return lines
