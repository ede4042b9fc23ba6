"""What would refuse the rows that a plan takes away or writes into: other keys, unique constraints, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.proof.preflight_lines import PreflightLine, Standing, stop, warning
from fkdash.catalog.postgres.planted import refuse_planted_at, refuse_planted_of
from fkdash.catalog.spelling import is_orphan
from fkdash.catalog.table_name import listed, visible
from fkdash.counted import counted
from fkdash.errors import NotPermittedError, StoppedError
from fkdash.fix.changed_key import columns_to_empty
from fkdash.fix.statements.values import constants
from fkdash.fix.steps.batch import DELETE, EMPTY, MOVE, REPARENT, rows_of
from fkdash.preview.changed_rows import MOST_ROWS, RowChange, change_of_rows
from fkdash.preview.model import Limits, Verdict
from fkdash.rules.actions.enforcement import is_silenced
from fkdash.sqlstates import CHECK_VIOLATION, FOREIGN_KEY_VIOLATION, INSUFFICIENT_PRIVILEGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Plan, Step
    from fkdash.preview.model import Blocker

_DOING: Final = {
    DELETE: "deleting the rows",
    EMPTY: "writing NULL into the rows",
    REPARENT: "pointing the rows elsewhere",
    MOVE: "pointing the rows elsewhere",
}
_MOST_CHOSEN: Final = 100
"""Of more rows that others are freed of, the condition would be longer than what it finds."""


async def refused_rows_lines(
    sessions: Sessions, catalog: Catalog, plan: Plan, *, seconds: float
) -> list[PreflightLine]:
    """Say what would stop the first rows that the plan changes, and which would be refused on their way back."""
    steps = [step for step in plan.steps if step.title in _DOING and rows_of(step)]
    change = _change(catalog, plan, steps) if steps else None
    if change is None:
        return []
    forth = await _forth(sessions, catalog, plan, change, doing=_DOING[steps[0].title], seconds=seconds)
    if any(line.standing is Standing.STOP for line in forth) or not (plan.mends and plan.undo):
        return forth
    return [*forth, *await _back(sessions, catalog, plan, change, seconds=seconds)]


async def _forth(
    sessions: Sessions, catalog: Catalog, plan: Plan, change: RowChange, *, doing: str, seconds: float
) -> list[PreflightLine]:
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, plan.key)
            answer = await change_of_rows(session, change, Limits(seconds=seconds))
    except (StoppedError, NotPermittedError) as error:
        return [_not_known(doing, error.what)]
    blockers = [each for each in answer.blockers if not _is_looked_at_elsewhere(plan, each)]
    if answer.verdict is Verdict.BLOCKED and blockers:
        return [_refused(doing, blockers)]
    if answer.verdict is Verdict.UNKNOWN and answer.notes:
        return [_not_known(doing, answer.notes[0])]
    return []


async def _back(
    sessions: Sessions, catalog: Catalog, plan: Plan, change: RowChange, *, seconds: float
) -> list[PreflightLine]:
    """Say how many of the orphans are some by another key too, which checks them when they are put back."""
    others = [
        other
        for name in _with_those_above(catalog, plan.key.table)
        for other in catalog.declared_on.get(name, ())
        if other.name != plan.key.name
        and other.enforced
        and not is_silenced(catalog, other)
        and (not change.written or set(other.columns) & set(change.written))
    ]
    if not others:
        return []
    either = " or ".join(is_orphan(catalog, other) for other in others)
    rows = " union all ".join(
        f"(select {each} and ({either}) limit {MOST_ROWS})" for each in change.selected.values()
    )
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, [catalog.tables[other.referenced] for other in others])
            number = await session.value(f"select count(*) from ({rows}) as refused")
    except (StoppedError, NotPermittedError):
        return []
    if not number:
        return []
    at_least = "at least " if number >= MOST_ROWS else ""
    names = listed([other.name for other in others], " or ")
    return [
        warning(
            f"{at_least}{counted(number, 'of the rows refer', 'of the rows refers')} to nothing by {names} either",
            "They can be put back only when what they refer to is there: an undo before that is refused with "
            f"{FOREIGN_KEY_VIOLATION} and changes nothing; the rows stay kept.",
        )
    ]


def _with_those_above(catalog: Catalog, name: TableName) -> Iterator[TableName]:
    """Give a table and those that it is a partition of: their keys are its own."""
    above: TableName | None = name
    while above is not None and above in catalog.tables:
        yield above
        above = catalog.tables[above].partition_of


def _refused(doing: str, blockers: Sequence[Blocker]) -> PreflightLine:
    """Say what stops the rows from being changed; what PostgreSQL would report stands first."""
    met = [f"{_what(each)} ({each.sqlstate}, {counted(each.rows, 'rows', 'row')})" for each in blockers]
    return stop(
        f"{doing} would be refused by {' and '.join(met)}",
        "Change what that protects first, or choose another option.",
    )


def _is_looked_at_elsewhere(plan: Plan, blocker: Blocker) -> bool:
    """Tell whether other lines are about it.

    The named row may be missing, the table's own publications refuse whatever the rows are, and a right that its
    owner lacks is one that only actions need.
    """
    named = blocker.missing is not None and blocker.constraint == plan.key.name
    whatever_the_rows = blocker.constraint is None and not blocker.rows
    return named or whatever_the_rows or blocker.sqlstate == INSUFFICIENT_PRIVILEGE


def _what(blocker: Blocker) -> str:
    if blocker.constraint is not None:
        return f"{visible(blocker.constraint)} of {blocker.table}"
    if blocker.sqlstate == CHECK_VIOLATION:
        return f"{blocker.table}, which has no partition for that"
    return f"NOT NULL of {listed(blocker.columns)} of {blocker.table}"


def _not_known(doing: str, why: str) -> PreflightLine:
    return warning(
        f"whether anything refuses {doing} is not known: {why.rstrip('.')}",
        "Where something does, the run ends there, and what was changed by then can be put back.",
    )


def _change(catalog: Catalog, plan: Plan, steps: Sequence[Step]) -> RowChange | None:
    written = _written(catalog, plan, steps[0].title)
    key, table, referenced = plan.key, catalog.tables[plan.key.table], catalog.tables[plan.key.referenced]
    if written is None or len(plan.chosen) > _MOST_CHOSEN:
        return None
    if table.oid is None or referenced.oid is None or key.oid is None:
        return None
    holding = ((catalog.tables[step.locks[0].table].oid, rows_of(step)) for step in steps)
    selected = {oid: rows for oid, rows in holding if oid is not None}
    return RowChange(table.oid, referenced.oid, key.oid, selected, written)


def _written(catalog: Catalog, plan: Plan, title: str) -> Mapping[str, str | None] | None:
    """Give what is written into every row alike; None where each gets a value of its own."""
    if title == DELETE:
        return {}
    if title == EMPTY:
        return dict.fromkeys(columns_to_empty(catalog, plan.key))
    return None if plan.picked else dict(constants(catalog, plan.key, plan.values))
