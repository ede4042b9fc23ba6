"""Are there still errors: what the server's log says of each constraint, minute by minute, while it is written."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.errors import FkdashError, UnreachableError
from fkdash.fact import fact
from fkdash.pictures.sparkline import sparkline
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraint_rows import constraint_row
from fkdash.tui.screens.watch_lines import about, outcome, statistics_lines
from fkdash.tui.watching import Watching
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.orphans.scan import OrphanCount
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.widgets.painting import Tone
    from fkdash.watch.seen import Seen

MINUTES = 30
_HOURS_BACK = 1
_REDRAW_SECONDS = 10.0
_ORPHAN_SECONDS = 5.0


@fact
class WatchedRow:
    """What was seen of one constraint, as the list shows it."""

    seen: Seen
    count: int
    line: str
    last: str
    finding: str
    since: int | None


class WatchScreen(BaseScreen):
    """Constraints with errors, those after a fix first; enter goes into the constraint. Nothing is written."""

    FEW_ROWS = True
    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.COPY, keys.REFRESH]

    def __init__(self, database: Database, knowledge: Knowledge, about_key: ForeignKey | None = None) -> None:
        super().__init__()
        self.database, self.knowledge, self._about = database, knowledge, about_key
        self.watching = Watching(database, knowledge)
        self._orphans: dict[str, OrphanCount | None] = {}
        self.list = RowList[WatchedRow](
            [
                ListColumn("errors", lambda row: f"{row.count:,}", 6, right=True, tone=_tone),
                ListColumn(f"last {MINUTES} min", lambda row: row.line, MINUTES + 1, priority=2),
                ListColumn("last", lambda row: row.last, 8),
                ListColumn("error", lambda row: row.seen.sqlstate, 5),
                ListColumn(
                    "constraint",
                    lambda row: row.seen.name or "(not known)",
                    34,
                    shown=lambda row: row.seen.name.removeprefix("public.") or "(not known)",
                ),
                ListColumn("rule", lambda row: row.finding, 5, extra=True),
            ],
            key=lambda row: (row.seen.name, row.seen.sqlstate),
            empty="Reading the server's log ...",
            id="watched",
        )
        self._title, self.pane = RuleLine(), TextPane(id="detail")

    @property
    def table_here(self) -> TableName | None:
        """The table of the constraint under the cursor."""
        key = self._key_here()
        return key.table if key is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the constraints, and what is known of one."""
        yield Frame(ListBar(self.list, "errors"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Begin to watch, and move the minutes on while nothing happens."""
        self.action_refresh()
        self.set_interval(_REDRAW_SECONDS, self._show)

    def action_refresh(self) -> None:
        """Read the last hour again, and watch on."""
        self.list.empty = "Reading the server's log ..."
        self.list.show_rows([])
        self.consequence.tell("Are there still errors? The server's log is read.")
        self.run_cancellable(self._watch, doing="Watching the server's log", group="watch")

    async def _watch(self) -> None:
        table = self._about.referenced.name if self._about is not None else ""
        self.watching = Watching(self.database, self.knowledge, table, self.say)
        since = datetime.now(UTC) - timedelta(hours=_HOURS_BACK)
        try:
            await self.watching.watch(since, self._show)
        except UnreachableError:
            raise
        except FkdashError as error:
            if self.watching.reading is not None:
                raise
            self.watching.no_log = error
            await self.watching.watch_statistics(self._show)

    def _show(self) -> None:
        watching, now = self.watching, datetime.now(UTC)
        counts = watching.counts
        rows = [self._row(seen, now) for seen in counts.seen.values()] if counts is not None else []
        rows.sort(key=lambda row: (-(row.since or 0), -row.count, row.seen.name))
        if watching.no_log is not None:
            self.list.empty = "No log can be had; the server's statistics are below."
        elif counts is not None:
            self.list.empty = "No integrity error was seen."
        self.list.show_rows(rows)
        self.consequence.tell(*outcome(watching, self._about, now))
        self._describe()

    def _row(self, seen: Seen, now: datetime) -> WatchedRow:
        counts = self.watching.counts
        assert counts is not None  # noqa: S101 - there is what was seen
        fixed = counts.fixed.get(seen.key)
        mark = None
        if fixed is not None and now - timedelta(minutes=MINUTES) < fixed:
            mark = MINUTES - int((now - fixed).total_seconds() // 60) - 1
        return WatchedRow(
            seen,
            seen.count,
            sparkline(seen.timeline(now, MINUTES), ascii_only=self.status.glyphs.ascii_only, mark=mark),
            seen.last.astimezone().strftime("%H:%M:%S") if seen.last is not None else "?",
            self.watching.findings.get(seen.key, ""),
            counts.after[seen.key] if fixed is not None else None,
        )

    def on_row_list_moved(self) -> None:
        """Tell of the constraint under the cursor."""
        self._describe()
        self.refresh_bindings()

    def _describe(self) -> None:
        row = self.list.row
        if row is None:
            self._title.tell(self._about.qualified if self._about is not None else "The server's statistics")
            self.pane.show(statistics_lines(self.watching))
            return
        self._title.tell(row.seen.name)
        orphans = self._orphans.get(row.seen.key)
        self.pane.show(
            [*about(row.seen, self.watching, self.knowledge, orphans), *statistics_lines(self.watching)]
        )
        key = self._key_here()
        if key is not None and key.qualified not in self._orphans:
            self._orphans[key.qualified] = None
            self.run_worker(self._count_orphans(key), group="orphans", description="Counting orphans")

    async def _count_orphans(self, key: ForeignKey) -> None:
        from fkdash.orphans.scan import count_orphans  # loaded when it is wanted

        with suppress(FkdashError):
            pool = await self.database.connection.pool()
            self._orphans[key.qualified] = await count_orphans(
                pool, self.knowledge.catalog, key, seconds=_ORPHAN_SECONDS
            )
            self._describe()

    def _key_here(self) -> ForeignKey | None:
        row = self.list.row
        if row is None:
            return self._about
        return next((key for key in self.knowledge.catalog.foreign_keys if key.qualified == row.seen.key), None)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "open" and self._key_here() is None:
            return "no foreign key of this database is behind it"
        if action == "copy" and not self.pane.text:
            return "there is nothing to copy"
        return super().why_not(action)

    def on_row_list_opened(self) -> None:
        """Go into the constraint clicked."""
        self.action_open()

    def action_open(self) -> None:
        """Go into the foreign key behind the errors."""
        key = self._key_here()
        if key is not None and not self.why_not("open"):
            from fkdash.tui.screens.findings.finding import FindingScreen  # loaded when it is wanted

            self.app.push_screen(FindingScreen(self.database, self.knowledge, constraint_row(self.knowledge, key)))

    def action_copy(self) -> None:
        """Copy what was counted, a line for each constraint."""
        lines = [f"{row.count:>6,}  {row.seen.sqlstate}  {row.last}  {row.seen.name}" for row in self.list.rows]
        said = "".join(part.text for part in self.consequence.said)
        self.copy("\n".join((said, *lines, self.pane.text)) + "\n")


def _tone(row: WatchedRow) -> Tone:
    return "error" if row.since or row.since is None else "good"
