"""What one run of the queue found, and what several runs in different orders agree on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.fact import fact
from fkdash.preview.model import Blocker, Effect, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.table_name import TableName
    from fkdash.errors import NotRun
    from fkdash.preview.row import RowId


@fact
class Obstacle:
    """What a blocker is, without the rows. What compares not describes the first row that met it."""

    constraint: str | None
    table: TableName
    columns: tuple[str, ...]
    sqlstate: str
    deferred: bool = field(default=False, compare=False)
    missing: TableName | None = field(default=None, compare=False)
    half: bool = field(default=False, compare=False)

    def blocker(self, rows: int, *, first: bool, value: tuple[str | None, ...] = ()) -> Blocker:
        """Give it with the number of rows."""
        return Blocker(
            constraint=self.constraint,
            table=self.table,
            columns=self.columns,
            sqlstate=self.sqlstate,
            rows=rows,
            first=first,
            deferred=self.deferred,
            missing=self.missing,
            half=self.half,
            value=value,
        )


@dataclass
class QueueOutcome:
    """One run: obstacles in the order in which they were met, effects, and why it may turn out otherwise.

    `reached` has, by the foreign key's OID, the rows that referred to what went.
    `not_run` is code of other roles that a doubt is about. `remarks` explain obstacles.
    `orders` is the number of orders in which the rows could be visited,
    `touched` that of the rows written.

    `certain` says that the first obstacle was met before anything that cannot be predicted. `late` is set for what
    waits for COMMIT. `values` has, for obstacles that miss a row, what the first row would refer to.
    """

    obstacles: dict[Obstacle, dict[RowId, None]] = field(default_factory=dict)
    reached: dict[int, dict[RowId, None]] = field(default_factory=dict)
    effects: dict[TableName, Effect] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    not_run: dict[NotRun, None] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    certain: bool = False
    orders: int = 1
    touched: int = 0
    late: bool = False
    values: dict[Obstacle, tuple[str | None, ...]] = field(default_factory=dict)

    def block(self, obstacle: Obstacle, rows: Sequence[RowId], value: tuple[str | None, ...] = ()) -> None:
        """Note that rows met an obstacle; `value` is what they would refer to in vain."""
        if not self.obstacles and not self.doubts:
            self.certain = True
        if self.late:
            obstacle = replace(obstacle, deferred=True)
        if value:
            self.values.setdefault(obstacle, value)
        self.obstacles.setdefault(obstacle, {}).update(dict.fromkeys(rows))

    def doubt(self, reason: str, not_run: Sequence[NotRun] = ()) -> None:
        """Note something whose outcome cannot be predicted from here on; `not_run` is the code that would tell."""
        self.doubts.setdefault(reason)
        self.not_run.update(dict.fromkeys(not_run))

    def remark(self, explanation: str) -> None:
        """Note what explains an obstacle."""
        self.remarks.setdefault(explanation)

    @property
    def blank(self) -> bool:
        """Whether nothing has been noted yet."""
        return not (self.obstacles or self.doubts or self.remarks or self.not_run)

    @property
    def verdict(self) -> Verdict:
        """The verdict of this run."""
        if self.certain:
            return Verdict.BLOCKED
        if self.doubts:
            return Verdict.UNKNOWN
        return Verdict.BLOCKED if self.obstacles else Verdict.ALLOWED

    @property
    def first(self) -> Obstacle | None:
        """What PostgreSQL reports, where this run is sure of it."""
        return next(iter(self.obstacles), None) if self.certain else None

    def differs(self, other: QueueOutcome) -> bool:
        """Tell whether another order of the rows had another result."""
        return (self.verdict, self.effects, self.blockers) != (other.verdict, other.effects, other.blockers)

    @property
    def blockers(self) -> dict[Obstacle, int]:
        """The number of rows at each obstacle."""
        return {obstacle: len(rows) for obstacle, rows in self.obstacles.items()}


@fact
class QueueAnswer:
    """What is true in whatever order the rows are visited."""

    verdict: Verdict
    blockers: tuple[Blocker, ...]
    effects: tuple[Effect, ...]
    notes: tuple[str, ...]
    exact: bool = True
    not_run: tuple[NotRun, ...] = ()


ORDER_DECIDES = (
    "The outcome depends on the order in which PostgreSQL visits the rows of one statement, "
    "which it does not promise: the same delete can be {outcomes}."
)


def agreed(outcomes: Sequence[QueueOutcome]) -> QueueAnswer:
    """Give what all runs agree on; the first run is in the order of a sequential scan."""
    usual = outcomes[0]
    verdicts = {outcome.verdict for outcome in outcomes}
    notes = list(dict.fromkeys(doubt for outcome in outcomes for doubt in outcome.doubts))
    verdict = usual.verdict
    exact = not notes
    if len(verdicts) > 1:
        verdict = Verdict.UNKNOWN
        seen = " or ".join(sorted({"allowed" if v is Verdict.ALLOWED else str(v.value) for v in verdicts}))
        notes.insert(0, ORDER_DECIDES.format(outcomes=seen))
        exact = False
    elif any(outcome.differs(usual) for outcome in outcomes):
        exact = False
        if verdict is Verdict.ALLOWED:
            verdict = Verdict.UNKNOWN
        notes.insert(0, ORDER_DECIDES.format(outcomes="carried out with different effects"))
        notes[1:1] = _only_in_another_order(outcomes)
    firsts = {outcome.first for outcome in outcomes}
    first = firsts.pop() if len(firsts) == 1 else None
    # Where orders disagree, that of a sequential scan is listed, each number a lower limit.
    listed = [
        (obstacle, min(outcome.blockers.get(obstacle, rows) for outcome in outcomes))
        for obstacle, rows in usual.blockers.items()
    ]
    blockers = [o.blocker(rows, first=o == first, value=usual.values.get(o, ())) for o, rows in listed]
    blockers.sort(key=lambda blocker: not blocker.first)
    notes += dict.fromkeys(remark for outcome in outcomes for remark in outcome.remarks)
    not_run = tuple(dict.fromkeys(each for outcome in outcomes for each in outcome.not_run))
    return QueueAnswer(verdict, tuple(blockers), _effects(outcomes), tuple(notes), exact, not_run)


def _only_in_another_order(outcomes: Sequence[QueueOutcome]) -> list[str]:
    elsewhere = dict.fromkeys(obstacle for outcome in outcomes[1:] for obstacle in outcome.obstacles)
    return [
        f"In another order it would also be stopped by {obstacle.constraint or 'NOT NULL'}"
        f" of {obstacle.table} ({listed(obstacle.columns)})."
        for obstacle in elsewhere
        if obstacle not in outcomes[0].obstacles
    ]


def _effects(outcomes: Sequence[QueueOutcome]) -> tuple[Effect, ...]:
    """Give the effects; where orders differ, the least of each number."""
    found: list[Effect] = []
    for table in outcomes[0].effects:
        seen = [outcome.effects.get(table, Effect(table)) for outcome in outcomes]
        least = Effect(
            table,
            min(effect.deleted for effect in seen),
            min(effect.set_null for effect in seen),
            min(effect.set_default for effect in seen),
            min(effect.updated for effect in seen),
        )
        if least != Effect(table):
            found.append(least)
    return tuple(found)
