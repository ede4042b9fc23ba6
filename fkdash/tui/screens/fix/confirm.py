"""The last question: the place, the statements, and names typed by hand. Leaving changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, Input

from fkdash.apply.change import wanted
from fkdash.catalog.table_name import visible
from fkdash.db.text import plain
from fkdash.pasting import for_psql
from fkdash.report.fix.plan import locks_in_words
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.name_field import NameField
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.sql_text import sql_line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.apply.change import Change, Confirmation
    from fkdash.tui.database import Database


_LONGEST_IN_TITLE = 40


class _Question(RuleLine):
    """A title that knows since when it could be read: monotonic, infinite until then."""

    painted_at = inf

    def render_line(self, y: int) -> Strip:
        """Give the line, and remember when the title was in it for the first time."""
        if self.title:
            self.painted_at = min(self.painted_at, monotonic())
        return super().render_line(y)


class FixConfirmScreen(BaseScreen):
    """The button stays inert until the names match; enter leads to it then, and presses it only once more.

    Enter on a wrong name says so and stays.

    `confirmed` is called with the names. What was typed before the screen could be seen, or was pasted along with
    the key that opened it, is dropped.
    """

    BINDINGS: ClassVar[list[BindingType]] = [keys.BUTTON_LEFT, keys.BUTTON_RIGHT]
    AUTO_FOCUS = "Input"
    MARKABLE = False

    def __init__(
        self,
        database: Database,
        change: Change,
        title: str,
        confirmed: Callable[[Confirmation], None],
        *,
        rehearsal: bool = False,
    ) -> None:
        super().__init__()
        self.database, self.plan, self._option, self._confirmed = database, change.plan, title, confirmed
        self._rehearsal, self._catalog = rehearsal, change.catalog
        self._wanted = wanted(change)
        plan = change.plan
        self.pane = TextPane(id="statements")
        self._title, self._database_title = _Question(), RuleLine()
        self._constraint = NameField(plan.key.name, id="constraint")
        self._database = NameField(self.wanted_database, id="database")
        self._cancel = Button("Cancel", id="cancel", compact=True)
        self._apply = Button("Rehearse" if rehearsal else "Apply", id="apply", compact=True, disabled=True)

    @property
    def takes_keys_from(self) -> float:
        """The moment when it could be read what is asked for, infinite until then."""
        return self._title.painted_at

    @property
    def wanted_database(self) -> str:
        """The database's name, where it has to be typed as well."""
        return self._wanted.database or ""

    def body(self) -> Iterable[Widget]:
        """Give what will be run, the fields and the buttons."""
        fields: list[Widget] = [self._constraint]
        if self.wanted_database:
            fields += [self._database_title, self._database]
        buttons = Horizontal(self._cancel, self._apply, id="buttons")
        yield Frame(RuleLine("what will be run"), self.pane, id="left", over=True, stacked=True)
        yield Frame(self._title, *fields, buttons, id="confirmation", under=True, stacked=True)

    def on_mount(self) -> None:
        """Show what will be run, and where."""
        server = self._catalog.server
        where = f"{server.database} as {server.role}" if server else "this database"
        what = f"{self._option} on {where}: {self.plan.consequences[0]}."
        if self._rehearsal:
            rows = ", and rows for a few seconds" if self.plan.writes_rows else ""
            what = f"Rehearse {self._option} on {where}: the real locks for milliseconds{rows}, then rolled back."
        self.consequence.tell(what, "error")
        self._title.tell(f"Type the constraint's name: {visible(self.plan.key.name)}")
        self._database_title.tell(f"Type the database's name: {visible(self.wanted_database)}")
        self.pane.show(self._statements())
        self.status.say("Type or paste the name; nothing begins before. esc leaves.")

    def on_descendant_focus(self) -> None:
        """Say what enter does on the button."""
        if self._apply.has_focus:
            self.say(f"Enter begins: {self._apply.label}. esc leaves everything as it is.")

    def _statements(self) -> list[Line | str]:
        lines: list[Line | str] = []
        for what, name in (("constraint", self.plan.key.name), ("database", self.wanted_database)):
            if plain(name) != name or len(name) > _LONGEST_IN_TITLE:
                lines.append(
                    line(Part(f"The {what}'s name ", "title"), "as it can be typed: ", Part(plain(name), "strong"))
                )
        for step in self.plan.steps:
            lines.append(line(Part(f"{step.number} {step.title}", "title"), f"  {locks_in_words(step.locks)}"))
            lines += [sql_line(each, "  ") for each in for_psql(step.sql).split("\n")]
        lines.append(line(Part("Undo ", "title"), f"{self.plan.undo_condition}; saved before the first statement"))
        return lines

    def on_input_changed(self) -> None:
        """Arm only while every name matches."""
        armed = self._constraint.matches and self._database.matches
        self._apply.disabled = not armed
        self.database.arm(armed=armed)
        if armed:
            self.say(f"Enter, then enter on {self._apply.label} begins; esc leaves everything as it is.")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next name that is still missing, then to the button; a wrong name is said to be one."""
        for field, title, what in (
            (self._constraint, self._title, f"constraint's name: {visible(self.plan.key.name)}"),
            (self._database, self._database_title, f"database's name: {visible(self.wanted_database)}"),
        ):
            if not field.matches:
                said = "That is not it. " if event.input is field else ""
                title.tell(f"{said}Type the {what}")
                field.focus()
                return
        self._apply.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go back, or begin."""
        if event.button is self._apply and not self._apply.disabled and not self.database.applying.running:
            self._confirmed(self._wanted)
        else:
            self.action_back()

    def on_unmount(self) -> None:
        """Disarm, unless the run has begun."""
        if not self.database.applying.running:
            self.database.arm(armed=False)

    def action_button(self, step: int) -> None:
        """Move between the buttons."""
        (self._apply if step > 0 and not self._apply.disabled else self._cancel).focus()
