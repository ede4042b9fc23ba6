"""Which rows of a table cannot be deleted, each by itself: the sentence, the rows, what stands in their way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.labels import label_columns
from fkdash.counted import counted
from fkdash.preview.rows.blocked import BlockedRow
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.blocked import identity_columns, named
from fkdash.tui.screens.preview.branch import not_run_lines
from fkdash.tui.screens.preview.export import export_all
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.row_list import LOOKING, RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.table_name import TableName
    from fkdash.errors import NotRun
    from fkdash.preview.each.answer import EachPreview
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

_SECONDS = 60.0
_ROWS = 1_000


class PreviewEachScreen(BaseScreen):
    """The rows that most others hold first; enter shows the whole preview of one."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(self, database: Database, knowledge: Knowledge, table: TableName) -> None:
        super().__init__()
        self.database, self.knowledge, self._table = database, knowledge, knowledge.catalog.tables[table]
        self._labels = label_columns(self._table, database.options.label_columns)
        self._names = self._table.primary_key or ("tableoid", "ctid")
        self.answer: EachPreview | None = None
        title = "rows in its way"
        self.list = RowList[BlockedRow](
            [
                *identity_columns(self._names, self._labels, lambda row: row.row),
                ListColumn(title, lambda row: f"{row.blocking_rows:,}", len(title), right=True),
            ],
            key=lambda row: row.row.key,
            empty=LOOKING,
            id="each",
        )
        self._bar = ListBar(self.list, f"{shown_name(table)} that cannot be deleted")
        self._title, self.pane = RuleLine(), TextPane(id="detail")

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What the answer did not run."""
        return self.answer.preview.not_run if self.answer is not None else super().not_run

    @property
    def table_here(self) -> TableName | None:
        """The table asked about."""
        return self._table.name

    def body(self) -> Iterable[Widget]:
        """Give the rows, and what stands in their way."""
        yield Frame(self._bar, self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Ask."""
        size = self._table.size.rows if self._table.size is not None else None
        about = f" (about {size:,})" if size else ""
        self.consequence.tell(
            f"Which rows of {shown_name(self._table.name)}{about} cannot be deleted: looking, ctrl+c cancels."
        )
        self._title.tell("What stands in the way, each row being deleted by itself")
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_cancellable(self._read, doing="Asking of every row what holds it back", group="each")

    async def _read(self) -> None:
        from fkdash.preview.each.answer import preview_each  # loaded when it is wanted
        from fkdash.preview.model import Limits
        from fkdash.preview.standing import each_as_it_stands
        from fkdash.report.preview.each import each_sentence

        pool = await self.database.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=False)
        async with pool.session(_SECONDS) as session:
            found = await preview_each(
                session, self._table, limits, self._progress, labels=self._labels, page_rows=_ROWS
            )
        self.answer = each_as_it_stands(self.knowledge.catalog, found)
        blocked = self.answer.preview.verdict == "blocked"
        self.consequence.tell(each_sentence(self.answer), "error" if blocked else "plain")
        self.list.empty = "No row is known that cannot be deleted."
        self.list.show_rows(self.answer.rows)
        self._bar.tell_beyond(f" first of {self.answer.cannot:,}" if self.answer.more else "")
        self.pane.show(_lines(self.answer))
        self.refresh_bindings()

    def _progress(self, doing: str) -> None:
        self.status.working(doing, "each")

    def unanswered(self) -> None:
        """Say that there is no answer, and how to ask again."""
        if self.answer is None:
            name = shown_name(self._table.name)
            self.consequence.tell(f"Which rows of {name} cannot be deleted is not known: r asks again.", "warning")

    def on_row_list_opened(self) -> None:
        """Open the row clicked."""
        self.action_open()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"copy", "export"} and self.answer is None:
            return "the answer is not there yet"
        if action in {"open", "copy"} and self.list.row is None:
            return "there is no row"
        if action == "open" and not self._table.primary_key:
            return f"{shown_name(self._table.name)} has no primary key to name a row by"
        return super().why_not(action)

    def action_open(self) -> None:
        """Show what deleting the row under the cursor would do."""
        from fkdash.preview.model import one_row  # loaded when it is wanted

        row = self.list.row
        if row is not None and not self.why_not("open"):
            target = one_row(self._table.name, self._names, row.row.key)
            name = f"{shown_name(self._table.name)} {named(row.row)}"
            self.database.open_preview(self.knowledge, target, named=name)

    def action_copy(self) -> None:
        """Copy the keys of the rows listed, one row a line."""
        self.copy("".join("\t".join(row.row.key) + "\n" for row in self.list.shown_rows))

    def action_export(self) -> None:
        """Write the answer as Markdown, and its rows as CSV and JSON."""
        from fkdash.report.preview.each import each_csv, each_json, each_markdown

        if self.answer is not None:
            texts = {".md": each_markdown, ".csv": each_csv, ".json": each_json}
            name = f"cannot-be-deleted-{self._table.name.name}"
            export_all(self, name, {suffix: text(self.answer) for suffix, text in texts.items()})


def _lines(found: EachPreview) -> list[Line | str]:
    from fkdash.report.preview.delete import blocker_words, effect_words  # loaded when it is wanted

    preview = found.preview
    lines: list[Line | str] = [
        line(Part("! ", "error"), f"{blocker_words(preview, blocker)}; holds back {held:,}")
        for blocker, held in zip(preview.blockers, found.holds_back, strict=True)
    ]
    if found.unknown:
        whole = counted(preview.target_rows, "rows")
        lines.append(line(Part("Not known ", "warning"), f"for {found.unknown:,} of {whole}"))
    lines += [line(Part("Note ", "warning"), note) for note in preview.notes]
    lines += not_run_lines(preview)
    if preview.effects:
        lines.append(line(Part("Deleting all of them, if nothing stopped it", "strong")))
        lines += [f"  {shown_name(effect.table)}: {effect_words(effect)}" for effect in preview.effects]
    return lines
