"""What every screen has: where one is, what it means, the body, what is going on, which keys work."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from fkdash.errors import FkdashError, NotRun, NotRunError, UnreachableError, UsageError, reason_of
from fkdash.private_file import write_private
from fkdash.tui import clipboard, keys
from fkdash.tui.lean_compositor import LeanCompositor
from fkdash.tui.widgets.bars import ConsequenceLine, HeaderLine, ListBar, Place, RuleLine
from fkdash.tui.widgets.frame import share_lines
from fkdash.tui.widgets.key_line import KeyLine
from fkdash.tui.widgets.painting import TONE_CLASSES, Line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.status_line import StatusLine
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.report.marks import Shown
    from fkdash.tui.database import Database

_MARKED_ROWS = 20
_CRUMB_CELLS = 28
_WORDS = re.compile("[A-Z][a-z]*")
_FIT_FOR_A_FILE = re.compile(r"[^A-Za-z0-9_.-]+")


@runtime_checkable
class Refreshing(Protocol):
    """A screen that can read again what it shows."""

    def action_refresh(self) -> None:
        """Read again."""
        ...


class BaseScreen(Screen[None], inherit_bindings=False):
    """A screen between the header and the key line. Subclasses give the body."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.BACK, keys.TRUST, *keys.PANES]
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)
    ALLOW_SELECT = False
    # Where the keys go is shown by frames: nothing else need be painted anew when they go elsewhere.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    AUTO_FOCUS = "RowList, TextPane"
    MARKABLE: ClassVar[bool] = True
    """Whether what it shows can be marked for the report."""
    FEW_ROWS: ClassVar[bool] = False
    """Whether the list often has few rows: it then leaves the lines below them to the text."""
    MARKS_ROWS: ClassVar[bool] = True
    """Whether a mark keeps the rows of its lists, rather than only the text about the one under the cursor."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012 - declared so by Textual

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()
        self.header_line = HeaderLine()
        self.consequence = ConsequenceLine()
        self.status = StatusLine()
        self._faults: dict[str, Line] = {}
        self._lost: Line = ()
        self._runs: dict[str, int] = {}
        self._refused: tuple[NotRun, ...] = ()

    @property
    def table_here(self) -> TableName | None:
        """The table that this screen is about now, None where it is about none."""
        return None

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key that this screen is about now, None where it is about none."""
        return None

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What answering would have run of other roles' code; `trust` accepts it."""
        return self._refused

    @property
    def takes_keys_from(self) -> float:
        """The moment (monotonic) from which what is typed is meant for this screen; earlier keys are dropped."""
        return -inf

    @property
    def crumb(self) -> str:
        """The screen's name on the way that led here: `fix plan` for FixPlanScreen."""
        return " ".join(_WORDS.findall(type(self).__name__.removesuffix("Screen"))).lower()

    @property
    def subject(self) -> str:
        """What the screen is about, as the heading of a mark."""
        return next((rule.title for rule in self.query(RuleLine) if rule.title and not rule.is_heading), "")

    def shown(self) -> Shown:
        """Give what a mark for the report keeps of this screen."""
        from fkdash.report.marks import Shown, Table  # loaded when it is wanted

        tables = []
        for row_list in self.query(RowList) if self.MARKS_ROWS else ():
            titles, rows = row_list.table(_MARKED_ROWS)
            if rows:
                tables.append(Table(titles, tuple(rows), row_list.position[1] - len(rows)))
        return Shown(
            subject=self.subject,
            said=self.consequence.words,
            tables=tuple(tables),
            lines=tuple(text for pane in self.query(TextPane) for text in pane.text.split("\n")),
        )

    def body(self) -> Iterable[Widget]:
        """Give the widgets between the consequence and the status line."""
        return ()

    def compose(self) -> ComposeResult:
        """Arrange the lines and the body."""
        yield self.header_line
        yield self.consequence
        yield Vertical(*self.body(), id="body")
        yield self.status
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the place."""
        self._tell_place()

    def on_screen_resume(self) -> None:
        """Show the place, which may have changed meanwhile, and the way that led here."""
        self._tell_place()
        self.status.stand_at(self._way_here())

    def _way_here(self) -> str:
        """Give the names of the screens that led here, as many of the last ones as one line takes."""
        glyphs, room = self.status.glyphs, self.status.room - 2
        screens = [screen for screen in self.app.screen_stack if isinstance(screen, BaseScreen)]
        if len(screens) == 1:
            return ""
        way = ""
        for screen in reversed(screens):
            longer = f"{glyphs.fit(screen.crumb, _CRUMB_CELLS)} > {way}".removesuffix(" > ")
            if cell_len(longer) > room:
                break
            way = longer
        return way

    def _tell_place(self) -> None:
        place = getattr(self.app, "place", None)
        if isinstance(place, Place):
            self.header_line.tell(place)

    def say(self, message: str) -> None:
        """Show a message on the status line."""
        self.status.say(message)

    def copy(self, text: str) -> Worker[None]:
        """Copy `text` and say where it went."""

        async def send() -> None:
            self.say(await clipboard.copy(text, self.app.copy_to_clipboard))

        return self.run_worker(send, group="copy", description="Copying")

    def export(self, name: str, suffix: str, text: str) -> None:
        """Write `text` into a private file named after `name`, and say where it is."""
        try:
            path = write_private(_FIT_FOR_A_FILE.sub("_", name), suffix, text)
        except OSError as error:
            self.status.fail(f"The file could not be written: {reason_of(error)}")
        else:
            self.say(f"Written to {path}")

    def run_cancellable(
        self, work: Callable[[], Awaitable[None]], *, doing: str, group: str = "default"
    ) -> Worker[None]:
        """Run `work` in a worker that ctrl+c cancels, together with its query on the server.

        A newer one of the same group replaces it, even before it has begun. An
        FkdashError ends up on the status line; anything else is a fault of fkdash.
        """
        run = self._runs[group] = self._runs.get(group, 0) + 1

        async def told() -> None:
            self.status.working(doing, group)
            try:
                await work()
            except FkdashError as error:
                self.failed(error)
                self._faults[group] = self.status.said
            else:
                self.status.done(group, mended=self._faults.pop(group, ()))
            finally:
                if self._runs[group] == run:
                    self.status.dropped(group)

        return self.run_worker(told, group=group, exclusive=True, description=doing)

    def failed(self, error: FkdashError) -> None:
        """Show an error; one that ended the connection is told to whoever has it."""
        database: Database | None = getattr(self, "database", None)
        self._refused = error.not_run if isinstance(error, NotRunError) else ()
        if database is not None and isinstance(error, UnreachableError):
            database.disconnected(error)
        self.status.fail(" ".join(str(error).split("\n")))
        if isinstance(error, UsageError):
            self.status.until_the_next_key()  # which mends what was typed
        elif isinstance(error, UnreachableError):
            self._lost = self.status.said
        self._give_up()

    def reached_again(self) -> None:
        """Take back that nothing answers: the database does again."""
        if self._lost and self.status.said == self._lost:
            asking = isinstance(self, Refreshing)
            self.status.answer(f"Connected again{'; r asks once more' if asking else ''}.")
        self._lost = ()

    def take_pasted(self, text: str) -> bool:
        """Take what was pasted where the keys do not go into a field; False where nothing here takes it."""
        del text
        return False

    def _give_up(self) -> None:
        for row_list in self.query(RowList):
            row_list.give_up_looking()
        self.unanswered()

    def unanswered(self) -> None:
        """Say that what was asked failed or was cancelled; for screens that ask one question."""

    def interrupt(self) -> bool:
        """Cancel what this screen waits for; False when it waits for nothing."""
        waiting = [worker for worker in self.workers if worker.node is self and not worker.is_finished]
        for worker in waiting:
            worker.cancel()
        if waiting:
            self.status.answer("Cancelled; what was shown stays.")
            self._give_up()
        return bool(waiting)

    def action_back(self) -> None:
        """Go one step back: out of a filter first, then to the screen before."""
        filtered = self._filtered_list()
        if filtered is not None:
            filtered.filter_by("")
        elif self._came_from_elsewhere:
            self.app.pop_screen()

    def action_scroll_pane(self, pages: int) -> None:
        """Scroll the text of this screen by half a page, wherever the keys go."""
        for pane in self.query(TextPane):
            pane.action_half_page(pages)

    def action_trust(self) -> None:
        """Let looking run what was kept from running here, and ask again."""
        owners = frozenset(each.owner for each in self.not_run if each.accept)
        database: Database | None = getattr(self, "database", None)
        if database is None or not owners:
            return
        database.connection.trust(owners)
        self._refused = ()
        if isinstance(self, Refreshing):
            self.action_refresh()
        self.say(f"Until you leave, looking runs what functions of {', '.join(sorted(owners))} do.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what `why_not` has a reason against."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available, "" when it is; subclasses add theirs."""
        if action == "back" and not self._came_from_elsewhere and self._filtered_list() is None:
            return "this is the first screen; q quits"
        if action == "trust" and not any(each.accept for each in self.not_run):
            return "nothing was kept from running here"
        return ""

    @property
    def _came_from_elsewhere(self) -> bool:
        below = self.app.screen_stack[:-1]
        return any(isinstance(screen, BaseScreen) for screen in below)

    def _filtered_list(self) -> RowList[Any] | None:
        """Give the list with the focus if it is filtered, else any other that is."""
        filtered = [row_list for row_list in self.query(RowList) if row_list.filter_text]
        return next((row_list for row_list in filtered if row_list.has_focus), next(iter(filtered), None))

    def on_row_list_arranged(self, event: RowList.Arranged) -> None:
        """Show the new state above the list."""
        for bar in self.query(ListBar):
            if bar.row_list is event.row_list:
                bar.tell()
        if event.row_list.has_focus:
            self.status.tell_whole(event.row_list.cut)
        if self.FEW_ROWS:
            share_lines(self.query_one("#left"), self.query_one("#right"), len(event.row_list.rows))
