"""Finds the next of several words in a block of bytes, at the speed at which one word is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Finder:
    """Looks for each word by itself, which is many times faster than a pattern of alternatives, and only once."""

    def __init__(self, block: bytes, words: Iterable[bytes]) -> None:
        self._block = block
        self._next = dict.fromkeys(words, -2)

    def next(self, place: int) -> int:
        """Give where the next of the words stands from a place on, -1 where none does; places only grow."""
        nearest = -1
        for word, known in self._next.items():
            found = known
            if known != -1 and known < place:
                found = self._next[word] = self._block.find(word, place)
            if found >= 0 and (nearest < 0 or found < nearest):
                nearest = found
        return nearest
