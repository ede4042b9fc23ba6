"""What a picture is made of: lines of spans, each a text with a role; and the characters to draw with."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TextIO, TypeAlias

from fkdash.fact import fact
from fkdash.pictures.cells import Writing

Role = Literal["plain", "strong", "muted", "name", "deletes", "nulls", "refuses", "blocks", "waits", "good"]
"""What a piece of a picture stands for; who shows it says how that looks. Meaning never rests on it alone."""


class Span(NamedTuple):
    """A piece of a line: plain text and its role."""

    text: str
    role: Role = "plain"


Picture: TypeAlias = tuple[tuple[Span, ...], ...]
"""Lines from top to bottom, none wider than was asked, without control characters."""

TEXT_CELLS: Final = 78
"""How wide a picture is in a report, and where it is kept as text."""

LEAST_CELLS: Final = 36
"""In less room no picture is drawn: a number of 64 bits, its mark and a stub of a name would not fit."""


@fact
class Pen(Writing):
    """The characters to draw with; each of `blocks` is one cell, from the least to a full one."""

    branch: str
    last: str
    down: str
    above: str
    line: str
    arrow: str
    here: str
    cascade: str
    nulls: str
    defaults: str
    refuses: str
    fails: str
    works: str
    unknown: str
    under_way: str
    to_come: str
    blocks: str
    changed: str
    gone: str


UNICODE: Final = Pen(
    ascii_only=False,
    ellipsis="…",
    branch="├─ ",
    last="└─ ",
    down="│  ",
    above="┌─ ",
    line="─",
    arrow="▶",
    here="◀",
    cascade="━▶",
    nulls="─∅",
    defaults="─◇",
    refuses="─┤",
    fails="✗",
    works="✓",
    unknown="?",
    under_way="◐",
    to_come="○",
    blocks="▏▎▍▌▋▊▉█",
    changed="░",
    gone="▓",
)
ASCII: Final = Pen(
    ascii_only=True,
    ellipsis="..",
    branch="|- ",
    last="`- ",
    down="|  ",
    above=",- ",
    line="-",
    arrow=">",
    here="<",
    cascade="=>",
    nulls="-0",
    defaults="-=",
    refuses="-|",
    fails="x",
    works="v",
    unknown="?",
    under_way="*",
    to_come="o",
    blocks="#",
    changed=".",
    gone="%",
)


def pen_for(*, ascii_only: bool) -> Pen:
    """Give the pen for a terminal or a file that takes Unicode, or only ASCII."""
    return ASCII if ascii_only else UNICODE


def pen_of(stream: TextIO) -> Pen:
    """Give the pen for what is written to a stream, by its encoding."""
    return pen_for(ascii_only=not (stream.encoding or "").lower().startswith("utf"))


def text_of(picture: Picture) -> str:
    """Give a picture as text, a line each, without roles and without spaces at the ends."""
    return "\n".join("".join(span.text for span in row).rstrip() for row in picture)


def bar(number: int, largest: int, cells: int, pen: Pen) -> str:
    """Give a bar of at most `cells` cells for `number` of `largest`; whatever is there can be seen."""
    if number <= 0 or largest <= 0 or cells <= 0:
        return ""
    steps = len(pen.blocks)
    parts = max(1, min(number, largest) * cells * steps // largest)
    whole, rest = divmod(parts, steps)
    return pen.blocks[-1] * whole + (pen.blocks[rest - 1] if rest else "")
