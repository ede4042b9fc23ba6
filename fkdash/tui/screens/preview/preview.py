"""What would this delete do: the sentence, the way it takes with the blocking branches first, what if."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.table_name import visible
from fkdash.pictures.fates import fates
from fkdash.pictures.picture import pen_for
from fkdash.pictures.tree import guides
from fkdash.report.preview.way import outcome, way_text
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.branch import branch_lines, note_lines, rows_in_words
from fkdash.tui.screens.preview.export import export_all
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.row_list import LOOKING, RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.errors import NotRun
    from fkdash.preview.model import DeleteTarget, Preview
    from fkdash.preview.tree import Branch
    from fkdash.report.preview.what_if import Supposed
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.screens.fix.options import OptionRow

_SECONDS = 30.0
_TONES: dict[str, Tone] = {"allowed": "good", "blocked": "error", "unknown": "warning"}


class PreviewScreen(BaseScreen):
    """Asks once, shows the answer as a tree; `w` asks the same under each fix of what stops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keys.ROWS,
        keys.WHAT_IF,
        keys.FIX,
        keys.READ_ALL,
        keys.COPY,
        keys.EXPORT,
        keys.REFRESH,
    ]

    def __init__(self, database: Database, knowledge: Knowledge, target: DeleteTarget, *, named: str) -> None:
        super().__init__()
        self.database, self.knowledge, self.target, self._named = database, knowledge, target, named
        self.answer: Preview | None = None
        self.supposed: list[Supposed] = []
        self._titles: dict[str, str] = {}
        self._ways: dict[Branch, str] = {}
        self.list = RowList["Branch"](_columns(self._way), key=_identity, id="tree")
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._read_all = False

    @property
    def table_here(self) -> TableName | None:
        """The table of the branch under the cursor."""
        return self.list.row.table if self.list.row is not None else self.target.table

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What the preview did not run."""
        return self.answer.not_run if self.answer is not None else super().not_run

    @property
    def subject(self) -> str:
        """The delete."""
        return f"Deleting {self._named}"

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.list.row.key if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the tree, and the pane that tells of the branch under the cursor."""
        yield Frame(ListBar(self.list, f"deleting {self._named}"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Ask what the delete would do."""
        self.consequence.tell(f"Deleting {self._named}: looking, without touching anything.", "plain")
        self.list.empty = LOOKING
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_cancellable(self._read, doing="Following the delete", group="preview")

    async def _read(self) -> None:
        from fkdash.preview.model import Limits  # loaded when it is wanted
        from fkdash.preview.preview import preview
        from fkdash.preview.standing import as_it_stands
        from fkdash.preview.tree import branches
        from fkdash.report.preview.delete import sentence

        pool = await self.database.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=self._read_all)
        async with pool.session(_SECONDS) as session:
            answer = await preview(session, self.target, limits, self._progress)
        self.answer = as_it_stands(self.knowledge.catalog, answer)
        self.supposed = []
        self.consequence.tell(_first_line(self.answer) or sentence(self.answer), _TONES[self.answer.verdict])
        self.list.empty = "It touches nothing."
        found = branches(self.knowledge.catalog, self.answer)
        pen = pen_for(ascii_only=self.list.glyphs.ascii_only)
        self._ways = dict(zip(found, guides([branch.depth for branch in found], pen), strict=True))
        self.list.show_rows(found)
        stopping = next((branch for branch in self.list.rows if branch.blockers), None)
        if stopping is not None:
            self.list.go_to(_identity(stopping))
        self._tell()

    def unanswered(self) -> None:
        """Say that there is no answer, and how to ask again."""
        if self.answer is None:
            self.consequence.tell(f"What deleting {self._named} would do is not known: r asks again.", "warning")

    def _progress(self, doing: str) -> None:
        self.status.working(doing, "preview")

    def on_row_list_moved(self) -> None:
        """Tell of the branch under the cursor."""
        self._tell()

    def _tell(self) -> None:
        answer = self.answer
        if answer is None:
            return
        branch = self.list.row
        self._title.tell(_title(branch))
        self.pane.show(
            [*_supposed_lines(self.supposed, self._titles), *branch_lines(branch, answer), *note_lines(answer)]
        )
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"what_if", "copy", "export", "read_all", "rows"} and self.answer is None:
            return "the answer is not there yet"
        if action == "read_all" and self.answer is not None and not self.answer.scans:
            return "no table waits to be read from end to end"
        if action == "rows" and (self.list.row is None or self.list.row.key is None):
            return "there is no foreign key under the cursor"
        if action == "what_if" and self._stopping_key() is None:
            return "no foreign key stops this delete"
        if action == "fix" and (self.list.row is None or self.list.row.key is None):
            return "there is no foreign key under the cursor"
        return super().why_not(action)

    def _way(self, branch: Branch) -> str:
        return self._ways.get(branch, "") + shown_name(branch.table)

    def _stopping_key(self) -> ForeignKey | None:
        return next((each.key for each in self.list.rows if each.blockers and each.key is not None), None)

    def on_row_list_opened(self) -> None:
        """Open the branch clicked."""
        self.action_rows()

    def action_rows(self) -> None:
        """Show which rows the branch under the cursor is about."""
        from fkdash.tui.screens.preview.rows import PreviewRowsScreen  # loaded when it is wanted

        branch, answer = self.list.row, self.answer
        if branch is None or branch.key is None or answer is None:
            return
        rows = sum(blocker.rows for blocker in branch.blockers)
        single = answer.exact and len(branch.blockers) == 1
        self.app.push_screen(
            PreviewRowsScreen(
                self.database,
                self.knowledge,
                self.target,
                branch.key,
                blocking=bool(branch.blockers),
                said=f"Deleting {self._named}: {rows_in_words(branch, answer)}",
                total=rows if single else None,
            )
        )

    def action_read_all(self) -> None:
        """Ask again, with consent to the reads that were named."""
        if not self.why_not("read_all"):
            self._read_all = True
            self.action_refresh()

    def action_what_if(self) -> None:
        """Ask the same under each fix of the key that stops it."""
        if not self.why_not("what_if"):
            self.run_cancellable(self._suppose, doing="Trying each fix in thought", group="what-if")

    async def _suppose(self) -> None:
        from fkdash.preview.model import Limits  # loaded when it is wanted
        from fkdash.report.preview.what_if import what_if

        key = self._stopping_key()
        if key is None:
            return
        pool = await self.database.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=False)
        self.supposed = []
        rows = _fixes(self.knowledge, key)
        self._titles = {row.option.id: row.option.title for row in rows}
        plans = [row.plan for row in rows if row.plan is not None]
        async for each in what_if(pool, self.knowledge.catalog, self.target, plans, limits):
            self.supposed.append(each)
            self._tell()

    def action_fix(self) -> None:
        """Show what can be changed about the key under the cursor."""
        branch = self.list.row
        if branch is not None and branch.key is not None:
            self.database.open_fix(self.knowledge, branch.key)

    def action_copy(self) -> None:
        """Copy the preview as text."""
        from fkdash.report.preview.delete import preview_text

        if self.answer is not None:
            pen = pen_for(ascii_only=self.list.glyphs.ascii_only)
            self.copy(preview_text(self.answer, way=way_text(self.list.rows, pen)))

    def action_export(self) -> None:
        """Write the preview as Markdown, CSV and JSON."""
        from fkdash.report.preview.delete import preview_csv, preview_json, preview_markdown

        if self.answer is not None:
            texts = {".md": preview_markdown, ".csv": preview_csv, ".json": preview_json}
            name = f"preview-{self.target.table.name}"
            export_all(self, name, {suffix: text(self.answer) for suffix, text in texts.items()})


def _fixes(knowledge: Knowledge, key: ForeignKey) -> list[OptionRow]:
    from fkdash.tui.screens.fix.options import option_rows, subject

    rows = option_rows(knowledge, subject(knowledge, key))
    return [row for row in rows if row.plan is not None and row.answers]


def _identity(branch: Branch) -> tuple[int, TableName, str]:
    return branch.depth, branch.table, branch.key.name if branch.key is not None else ""


def _columns(way: Callable[[Branch], str]) -> list[ListColumn[Branch]]:
    return [
        ListColumn("", lambda branch: "!" if branch.blocks else "", 1, tone=lambda _: "error"),
        ListColumn("way", way, 20),
        ListColumn("outcome", outcome, 26, tone=lambda branch: "error" if branch.blockers else "plain"),
        ListColumn("by", lambda branch: branch.key.on_delete if branch.key else "DELETE", 9, priority=1),
        ListColumn(
            "foreign key",
            lambda branch: visible(branch.key.name) if branch.key else "",
            12,
            priority=2,
            patient=True,
        ),
    ]


def _title(branch: Branch | None) -> str:
    if branch is None:
        return ""
    return visible(branch.key.name) if branch.key is not None else f"DELETE FROM {branch.table}"


def _first_line(answer: Preview) -> str:
    """Give what must be known before all else: which table waits for consent to be read."""
    from fkdash.report.preview.delete import scan_words  # loaded when it is wanted

    if not answer.scans or answer.blockers:
        return ""
    return f"Not known yet: {scan_words(answer.scans[0])}. A reads all of it."


def _supposed_lines(supposed: list[Supposed], titles: dict[str, str]) -> list[Line | Drawing]:
    from fkdash.report.preview.what_if import outcome as outcome_of

    outcomes = tuple(outcome_of(each, titles) for each in supposed)
    return [line(Part("What if", "title")), Drawing(fates, (outcomes,))] if supposed else []
