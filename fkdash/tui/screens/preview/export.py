"""Writes one answer in the three forms that others want it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fkdash.errors import reason_of
from fkdash.private_file import write_private

if TYPE_CHECKING:
    from fkdash.tui.screens.base import BaseScreen


def export_all(screen: BaseScreen, name: str, texts: Mapping[str, str]) -> None:
    """Write each text to a private file with its suffix, and say where the first is."""
    fit = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    try:
        paths = [write_private(fit, suffix, text) for suffix, text in texts.items()]
    except OSError as error:
        screen.status.fail(f"The files could not be written: {reason_of(error)}")
    else:
        others = " and ".join(path.suffix for path in paths[1:])
        screen.say(f"Written to {paths[0]}, with {others} beside it")
