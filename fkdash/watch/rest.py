"""What is kept of a log between two reads: a record that is not complete yet."""

from __future__ import annotations

from typing import Final

LONGEST_RECORD: Final = 64 * 1024 * 1024
"""Bytes; a record that is longer is left out."""


class Rest:
    """The end of what one file gave, with which the next bytes go on."""

    def __init__(self) -> None:
        self.left_out = 0
        """How many records were too long or broken."""
        self.searched = 0
        """How much of the rest has nothing in it that is looked for."""
        self._rest = b""

    def joined(self, data: bytes) -> bytes:
        """Give the rest with what came."""
        return self._rest + data if self._rest else data

    def keep(self, block: bytes, start: int, searched: int = 0) -> None:
        """Keep what stands in a block from `start` on; too long a record is left out."""
        if len(block) - start > LONGEST_RECORD:
            self.left_out += 1
            start = len(block)
        self._rest, self.searched = block[start:], max(0, searched - start)
