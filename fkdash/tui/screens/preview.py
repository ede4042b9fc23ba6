"""What would this delete do: the sentence, the way it takes with the blocking branches first, what if."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey, TableName
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget, Effect, Preview
    from fkdash.preview.tree import Branch
    from fkdash.report.what_if import Supposed
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.services import Services

_SECONDS = 30.0
_TONES: dict[str, Tone] = {"allowed": "good", "blocked": "error", "unknown": "warning"}


class PreviewScreen(BaseScreen):
    """Asks once, shows the answer as a tree; `w` asks the same under each fix of what stops it."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.WHAT_IF, keys.FIX, keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(self, services: Services, knowledge: Knowledge, target: DeleteTarget, *, named: str) -> None:
        super().__init__()
        self.services, self.knowledge, self.target, self._named = services, knowledge, target, named
        self.answer: Preview | None = None
        self.supposed: list[Supposed] = []
        self.list = RowList["Branch"](_columns(), key=_identity, id="tree")
        self.pane = TextPane(id="detail")
        self._title = RuleLine()

    @property
    def table_here(self) -> TableName | None:
        """The table of the branch under the cursor."""
        return self.list.row.table if self.list.row is not None else self.target.table

    @property
    def subject(self) -> str:
        """The delete."""
        return f"Deleting {self._named}"

    def body(self) -> Iterable[Widget]:
        """Give the tree, and the pane that tells of the branch under the cursor."""
        yield Vertical(ListBar(self.list), self.list, id="left")
        yield Vertical(self._title, self.pane, id="right")

    def on_mount(self) -> None:
        """Ask what the delete would do."""
        self.consequence.tell(f"Deleting {self._named}: looking, without touching anything.", "plain")
        self.list.empty = "Looking ..."
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_cancellable(self._read, doing="Following the delete", group="preview")

    async def _read(self) -> None:
        from fkdash.preview.model import Limits  # noqa: PLC0415 - loaded when it is wanted
        from fkdash.preview.preview import preview  # noqa: PLC0415
        from fkdash.preview.tree import branches  # noqa: PLC0415
        from fkdash.report.preview import sentence  # noqa: PLC0415

        pool = await self.services.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=False)
        async with pool.session(_SECONDS) as session:
            self.answer = await preview(session, self.knowledge.catalog, self.target, limits, self._progress)
        self.supposed = []
        self.consequence.tell(sentence(self.answer), _TONES[self.answer.verdict])
        self.list.empty = "It touches nothing."
        self.list.show_rows(branches(self.knowledge.catalog, self.answer))
        stopping = next((branch for branch in self.list.rows if branch.blockers), None)
        if stopping is not None:
            self.list.go_to(_identity(stopping))
        self._tell()

    def _progress(self, doing: str) -> None:
        self.status.working(doing)

    def on_row_list_moved(self) -> None:
        """Tell of the branch under the cursor."""
        self._tell()

    def _tell(self) -> None:
        answer = self.answer
        if answer is None:
            return
        branch = self.list.row
        self._title.tell(_title(branch))
        lines: list[Line | str] = [*_supposed_lines(self.supposed), *_branch_lines(branch, exact=answer.exact)]
        lines += [line(Part("Note ", "warning"), note) for note in answer.notes]
        for scan in answer.scans:
            size = f"about {scan.rows:,} rows" if scan.rows is not None else "of unknown size"
            lines.append(f"{scan.table} ({size}) has no index on {', '.join(scan.columns)} and was not read.")
        self.pane.show(lines)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what the answer does not offer."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"what_if", "copy", "export"} and self.answer is None:
            return "the answer is not there yet"
        if action == "what_if" and self._stopping_key() is None:
            return "no foreign key stops this delete"
        if action == "fix" and (self.list.row is None or self.list.row.key is None):
            return "there is no foreign key under the cursor"
        return ""

    def _stopping_key(self) -> ForeignKey | None:
        return next((each.key for each in self.list.rows if each.blockers and each.key is not None), None)

    def action_what_if(self) -> None:
        """Ask the same under each fix of the key that stops it."""
        if not self.why_not("what_if"):
            self.run_cancellable(self._suppose, doing="Trying each fix in thought", group="what-if")

    async def _suppose(self) -> None:
        from fkdash.preview.model import Limits  # noqa: PLC0415 - loaded when it is wanted
        from fkdash.report.what_if import what_if  # noqa: PLC0415

        key = self._stopping_key()
        if key is None:
            return
        pool = await self.services.connection.pool()
        limits = Limits(seconds=_SECONDS, allow_scan=False)
        self.supposed = []
        async for each in what_if(pool, self.knowledge.catalog, self.target, _plans(self.knowledge, key), limits):
            self.supposed.append(each)
            self._tell()

    def action_fix(self) -> None:
        """Show what can be changed about the key under the cursor."""
        branch = self.list.row
        if branch is not None and branch.key is not None:
            self.services.open_fix(self.knowledge, branch.key)

    def action_copy(self) -> None:
        """Copy the preview as text."""
        from fkdash.report.preview import preview_text  # noqa: PLC0415

        if self.answer is not None:
            self.copy(preview_text(self.answer))

    def action_export(self) -> None:
        """Write the preview as Markdown into a file."""
        from fkdash.report.preview import preview_markdown  # noqa: PLC0415

        if self.answer is not None:
            self.export(f"preview-{self.target.table.name}", ".md", preview_markdown(self.answer))


def _plans(knowledge: Knowledge, key: ForeignKey) -> list[Plan]:
    from fkdash.tui.screens.fix_options import option_rows, subject  # noqa: PLC0415

    return [row.plan for row in option_rows(knowledge, subject(knowledge, key)) if row.plan is not None]


def _identity(branch: Branch) -> tuple[int, TableName, str]:
    return branch.depth, branch.table, branch.key.name if branch.key is not None else ""


def _columns() -> list[ListColumn[Branch]]:
    return [
        ListColumn("", lambda branch: "!" if branch.blocks else "", 1, tone=lambda _: "error"),
        ListColumn("way", _way, 20),
        ListColumn("outcome", _outcome, 26, tone=lambda branch: "error" if branch.blockers else "plain"),
        ListColumn("by", lambda branch: branch.key.on_delete if branch.key else "DELETE", 9, priority=1),
        ListColumn(
            "foreign key", lambda branch: branch.key.name if branch.key else "", 12, priority=2, patient=True
        ),
    ]


def _way(branch: Branch) -> str:
    return "  " * branch.depth + shown_name(branch.table)


def _outcome(branch: Branch) -> str:
    if branch.blockers:
        return "; ".join(f"BLOCKS {each.rows:,} rows, {each.sqlstate}" for each in branch.blockers)
    return _effect(branch.effect) if branch.effect is not None else "as above"


def _effect(effect: Effect) -> str:
    parts = (
        (effect.deleted, "deleted"),
        (effect.set_null, "set NULL"),
        (effect.set_default, "set DEFAULT"),
        (effect.updated, "key changed"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in parts if number)


def _title(branch: Branch | None) -> str:
    if branch is None:
        return ""
    return branch.key.name if branch.key is not None else f"DELETE FROM {branch.table}"


def _branch_lines(branch: Branch | None, *, exact: bool) -> list[Line | str]:
    if branch is None:
        return []
    least = "" if exact else "at least "
    lines: list[Line | str] = []
    for each in branch.blockers:
        reported = "  PostgreSQL reports this one" if each.first else ""
        columns = ", ".join(each.columns)
        words = f"{least}{each.rows:,} {shown_name(each.table)} rows, {columns}{reported}"
        lines.append(line(Part(f"ERROR {each.sqlstate} ", "error"), words))
    if branch.key is not None:
        action = f"ON DELETE {branch.key.on_delete}, ON UPDATE {branch.key.on_update}"
        lines.append(f"{branch.key.qualified}: {action}")
    if branch.effect is not None and branch.blockers:
        lines.append(f"If nothing stopped it: {least}{_effect(branch.effect)}")
    return lines


def _supposed_lines(supposed: list[Supposed]) -> list[Line | str]:
    from fkdash.report.what_if import in_words  # noqa: PLC0415

    lines: list[Line | str] = [line(Part("What if", "title"))] if supposed else []
    for each in supposed:
        name = "today" if each.plan is None else each.plan.option
        lines.append(line(Part(f"  {name:<17}", "strong"), in_words(each)))
    return lines
