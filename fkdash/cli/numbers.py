"""Reads the numbers of a command line for its parser, each within what makes sense."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_SECONDS: Final = 0.001
_MOST_SECONDS: Final = 1_000_000


def number(least: int, most: int) -> Callable[[str], int]:
    """Give what reads a whole number from `least` to `most`; it raises ArgumentTypeError for anything else."""

    def read(text: str) -> int:
        if not text.isdecimal() or not text.isascii() or not least <= int(text[:18]) <= most:
            raise ArgumentTypeError(f"{text} is not a number from {least:,} to {most:,}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """Read a time limit; the server counts it in milliseconds, and takes none for no limit.

    Raises ArgumentTypeError for what is no number of seconds from a thousandth to a million.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not _LEAST_SECONDS <= number <= _MOST_SECONDS:
        raise ArgumentTypeError(f"{text!r} is no number of seconds from {_LEAST_SECONDS} to {_MOST_SECONDS:,}")
    return number
