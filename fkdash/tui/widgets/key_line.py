"""The last line of a screen: the keys that work there, as many as it has room for, by priority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from fkdash.tui import keys
from fkdash.tui.widgets.painting import Lines, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen

_KEYS_AT_THE_END = {"list.filter": 1, "screen.back": 2, "app.help": 3}
_KEYS_THAT_STAY = ("screen.back", "app.help")
_APART = 2


class KeyLine(Lines):
    """The last line: the keys that work here, made from the bindings in force."""

    def __init__(self) -> None:
        super().__init__(id="keys")

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def on_resize(self) -> None:
        """Fit into the new width."""
        self._follow(self.screen)

    def _follow(self, screen: Screen[Any]) -> None:
        # Where something is asked, nothing leads away but what answers it.
        more = keys.TOLD_WHERE_ROOM if getattr(screen, "MARKABLE", True) else ()
        entries = [
            entry for entry in keys.help_for(screen) if entry.enabled and (entry.show or entry.binding_id in more)
        ]
        parts: list[Part] = []
        for entry in told(entries, self.room - 1):
            parts += [
                Part(" " * (_APART if parts else 1)),
                Part(entry.keys[0], "key"),
                Part(f" {entry.description}"),
            ]
        self.show([tuple(parts)])


def told(entries: Iterable[keys.Help], room: int) -> list[keys.Help]:
    """Give the keys that `room` cells have place for, in the order in which they stand there.

    What the screen is for comes first, then what else works here. The way back and help stay in any width. What
    comes last needs no cells that set it apart from anything.
    """
    wanted = sorted(entries, key=_rank)
    room += _APART
    kept = sum(_cells(entry) for entry in wanted if entry.binding_id in _KEYS_THAT_STAY)
    found: list[keys.Help] = []
    for entry in wanted:
        cells = _cells(entry)
        if entry.binding_id in _KEYS_THAT_STAY:
            kept -= cells
        elif cells > room - kept:
            continue
        found.append(entry)
        room -= cells
    return sorted(found, key=lambda entry: _KEYS_AT_THE_END.get(entry.binding_id, 0))


def _rank(entry: keys.Help) -> int:
    if entry.show:
        return _KEYS_AT_THE_END.get(entry.binding_id, 0) - len(_KEYS_AT_THE_END)
    return keys.TOLD_WHERE_ROOM.index(entry.binding_id)


def _cells(entry: keys.Help) -> int:
    return cell_len(entry.keys[0]) + 1 + cell_len(entry.description) + _APART
