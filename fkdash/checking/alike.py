"""What many schemas have alike, in words: what refers to what, in which of them, and how many differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName

FEWEST: Final = 3
"""From so many places on what is alike is a group."""
MOST_ODD: Final = 8
"""So many of those that differ are named."""
_NUMBER: Final = re.compile(r"([0-9]+)")


def numbered(name: str) -> list[tuple[bool, int, str]]:
    """Order t9 before t10."""
    parts = (each for each in _NUMBER.split(name) if each)
    return [(each.isdecimal(), int(each[:18]) if each.isdecimal() else 0, each) for each in parts]


def referenced_of_any(key: ForeignKey) -> TableName | str:
    """Give the table that a key refers to: its name alone where that is one of the key's own schema."""
    return key.referenced.name if key.referenced.schema == key.table.schema else key.referenced


def referenced_words(key: ForeignKey) -> str:
    """Give `referenced_of_any` as people read it."""
    return key.referenced.beside(key.table)


def places_words(places: Sequence[str], most: int = 3) -> str:
    """Give `t1, t2`, or `t1 … t2000` for more than a few."""
    return ", ".join(places) if len(places) <= most else f"{places[0]} … {places[-1]}"


def biting_words(number: int) -> str:
    """Give `1 bites` or `3 bite`."""
    return f"{number:,} {'bites' if number == 1 else 'bite'}"


def differ_words(differs: Sequence[str]) -> str:
    """Give `1 differs: t17`."""
    return f"{len(differs):,} {'differs' if len(differs) == 1 else 'differ'}: {places_words(differs, MOST_ODD)}"
