"""One letter, one meaning: on no screen is a key bound twice, and on every screen a letter does the same."""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from importlib import import_module
from itertools import chain

import pytest
from textual.binding import Binding

import fkdash.tui.screens
from fkdash.tui import keys
from fkdash.tui.app import DashboardApp
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane
from tests.tui.test_keys import every_binding

FOR_DIGITS = {"only", "choose"}
"""Digits filter by severity on lists, and choose on the options screen."""


def every_screen() -> list[type[BaseScreen]]:
    for module in pkgutil.walk_packages(fkdash.tui.screens.__path__, "fkdash.tui.screens."):
        import_module(module.name)
    found, left = set(), [BaseScreen]
    while left:
        screen = left.pop()
        if screen.__module__.startswith("fkdash."):
            found.add(screen)
            left += screen.__subclasses__()
    return sorted(found, key=lambda screen: screen.__name__)


def keys_of(bindings: list[object]) -> list[tuple[str, Binding]]:
    bound = [each for each in bindings if isinstance(each, Binding)]
    return [(key, binding) for binding in bound for key in binding.key.split(",")]


def meaning(binding: Binding) -> str:
    return binding.action.partition("(")[0].removeprefix("app.")


def is_letter(key: str) -> bool:
    return len(key) == 1 or keys.spelling(key) != key


def test_a_letter_means_one_thing_everywhere() -> None:
    meanings = defaultdict(set)
    for key, binding in keys_of(list(every_binding())):
        if len(key) == 1 and key.isalpha():
            meanings[key].add(binding.action.removeprefix("app."))
    assert len(meanings) > 30
    assert {key: found for key, found in meanings.items() if len(found) > 1} == {}


def test_digits_filter_on_lists_and_choose_among_options() -> None:
    digits = [(key, meaning(binding)) for key, binding in keys_of(list(every_binding())) if key.isdigit()]
    assert {found for _, found in digits} == FOR_DIGITS
    assert {key for key, found in digits if found == "only"} == set("0123")


@pytest.mark.parametrize("screen", every_screen(), ids=lambda screen: screen.__name__)
def test_no_screen_binds_a_key_twice(screen: type[BaseScreen]) -> None:
    own = list(chain.from_iterable(vars(base).get("BINDINGS", ()) for base in screen.__mro__))
    for beside in (RowList.BINDINGS, TextPane.BINDINGS):
        bound = defaultdict(set)
        for key, binding in keys_of([*own, *beside, *DashboardApp.BINDINGS]):
            if key == "enter" or (is_letter(key) and len(key) == 1):
                bound[key].add(binding.id)
        assert {key: found for key, found in bound.items() if len(found) > 1} == {}
