"""What is asked about every row of a table alone, and within which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.preview.asked.target import find_targets
from fkdash.preview.model import DeleteTarget, Selection
from fkdash.preview.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.db.session import Session
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import Limits, Progress
    from fkdash.preview.row import RowId


@fact
class Question:
    """What is asked about: the rows of a table and of those `inheriting` from it, until a moment of the clock."""

    session: Session
    facts: Facts
    inheriting: Sequence[int]
    limits: Limits
    until: float | None
    progress: Progress | None

    def reader(self) -> Reader:
        """Give a reader that has loaded nothing yet."""
        return Reader(self.session, self.facts, self.limits, self.progress, until=self.until)

    async def rows(self, reader: Reader) -> list[RowId]:
        """Load all rows; raises TooManyRowsError."""
        target = DeleteTarget(self.facts.tables[self.facts.target].name)
        return await find_targets(reader, target, Selection("true"), self.inheriting)
