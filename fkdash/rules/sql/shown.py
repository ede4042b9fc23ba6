"""How much of an expression or a comment is shown: it is somebody's, and may be millions of characters."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 500


def shown(text: str) -> str:
    """Give a text on one line, the end of a very long one left out."""
    line = " ".join(text[: 2 * _LONGEST].split())
    return line if len(line) <= _LONGEST and len(text) <= 2 * _LONGEST else f"{line[:_LONGEST]} …"
