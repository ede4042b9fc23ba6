"""Text by terminal cells: made plain, cut, filled up. Wide characters take two cells, combining marks none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, split_graphemes

from fkdash.db.text import escaped, plain
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


def shown(text: str, *, ascii_only: bool) -> str:
    """Give text in which every character can be seen and, in ASCII, sent."""
    visible = plain(text)
    if ascii_only and not visible.isascii():
        return _NOT_ASCII.sub(lambda match: escaped(match.group()), visible)
    return visible


@lru_cache(maxsize=8192)
def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Give plain `text` cut to at most `width` cells, ending in the ellipsis where cut."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    kept, used = 0, 0
    room = width - cell_len(ellipsis)
    for _start, end, cells in split_graphemes(text)[0]:
        if used + cells > room:
            break
        kept, used = end, used + cells
    return text[:kept] + ellipsis if room >= 0 else ""


def filled(text: str, width: int, *, right: bool = False) -> str:
    """Give fitted `text` filled up to `width` cells, on its left when `right`."""
    filling = " " * max(0, width - cell_len(text))
    return filling + text if right else text + filling


def in_lines(words: str, first: int, others: int) -> Iterator[str]:
    """Give words in lines of at most `first` and then `others` cells, without losing one."""
    line, room = "", first
    for word in words.split(" "):
        rest, apart = word, " " if line else ""
        if cell_len(line) + len(apart) + cell_len(rest) <= room:
            line += apart + rest
            continue
        yield line
        line, room = "", others
        while cell_len(rest) > room:
            piece = fit(rest, room, "")
            yield piece
            rest = rest[len(piece) :]
        line = rest
    yield line


@fact
class Writing:
    """How text can be written: in ASCII only or not, and what stands where it was cut."""

    ascii_only: bool
    ellipsis: str

    def plain(self, text: str) -> str:
        """Give text in which every character can be seen and, in ASCII, sent."""
        return shown(text, ascii_only=self.ascii_only)

    def fit(self, text: str, width: int) -> str:
        """Give `text` made plain and cut to at most `width` cells, ending in an ellipsis where cut."""
        return fit(self.plain(text), width, self.ellipsis)
