"""What is declared, and what is wrong with it: all foreign keys, the conflicting ones first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fkdash.catalog.postgres.changes import changes_in_words, digest
from fkdash.counted import counted
from fkdash.db.look import advice
from fkdash.db.text import plain
from fkdash.errors import ConnectionLostError, FkdashError, NotRun, UnreachableError
from fkdash.tui import keys
from fkdash.tui.database import Database
from fkdash.tui.knowledge import Knowledge, count_impacts, read_knowledge, with_answers, with_orphans
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraint_rows import (
    FIELDS,
    FILTER_FIELDS,
    ConstraintRow,
    columns,
    constraint_rows,
    count_parts,
    counts,
    described,
    orders,
    renewed_rows,
    scope,
    statement_of,
    summary,
    title_of,
)
from fkdash.tui.screens.findings.cut_off import cut_off_in
from fkdash.tui.screens.findings.folds import Folds
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.frame import BROAD, Frame
from fkdash.tui.widgets.painting import Part, line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import holds_rows_back, shown_name

if TYPE_CHECKING:
    from textual import events
    from textual.timer import Timer

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.rows.blocked import BlockedRow

_REST_SECONDS = 0.15
"""How long the cursor must rest on a key before its surroundings are shown and the rows it holds are read."""
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 2.0, 60.0


class ConstraintsScreen(BaseScreen):
    """The first screen. What was read last stays in sight, whatever becomes of the connection."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keys.OPEN,
        keys.BLOCKED,
        keys.PREVIEW,
        keys.FIX,
        keys.EXPLAIN,
        keys.COPY,
        keys.EXPORT,
        keys.REFRESH,
        *keys.SEVERITIES,
    ]

    # A mark is about the foreign key under the cursor.
    MARKS_ROWS = False

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.knowledge: Knowledge | None = None
        self._folds = Folds()
        self.list = RowList(
            columns(self._folds),
            key=lambda row: (row.key.qualified, row.key.columns),
            orders=orders(),
            fields=FILTER_FIELDS,
            empty="No foreign key has been read yet.",
            alike=self._folds.shape,
            id="constraints",
        )
        self._folds.count = self.list.stands_for
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._around, self._around_title = TextPane(id="map"), RuleLine()
        self._bar = ListBar(self.list, "foreign keys")
        self.read_at = ""
        self._cut_off = self._digest = ""
        self._described: ForeignKey | None = None
        self._held: dict[str, Sequence[BlockedRow]] = {}
        self._rest: Timer | None = None
        self._retry: Timer | None = None
        self._retry_seconds = self._seconds_to_retry = _FIRST_RETRY_SECONDS

    @property
    def crumb(self) -> str:
        """The database, where there are several to go into."""
        first = self.app.screen_stack[0] is self
        return "constraints" if first else f"constraints of {self.database.connection.target.database}"

    @property
    def table_here(self) -> TableName | None:
        """The referencing table of the row under the cursor."""
        return self.list.row.key.table if self.list.row is not None else None

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What counting the rows of the foreign key under the cursor would have run."""
        row, knowledge = self.list.row, self.knowledge
        found = knowledge.impacts.get(row.key.qualified) if row is not None and knowledge is not None else None
        return found.not_run if found is not None else super().not_run

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.list.row.key if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the list, and the pane that tells of the row under the cursor."""
        yield Frame(self._bar, self.list, id="left", over=True)
        yield Vertical(
            Frame(self._title, self.pane, id="right", under=True),
            Frame(self._around_title, self._around, id="around"),
            id="side",
        )

    def on_mount(self) -> None:
        """Connect and read once the first frame is on the screen."""
        self.consequence.tell(f"Connecting to {self.database.connection.target.describe()}", "plain")
        self.call_after_refresh(self.read)
        seconds = self.database.options.refresh
        if seconds is not None:
            self.set_interval(seconds, self._look_again)

    def on_resize(self, event: events.Resize) -> None:
        """Put the map beside the text where there is room for three."""
        self.set_class(event.size.width >= BROAD, "-broad")

    def on_unmount(self) -> None:
        """Have the connection closed: this screen was the last of its database."""
        self.database.left()

    def read(self) -> None:
        """Read the catalog again, connecting where needed."""
        if self._retry is not None:
            self._retry.stop()
            self._retry = None
        doing = "Reading the catalog" if self.knowledge else "Connecting and reading the catalog"
        self.run_cancellable(self._read, doing=doing, group="catalog")

    async def _read(self) -> None:
        pool = await self.database.connection.pool()
        async with pool.session() as session:
            self._digest = await digest(session)
        read = await read_knowledge(pool)
        changed = changes_in_words(self.knowledge.catalog, read.catalog) if self.knowledge is not None else ""
        if changed:
            self.say(f"Since {self.read_at}: {changed}.")
        if self.knowledge is not None:
            read = Knowledge(read.catalog, read.findings, self.knowledge.impacts, self.knowledge.scanned)
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._held.clear()
        self.read_at = _now()
        self._cut_off = await cut_off_in(pool)
        self.database.connected(read)
        profiles = self.database.options.profiles
        server = read.catalog.server
        advised = advice(self.database.connection.target, superuser=server is not None and server.superuser)
        if self.knowledge is None and advised:
            self.status.advise(advised)
        elif self.knowledge is None and len(profiles) > 1 and not self._came_from_elsewhere:
            self.say(f"D lists the databases of your {counted(len(profiles), 'profiles')}, the worst first.")
        await self._show(read)
        answered = await with_answers(pool, read)
        if answered is not read:
            await self._show(answered)
        known = answered
        async for impacts in count_impacts(pool, answered):
            self.knowledge = known = known.with_impacts(impacts)
            rows = renewed_rows(self.list.rows, known, impacts)
            self._folds.learn(rows, known.catalog)
            self.list.show_rows(rows)
            self._tell_counts()
            self.refresh_bindings()

        self.status.working("Counting rows that refer to nothing", "catalog")
        await self._show(await with_orphans(pool, known))

    def _look_again(self) -> None:
        """Look whether what is declared has changed; never while something is changed, typed or waited for."""
        waiting = any(not worker.is_finished for worker in self.workers)
        busy = waiting or self.list.typing or self.database.applying.running
        if self.app.screen is self and self.knowledge is not None and not busy:
            self.run_worker(self._compare(), group="again", exclusive=True, description="Looking again")

    async def _compare(self) -> None:
        try:
            pool = await self.database.connection.pool()
            async with pool.session() as session:
                now = await digest(session)
        except FkdashError as error:
            self.failed(error)
            return
        if now != self._digest:
            self.read()
        else:
            self.read_at = _now()
            self._tell_counts()

    async def _show(self, knowledge: Knowledge) -> None:
        # In a thread: fifty thousand keys take a second, and the list stays usable meanwhile.
        rows = await asyncio.to_thread(constraint_rows, knowledge)
        looked_at = await asyncio.to_thread(self.list.look_at, rows)
        self._folds.learn(rows, knowledge.catalog)
        self.knowledge = knowledge
        self.list.empty = "This database declares no foreign key. o looks for references that nobody declared."
        self.list.show_rows(rows, looked_at)
        self._bar.tell_title(scope(knowledge))
        self._tell_counts()
        self.refresh_bindings()

    def _tell_counts(self) -> None:
        if self.knowledge is None:
            return
        parts = count_parts(counts(self.knowledge.findings)) or line(Part("Nothing wrong found", "good"))
        if self._cut_off:
            parts = (Part(self._cut_off, "warning"), *parts)
        self.consequence.tell_parts(
            f"{self._cut_off}{summary(self.knowledge)}", parts, line(Part(f"read at {self.read_at}", "muted"))
        )

    def failed(self, error: FkdashError) -> None:
        """Keep what was read and say what happened; try again by itself where that can help."""
        super().failed(error)
        if not isinstance(error, UnreachableError):
            return
        if self.knowledge is None and not isinstance(error, ConnectionLostError):
            profiles = self.database.options.profiles
            others = f"D lists your {counted(len(profiles), 'profiles')}, " if profiles else ""
            self.consequence.tell(error.what, "error")
            self._title.tell("Not connected")
            ways = f"R tries again, {others}q quits."
            self.pane.show([error.what, error.next_step, "", ways])
            self.status.fail(f"Not connected. {ways}")
            return
        seconds = self.try_again_later()
        self.status.fail(f"{error.what} Trying again in {seconds:g} s; R now.")

    def try_again_later(self) -> float:
        """Read again by itself, each time after twice as long, and give the seconds until then."""
        if self._retry is None:
            self._seconds_to_retry = self._retry_seconds
            self._retry_seconds = min(2 * self._retry_seconds, _LAST_RETRY_SECONDS)
            self._retry = self.set_timer(self._seconds_to_retry, self.read)
        return self._seconds_to_retry

    def on_row_list_moved(self) -> None:
        """Tell of the row under the cursor."""
        row = self.list.row
        if row is None:
            self._title.tell("")
            self.pane.show([])
        else:
            self._title.tell(title_of(row))
            self._describe(row)
            if self._rest is not None:
                self._rest.stop()
            self._rest = self.set_timer(_REST_SECONDS, self._rested)
        self.refresh_bindings()

    def _describe(self, row: ConstraintRow) -> None:
        # What is read later about the same key leaves what is being read where it is.
        stay, self._described = self._described == row.key, row.key
        stands = self._folds.words(row)
        self.pane.show(
            [*([line(stands)] if stands else []), *described(row, self._held.get(row.key.qualified, ()))],
            stay=stay,
        )

    def _rested(self) -> None:
        """Show what is around the key under the cursor, and read which rows most others hold."""
        row, knowledge = self.list.row, self.knowledge
        if row is None or knowledge is None:
            return
        from fkdash.tui.screens.findings.drawings import map_of  # not before the first frame

        self._around_title.tell(f"around {shown_name(row.key.referenced)}")
        self._around.show([map_of(knowledge, row.key.referenced, row.key)])
        biting = row.impact is not None and row.impact.state == "biting"
        if biting and row.key.qualified not in self._held:
            self._read_held(row)

    def _read_held(self, row: ConstraintRow) -> None:
        catalog = self.knowledge.catalog if self.knowledge is not None else None
        if catalog is None:
            return

        async def read() -> None:
            from fkdash.tui.screens.findings.drawings import largest_held_rows  # not before the first frame

            pool = await self.database.connection.pool()
            found = await largest_held_rows(pool, catalog, row.key, self.database.options.label_columns)
            self._held[row.key.qualified] = found
            if found and self.list.row is not None and self.list.row.key.qualified == row.key.qualified:
                self._describe(self.list.row)

        self.run_cancellable(read, doing="Reading which rows are held by most", group="held")

    def on_row_list_opened(self) -> None:
        """Open the row clicked."""
        self.action_open()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action not in {"open", "preview", "blocked", "fix", "copy", "export"}:
            return super().why_not(action)
        row = self.list.row
        if row is None:
            return "there is no foreign key under the cursor"
        if action in {"blocked", "fix"} and not row.declared:
            return "no foreign key is declared here; add one NOT VALID first"
        if action == "blocked" and not holds_rows_back(row.key, row.findings):
            return f"{row.key.on_delete} holds no row back"
        return ""

    def action_only(self, severity: str) -> None:
        """Show only the rows with findings of one severity; all again where it was so already, or for ""."""
        wanted = f"severity:{severity}" if severity else ""
        self.list.filter_by("" if self.list.filter_text == wanted else wanted)

    def action_refresh(self) -> None:
        """Read again, with rows alike as one."""
        self._folds.fold_all()
        self.list.arrange_again()
        self.read()

    def action_open(self) -> None:
        """Show everything about the foreign key; the rows that it stands for first."""
        row, knowledge = self.list.row, self.knowledge
        if row is not None and self._folds.stands_for_others(row):
            self._folds.unfold(row)
            self.list.arrange_again()
            return
        if row is not None and knowledge is not None:
            from fkdash.tui.screens.findings.finding import FindingScreen  # loaded when it is wanted

            self.app.push_screen(
                FindingScreen(self.database, knowledge, row, self._held.get(row.key.qualified, ()))
            )

    def action_blocked(self) -> None:
        """Show which rows cannot be deleted because of it."""
        row, knowledge = self.list.row, self.knowledge
        if row is not None and knowledge is not None:
            from fkdash.tui.screens.preview.blocked import BlockedScreen  # loaded when it is wanted

            self.app.push_screen(BlockedScreen(self.database, knowledge, row.key))

    def action_preview(self) -> None:
        """Ask what deleting referenced rows would do."""
        row, knowledge = self.list.row, self.knowledge
        if row is not None and knowledge is not None:
            self.database.open_preview(knowledge, row.key.referenced)

    def action_fix(self) -> None:
        """Show what can be changed."""
        row, knowledge = self.list.row, self.knowledge
        if row is not None and knowledge is not None:
            self.database.open_fix(knowledge, row.key)

    def action_copy(self) -> None:
        """Copy the statement that declares the foreign key."""
        row = self.list.row
        if row is not None:
            self.copy(f"{statement_of(row.key)};\n" if row.declared else self.pane.text)

    def action_export(self) -> None:
        """Write the rows shown into a file, tab-separated under the names of the conditions."""
        table = [[told(row) for told in FIELDS.values()] for row in self.list.shown_rows]
        lines = ["\t".join(map(plain, row)) + "\n" for row in [list(FIELDS), *table]]
        self.export("foreign-keys", ".tsv", "".join(lines))


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
