"""What can be done, and where one can go: found by typing a few letters of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.fact import fact
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

_LEAVING = frozenset({"q", "q!", "qa", "wq", "x!", "quit", "exit"})
_NOT_COMMANDS = ("list.", "pane.", "options.", "app.commands", "app.interrupt")


@fact
class Command:
    """Something to do on the screen below or a place to go to, and the key that does the same, "" where none does.

    `binding_id` is the key's id, or what kind of place it is.
    """

    explanation: str
    key: str
    binding_id: str
    run: Callable[[], object]


class CommandsScreen(BaseScreen):
    """The actions that work on the screen below, then `places`; enter carries one out there."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN]
    MARKABLE = False

    def __init__(self, below: Screen[Any], places: Sequence[Command] = ()) -> None:
        super().__init__()
        self._commands = [*_commands(below), *places]
        self.list = RowList[Command](
            [
                ListColumn("command, table or foreign key", lambda row: row.explanation, 30),
                ListColumn("key", lambda row: row.key, 6, tone=lambda _: "key"),
                ListColumn("id", lambda row: row.binding_id, 12, extra=True, tone=lambda _: "muted"),
            ],
            key=lambda row: (row.binding_id, row.explanation),
            typed_at_once=True,
            fuzzy=True,
            id="commands",
        )

    def body(self) -> Iterable[Widget]:
        """Give the list."""
        return (Frame(ListBar(self.list, "go"), self.list, id="left"),)

    def on_mount(self) -> None:
        """Show everything and take what is typed as the filter."""
        self.consequence.tell("Type a part of a command, a table or a foreign key; enter goes there.")
        self.list.show_rows(self._commands)
        self.list.action_filter()

    def on_row_list_opened(self) -> None:
        """Carry out the command clicked."""
        self.action_open()

    def action_open(self) -> None:
        """Go back and carry out the command under the cursor; `:q` and its like always leave."""
        typed = self.list.filter_text.strip()
        leave = next((each for each in self._commands if each.binding_id == "app.quit"), None)
        command = leave if typed in _LEAVING else self.list.row
        self.app.pop_screen()
        if command is not None:
            self.app.call_later(command.run)


def _commands(screen: Screen[Any]) -> list[Command]:
    found: dict[str, Command] = {}
    app: App[Any] = screen.app
    for name, active in screen.active_bindings.items():
        binding = active.binding
        identity = binding.id
        if active.enabled and identity is not None and not identity.startswith(_NOT_COMMANDS):
            explanation = keys.told_of(screen, active)
            run = partial(app.run_action, binding.action, active.node)
            found.setdefault(identity, Command(explanation, keys.spelling(name), identity, run))
    return list(found.values())
