"""What is known of the rows of a table, each on its own, and how two parts of that are put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fkdash.preview.row import RowId

if TYPE_CHECKING:
    from fkdash.errors import NotRun
    from fkdash.preview.model import Effect, Scan
    from fkdash.preview.outcome import Obstacle


@dataclass
class Standing:
    """Which of `rows` cannot be deleted, each by itself.

    `obstacles` has the number of rows in the way and of rows they hold back. `held` are
    those held by most first, with the number of rows in the way of each; one that is in the
    way by two constraints counts twice. `unknown` rows could not be judged; `doubtful` names
    those among them that only the queue can decide. `effects` are those of deleting all rows,
    None as long as they are not known.
    """

    rows: int
    cannot: int = 0
    unknown: int = 0
    obstacles: dict[Obstacle, tuple[int, int]] = field(default_factory=dict)
    effects: tuple[Effect, ...] | None = None
    held: list[tuple[RowId, int]] = field(default_factory=list)
    doubtful: list[RowId] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    scans: tuple[Scan, ...] = ()
    cut_short: bool = False
    exact: bool = True

    def with_judged(self, judged: Standing, *, apart: bool) -> Standing:
        """Give the whole when `judged` is about some of the rows unknown here.

        `apart` says that no row can be in the way of rows of both; otherwise the numbers of
        rows in the way become lower limits.
        """
        obstacles = dict(self.obstacles)
        for obstacle, (rows, held) in judged.obstacles.items():
            others, also_held = obstacles.get(obstacle, (0, 0))
            obstacles[obstacle] = (rows + others if apart else max(rows, others), held + also_held)
        return Standing(
            rows=self.rows,
            cannot=self.cannot + judged.cannot,
            unknown=self.unknown - judged.rows + judged.unknown,
            obstacles=obstacles,
            effects=self.effects,
            held=sorted((*self.held, *judged.held), key=lambda entry: -entry[1]),
            notes=(*self.notes, *judged.notes),
            not_run=(*self.not_run, *judged.not_run),
            scans=(*self.scans, *judged.scans),
            cut_short=self.cut_short or judged.cut_short,
            exact=self.exact and judged.exact and (apart or not judged.cannot),
        )

    def with_certain(self, certain: Standing) -> Standing:
        """Give the whole when this was cut short and `certain` has what holds rows back in any case.

        Which of them were judged is not known: each number is the larger one, a lower limit.
        """
        cannot = max(self.cannot, certain.cannot)
        both = {*self.obstacles, *certain.obstacles}
        pairs = {each: (self.obstacles.get(each, (0, 0)), certain.obstacles.get(each, (0, 0))) for each in both}
        most = dict(certain.held)
        for row, number in self.held:
            most[row] = max(number, most.get(row, 0))
        return replace(
            self,
            cannot=cannot,
            unknown=self.unknown - (cannot - self.cannot),
            obstacles={each: (max(a[0], b[0]), max(a[1], b[1])) for each, (a, b) in pairs.items()},
            held=sorted(most.items(), key=lambda entry: -entry[1]),
            exact=False,
        )


def row_at(table: str, ctid: str) -> RowId:
    """Give the row of a table's OID and a ctid, both as text."""
    page, _, line = ctid.strip("()").partition(",")
    return RowId(int(table), int(page), int(line))
