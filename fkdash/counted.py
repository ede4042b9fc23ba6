"""Numbers of things, in words that agree with them."""

from __future__ import annotations


def counted(number: int, many: str, one: str = "") -> str:
    """Give a number of things: `2 rows`, `1 row`; `one` is what stands after 1, else `many` without its last s."""
    return f"{number:,} {many if number != 1 else one or many.removesuffix('s')}"
