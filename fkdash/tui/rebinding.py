"""The keys that the configuration sets, checked before anything opens: no mistyped id passes in silence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.binding import Binding

from fkdash.catalog.names import nearest
from fkdash.errors import UsageError
from fkdash.tui import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What terminals, tmux and screen take for themselves, or send for backspace, tab and enter.
_TAKEN = re.compile(r"ctrl\+[abhijmoqs]|alt\+.*|meta\+.*|f1[0-2]")
_NOT_BY_ENTER = frozenset({"fix.apply", "run.undo", "run.cancel", "run.stop"})


def binding_ids() -> frozenset[str]:
    """Give the ids of all keys of the dashboard."""
    return frozenset(binding.id for binding in _bindings() if binding.id)


def checked_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """Give the keys by binding id; raises UsageError for an id or a key that cannot be used."""
    for identity, named in keymap.items():
        if identity not in binding_ids():
            raise UsageError(
                f'The configuration sets a key for "{identity}", which is no id of a key.',
                next_step=nearest(identity, sorted(binding_ids())) or "? in the dashboard shows the ids.",
            )
        for key in (each.strip() for each in named.split(",")):
            if not key:
                raise UsageError(
                    f'The configuration sets no key for "{identity}".', next_step="Name one, such as f5."
                )
            if _TAKEN.fullmatch(key):
                raise UsageError(
                    f'The configuration sets {key} for "{identity}", which terminals keep for themselves.',
                    next_step="Take another key: a letter, ctrl with another letter, or f2 to f9.",
                )
            if key == "enter" and identity in _NOT_BY_ENTER:
                raise UsageError(
                    f'The configuration sets enter for "{identity}"; enter never leads to a change.',
                    next_step="Take another key.",
                )
    return dict(keymap)


def _bindings() -> Iterator[Binding]:
    for value in vars(keys).values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Binding):
                yield each
