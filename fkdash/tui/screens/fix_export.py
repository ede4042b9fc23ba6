"""A fix as a migration of the team's own tool: the diff first, the files when that was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.errors import FkdashError, UsageError, reason_of
from fkdash.tui import export_places, keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.field import Field
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.fix.export.model import Exported
    from fkdash.fix.plan import Plan
    from fkdash.tui.database import Database


class FixExportScreen(BaseScreen):
    """A field for the tool and the folder; enter shows what would be written, e writes it.

    `journal` is that of the run which applied the plan, where one did.
    """

    AUTO_FOCUS = "Input"
    MARKABLE = False
    BINDINGS: ClassVar[list[BindingType]] = [keys.WRITE_FILES, keys.WITH_SCHEMA, keys.COPY]

    def __init__(self, database: Database, plan: Plan, *, journal: Path | None = None) -> None:
        super().__init__()
        self.database, self.plan, self._journal = database, plan, journal
        self._field = Field(id="place", placeholder="tool and folder: drizzle ~/src/web")
        self._title, self.pane = RuleLine(), TextPane(id="files")
        self.exported: Exported | None = None
        self._edit_schema = False
        self._written = False

    def body(self) -> Iterable[Widget]:
        """Give the field and what would be written."""
        place = RuleLine("tool and folder", enter="shows the files")
        yield Frame(place, self._field, self._title, self.pane, id="left")

    def on_mount(self) -> None:
        """Say what is asked for."""
        from fkdash.fix.export.table import NAMES  # loaded when an export is thought of

        self._field.value = export_places.remembered(self.database.connection.target)
        self.consequence.tell("As a migration: type the tool and the project's folder. Nothing is written yet.")
        self._title.tell(f"{self.plan.option} for {self.plan.key.qualified}")
        self.pane.show([f"Tools: {', '.join(NAMES)}."])

    def on_input_submitted(self) -> None:
        """Show what would be written there."""
        self.run_cancellable(self._show, doing="Reading the folder", group="export")

    async def _show(self) -> None:
        self.exported, self._written = None, False
        self.refresh_bindings()
        folder, tool = self._place()
        self.exported = await asyncio.to_thread(_exported, self.plan, tool, folder, edit_schema=self._edit_schema)
        export_places.remember(self.database.connection.target, self._field.value.strip())
        self.pane.show(_lines(self.exported, folder))
        count = len(self.exported.files)
        self.consequence.tell(
            f"e writes {count} {'file' if count == 1 else 'files'} below {folder}. Nothing is written yet."
        )
        self.pane.focus()
        self.refresh_bindings()

    def _place(self) -> tuple[Path, str]:
        tool, _, said = self._field.value.strip().partition(" ")
        if not said.strip():
            raise UsageError("A tool and a folder are needed.", next_step="As: drizzle ~/src/web")
        return Path(said.strip()).expanduser(), tool

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"export", "with_schema"}:
            if self.exported is None:
                return "enter shows first what would be written"
            if self._written:
                return "it is written"
            if action == "with_schema" and not self.exported.suggested:
                return "there is no edit of a schema file to write"
        return super().why_not(action)

    def action_with_schema(self) -> None:
        """Take the edit of the team's schema file along."""
        if not self.why_not("with_schema"):
            self._edit_schema = True
            self.on_input_submitted()

    def action_export(self) -> None:
        """Write the files."""
        if not self.why_not("export"):
            self.run_cancellable(self._write, doing="Writing", group="export")

    async def _write(self) -> None:
        from fkdash.apply.exports import note_export  # loaded when an export is thought of
        from fkdash.fix.export.write import write

        exported = self.exported
        if exported is None:
            return
        await asyncio.to_thread(write, exported.files)
        self._written = True
        paths = [change.path for change in exported.files]
        said = f"Written: {', '.join(str(path) for path in paths)}"
        if self._journal is not None:
            try:
                await asyncio.to_thread(note_export, self._journal, exported.tool, paths)
            except (OSError, FkdashError) as error:
                said += f". The journal does not say so: {reason_of(error)}"
        self.consequence.tell("The migration is written; commit it with the team's other changes.", "good")
        self.say(said)
        self.refresh_bindings()

    def action_copy(self) -> None:
        """Copy what is shown."""
        self.copy(self.pane.text + "\n")


def _exported(plan: Plan, tool: str, folder: Path, *, edit_schema: bool) -> Exported:
    from fkdash.fix.export.folder import required_folder  # loaded when an export is thought of
    from fkdash.fix.export.migration import migration_of
    from fkdash.fix.export.model import Request
    from fkdash.fix.export.table import exported

    place = required_folder(folder)
    return exported(tool, Request(migration_of(plan), place, datetime.now(UTC), edit_schema))


def _lines(exported: Exported, folder: Path) -> list[Line | str]:
    from fkdash.report.fix.export import export_diff, export_words  # loaded when an export is thought of

    place = folder.resolve()
    lines: list[Line | str] = list(export_words(exported, place).splitlines())
    if exported.suggested:
        lines.append(line(Part("+", "key"), " writes the edit of the schema file as well."))
    return [*lines, "", *export_diff(exported, place).splitlines()]
