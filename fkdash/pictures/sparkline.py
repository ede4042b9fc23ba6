"""A line of characters as high as numbers are large: how many there were, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_ASCII: Final = " .:-=+*#@"


def sparkline(numbers: Sequence[int], *, ascii_only: bool = False, mark: int | None = None) -> str:
    """Give one character for each number, the largest at full height; 0 alone is empty.

    `mark` is before which of them a bar stands, such as the moment of a fix.
    """
    levels = _ASCII if ascii_only else _BLOCKS
    highest = max(numbers, default=0)
    drawn = [
        levels[0 if not number else max(1, round(number * (len(levels) - 1) / highest))] for number in numbers
    ]
    if mark is not None and 0 <= mark <= len(drawn):
        drawn.insert(mark, "|")
    return "".join(drawn)
