"""What can be done on a screen, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

_LEAVING = frozenset({"q", "q!", "qa", "wq", "x!", "quit", "exit"})
_NOT_COMMANDS = ("list.", "pane.", "app.commands", "app.interrupt")


@dataclass(frozen=True, slots=True)
class Command:
    """An action of the screen below, the node it belongs to, and the key that does the same."""

    binding_id: str
    explanation: str
    key: str
    action: str
    node: DOMNode


class CommandsScreen(BaseScreen):
    """The actions that work on the screen below; enter carries one out there."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.OPEN]
    MARKABLE = False

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._commands = _commands(below)
        self.list = RowList[Command](
            [
                ListColumn("command", lambda row: row.explanation, 30),
                ListColumn("key", lambda row: row.key, 6),
                ListColumn("id", lambda row: row.binding_id, 12, priority=1),
            ],
            key=lambda row: row.binding_id,
            typed_at_once=True,
        )

    def body(self) -> Iterable[Widget]:
        """Give the list."""
        return (Frame(ListBar(self.list, "commands"), self.list, id="left"),)

    def on_mount(self) -> None:
        """Show everything and take what is typed as the filter."""
        self.consequence.tell("Type a part of a command; enter carries it out, esc goes back.")
        self.list.show_rows(self._commands)
        self.list.action_filter()

    def action_open(self) -> None:
        """Go back and carry out the command under the cursor; `:q` and its like always leave."""
        typed = self.list.filter_text.strip()
        leave = next((each for each in self._commands if each.binding_id == "app.quit"), None)
        command = leave if typed in _LEAVING else self.list.row
        self.app.pop_screen()
        if command is not None:
            self.app.call_later(self.app.run_action, command.action, command.node)


def _commands(screen: Screen[Any]) -> list[Command]:
    found: dict[str, Command] = {}
    for name, active in screen.active_bindings.items():
        binding = active.binding
        identity = binding.id
        if active.enabled and identity is not None and not identity.startswith(_NOT_COMMANDS):
            explanation = binding.tooltip or binding.description
            command = Command(identity, explanation, keys.spelling(name), binding.action, active.node)
            found.setdefault(identity, command)
    return list(found.values())
