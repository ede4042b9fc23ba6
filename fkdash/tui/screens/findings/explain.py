"""Which foreign key is behind an error: paste it, whatever printed it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from fkdash.db.text import plain
from fkdash.tui import keys
from fkdash.tui.changed import changed_here, migration_lines
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraint_rows import constraint_row
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.explain.model import Cause, Explanation
    from fkdash.report.marks import Shown
    from fkdash.tui.changed import ChangedHere
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

_HOW = (
    "Paste the error as psql, a driver, a framework or the server's log printed it: all of it, in any language.",
    "CONTEXT and DETAIL lines help to find the way that the delete took. Nothing is run.",
)


_WORD: Final = r"""(?:'[^']*'|\\.|[^\s'])+"""
_BY_KEYS: Final = (
    (re.compile(rf"fkdash fix plan {_WORD} --option (\S+)"), keys.FIX, r", then \1,"),
    (re.compile(rf"fkdash preview --table {_WORD}"), keys.PREVIEW, ""),
    (re.compile(rf"fkdash check --table {_WORD}"), keys.OPEN, ""),
)
"""Commands that stand in advice, and the keys that do the same here."""


class ErrorField(Field):
    """One line in which a whole error fits: what is pasted keeps its lines, though one is shown."""

    class Pasted(Message):
        """A text has been pasted into the field."""

    def __init__(self) -> None:
        super().__init__(id="error", placeholder="paste the error here")
        self._pasted, self._shown = "", ""

    @property
    def text(self) -> str:
        """What was pasted, or typed since."""
        return self._pasted if self.value == self._shown else self.value

    def on_paste(self, event: events.Paste) -> None:
        """Take all lines, where Textual takes the first."""
        event.stop()
        event.prevent_default()
        self._pasted, self._shown = event.text, plain(" ".join(event.text.split()))
        self.value = self._shown
        self.post_message(self.Pasted())


class ExplainScreen(BaseScreen):
    """A field for the error; below it the foreign keys that explain it, likeliest first, and the ways there."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN, keys.FIX, keys.PREVIEW, keys.TO_ANSWERS]
    AUTO_FOCUS = "Input"

    def __init__(self, database: Database, knowledge: Knowledge) -> None:
        super().__init__()
        self.database, self.knowledge = database, knowledge
        self.found: Explanation | None = None
        self.field = ErrorField()
        self.list = RowList["Cause"](_columns(), key=lambda row: row.key.qualified, empty="", id="answers")
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._explained = ""
        self._changed: ChangedHere | None = None

    @property
    def table_here(self) -> TableName | None:
        """The referencing table of the answer under the cursor."""
        return self.list.row.key.table if self.list.row is not None else None

    def shown(self) -> Shown:
        """Keep the error as well."""
        kept = super().shown()
        return replace(kept, lines=(*self.field.text.splitlines(), "", *kept.lines))

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.list.row.key if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the field, the answers, and what the one under the cursor says."""
        yield Frame(
            RuleLine("the error", enter="explains"),
            self.field,
            ListBar(self.list, "behind it"),
            self.list,
            id="left",
            over=True,
        )
        yield Frame(self._title, self.pane, id="right", under=True, classes="-tall")

    def on_mount(self) -> None:
        """Say what can be pasted."""
        self.consequence.tell("Which foreign key is behind an error? Paste it below.")
        self._title.tell("How")
        self.pane.show(_HOW)

    def on_error_field_pasted(self) -> None:
        """Explain at once what was pasted, and go to the answers."""
        self._explain(go_there=True)

    def on_input_submitted(self) -> None:
        """Explain what was typed; once more leads to the answers, so that lines typed one by one stay."""
        if self.field.text == self._explained:
            self.action_to_answers()
        else:
            self._explain(go_there=False)

    def _explain(self, *, go_there: bool) -> None:
        if self.field.text.strip():
            self.run_cancellable(partial(self._read, go_there=go_there), doing="Explaining", group="explain")

    async def _read(self, *, go_there: bool) -> None:
        from fkdash.explain.bounded import picked_text  # loaded when it is wanted
        from fkdash.explain.find import explain
        from fkdash.explain.model import with_changes

        text = self.field.text
        found = await asyncio.to_thread(lambda: explain(self.knowledge.catalog, picked_text(text).text))
        self._explained = text
        self._show(found)
        if go_there:
            self.action_to_answers()
        if self._changed is None:
            self._changed = await changed_here(self.database.connection, self.knowledge.catalog)
        self._show(with_changes(found, self._changed.runs))

    def _show(self, found: Explanation) -> None:
        self.found = found
        self.consequence.tell(found.headline, "strong" if found.answers else "warning")
        self.list.empty = found.advice or "No foreign key of this database explains it."
        self.list.show_rows(found.answers)
        self._tell()

    def on_row_list_moved(self) -> None:
        """Tell of the answer under the cursor."""
        self._tell()

    def on_descendant_focus(self) -> None:
        """Name keys in the advice once they work: in the field they are typed."""
        self._tell()

    def on_row_list_opened(self) -> None:
        """Open the answer clicked."""
        self.action_open()

    def _tell(self) -> None:
        row = self.list.row
        self._title.tell(row.key.qualified if row is not None else "How")
        advice = self.found.advice if self.found is not None else ""
        lines = _answer_lines(row, advice, self._pressed()) if row is not None else list(_HOW)
        self.pane.show([*lines, *(migration_lines(self._changed.migrations) if self._changed is not None else ())])
        self.refresh_bindings()

    def _pressed(self) -> dict[str, str]:
        return {entry.binding_id: entry.keys[0] for entry in keys.help_for(self)}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs an answer."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open", "fix", "preview", "to_answers"} and self.list.row is None:
            return "there is no foreign key under the cursor"
        return super().why_not(action)

    def take_pasted(self, text: str) -> bool:
        """Explain the next error that is pasted, wherever the keys go."""
        self.field.focus()
        self.field.post_message(events.Paste(text))
        return True

    def action_to_answers(self) -> None:
        """Go from the field to the answers."""
        if self.list.row is not None:
            self.list.focus()

    def action_open(self) -> None:
        """Show everything about the foreign key."""
        key = self._key
        if key is not None:
            from fkdash.tui.screens.findings.finding import FindingScreen  # loaded when it is wanted

            self.app.push_screen(FindingScreen(self.database, self.knowledge, constraint_row(self.knowledge, key)))

    def action_fix(self) -> None:
        """Show what can be changed."""
        if self._key is not None:
            self.database.open_fix(self.knowledge, self._key)

    def action_preview(self) -> None:
        """Ask what deleting referenced rows would do."""
        if self._key is not None:
            self.database.open_preview(self.knowledge, self._key.referenced)

    @property
    def _key(self) -> ForeignKey | None:
        return self.list.row.key if self.list.row is not None else None


def _columns() -> list[ListColumn[Cause]]:
    return [
        ListColumn("foreign key", lambda row: shown_columns(row.key), 16, tone=lambda _: "strong"),
        ListColumn("references", lambda row: shown_name(row.key.referenced), 10, priority=1),
        ListColumn("on delete", lambda row: row.key.on_delete.value, 9, priority=2),
        ListColumn("error", lambda row: row.sqlstate, 5),
    ]


def _answer_lines(answer: Cause, advice: str, pressed: Mapping[str, str]) -> list[Line | str]:
    from fkdash.explain.model import path_words  # loaded when it is wanted

    lines: list[Line | str] = [line(Part(answer.message, "strong"))]
    lines += [line("  A delete gets there: ", Part(path_words(path), "code")) for path in answer.paths]
    lines.append(line(Part("Next ", "title"), " ", _with_keys(answer.next_step, pressed)))
    return [*lines, *filter(None, [advice])]


def _with_keys(advice: str, pressed: Mapping[str, str]) -> str:
    for command, binding, more in _BY_KEYS:
        key = pressed.get(binding.id or "")
        if key:
            advice = command.sub(key.replace("\\", r"\\") + more, advice)
    return advice
