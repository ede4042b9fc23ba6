"""The lines of a preflight as text: how each stands, what to do, and who waits for whom."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.pictures.picture import TEXT_CELLS, Pen, text_of
from fkdash.pictures.waits import waits

if TYPE_CHECKING:
    from fkdash.apply.proof.preflight_lines import PreflightLine

_INDENT: Final = 8


def preflight_text(line: PreflightLine, pen: Pen) -> str:
    """Give a line of a preflight; below it the chain of those that wait, where sessions are in the way."""
    told = plain(f"{line.standing:<7} {line.what}" + (f" - {line.next_step}" if line.next_step else ""))
    if not line.chain:
        return told
    chain = "who waits for whom:\n" + text_of(waits(line.chain, TEXT_CELLS - _INDENT, pen))
    return f"{told}\n{indent(chain, ' ' * _INDENT)}"
