"""Text from a database as plain text: what cannot be seen is made visible, and widths are cells.

Nothing that a database stores is ever interpreted: not as markup, not as a
control sequence, not as a writing direction.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import Writing, fit


@fact
class Glyphs(Writing):
    """The characters that fkdash itself draws with; `ellipsis` and `arrow` may be two cells wide.

    `frame` has, in this order, the horizontal and the vertical line, the corners above, the corners below, and
    what joins a line to a frame at its left and its right; `focused_frame` has the same for what takes the keys.
    """

    arrow: str
    rule: str
    cursor: str
    more: str
    separator: str
    frame: str
    focused_frame: str


UNICODE = Glyphs(
    ascii_only=False,
    ellipsis="…",
    arrow="→",
    rule="─",
    cursor="▏",
    more="▼",
    separator="·",
    frame="─│╭╮╰╯├┤",
    focused_frame="━┃┏┓┗┛┣┫",
)
ASCII = Glyphs(
    ascii_only=True,
    ellipsis="..",
    arrow="->",
    rule="-",
    cursor="_",
    more="v",
    separator="-",
    frame="-|++++++",
    focused_frame="=|++++++",
)


def glyphs_for(environment: Mapping[str, str] = os.environ, *, ascii_only: bool | None = None) -> Glyphs:
    """Give the glyphs that the terminal can show, by its locale and type; `ascii_only` overrides both."""
    if ascii_only is None:
        locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or "C"
        unicode_locale = "utf8" in locale.casefold().replace("-", "")
        ascii_only = not unicode_locale or environment.get("TERM", "").startswith(("vt1", "vt2"))
    return ASCII if ascii_only else UNICODE


def wrapped_words(text: str, width: int) -> Iterator[str]:
    """Give the words of plain `text` with the spaces before them, in pieces of at most `width` cells."""
    for word in re.findall(r" *[^ ]+| +", text):
        rest = word
        while cell_len(rest) > width > 0:
            piece = fit(rest, width, "")
            if not piece:
                break
            yield piece
            rest = rest[len(piece) :]
        if rest:
            yield rest
