"""Where something stands in a file."""

from __future__ import annotations

from fkdash.fact import fact


@fact
class Place:
    """Where a finding stands in a file; line and column count from 1, the path is relative.

    `excerpt` are the telling lines of the statement, with their numbers.
    """

    file: str
    line: int
    column: int = 1
    excerpt: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
