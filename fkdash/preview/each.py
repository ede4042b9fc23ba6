"""Which rows of a table cannot be deleted: every row on its own, as if nothing else were deleted with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import quoted
from fkdash.catalog.spelling import as_text, identity_of
from fkdash.errors import ServerRefusedError, TimedOutError
from fkdash.preview.blocked import BlockedRow, RowIdentity
from fkdash.preview.each_queue import follow_each, loaded
from fkdash.preview.each_sets import each_by_sets
from fkdash.preview.evaluation import Evaluator
from fkdash.preview.following import outcomes_of
from fkdash.preview.graph import OrderMattersError, SetPlan, certain_plan, set_plan
from fkdash.preview.loading import read_facts
from fkdash.preview.model import Blocker, DeleteTarget, Limits, Preview, Progress, Verdict
from fkdash.preview.outcome import agreed
from fkdash.preview.reader import CutShortError, Reader, RowId, TooManyRowsError
from fkdash.preview.standing import Standing
from fkdash.preview.target import Selection, find_targets, inheriting_tables, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Table
    from fkdash.db.session import Session

PAGE_ROWS: Final = 20
_ALL_ROWS: Final = Selection("true")
TOGETHER: Final = (
    "Rows that hold only each other back go together in one DELETE; the condition true asks about that."
)


@dataclass(frozen=True, slots=True)
class EachPreview:
    """The answer for every row of a table alone.

    `preview` has the verdict (blocked where any row cannot be deleted), the rows in the way as
    blockers, and as effects what the deletes of all rows would do if nothing stopped them.
    `holds_back` has for each blocker the number of rows it holds back. `unknown` rows could not
    be judged. `rows` are the first of the `cannot` rows, those with most rows in their way first;
    a row in the way by two constraints counts once for each.
    """

    preview: Preview
    cannot: int
    unknown: int
    holds_back: tuple[int, ...]
    key_columns: tuple[str, ...]
    label_columns: tuple[str, ...]
    rows: tuple[BlockedRow, ...]

    @property
    def more(self) -> bool:
        """Whether more rows cannot be deleted than `rows` has."""
        return self.cannot > len(self.rows)


async def preview_each(
    session: Session,
    table: Table,
    limits: Limits,
    progress: Progress | None = None,
    *,
    labels: Sequence[str] = (),
    page_rows: int = PAGE_ROWS,
) -> EachPreview:
    """Give which rows of `table` cannot be deleted, read-only, in the session's snapshot.

    The limits and what is raised are those of `preview`; a limit leaves rows unknown.
    """
    target = DeleteTarget(table.name)
    oid = await resolve(session, target)
    inheriting = await inheriting_tables(session, oid, target)
    reader = Reader(session, await read_facts(session, oid, inheriting), limits, progress)
    try:
        found = await _standing(reader, target, limits, inheriting, page_rows)
        rows = await _identified(session, table, labels, found.held[:page_rows])
    except (CutShortError, TimedOutError) as limit:
        found, rows = Standing(rows=0, unknown=1, notes=(limit.what,), cut_short=True), ()
    return _answer(reader, table, labels, found, rows)


async def _standing(
    reader: Reader, target: DeleteTarget, limits: Limits, inheriting: Sequence[int], page_rows: int
) -> Standing:
    evaluator = Evaluator(reader)
    plan = None if inheriting else _plan(reader)
    by_sets = None
    if plan is not None:
        reader.say(f"Counting what stands in the way of the rows of {target.table}")
        by_sets = await _by_sets(reader, evaluator, plan, limits, page_rows)
    if by_sets is not None and plan is not None:
        apart = all(plan.depth_known(oid) for oid in plan.deleted)
        return await _judged(reader, evaluator, by_sets, apart=apart) if by_sets.doubtful else by_sets
    try:
        rows = await find_targets(reader, target, _ALL_ROWS, inheriting)
        together = agreed(await outcomes_of(reader, evaluator, rows))
        found = await follow_each(reader, evaluator, rows)
        found.effects = together.effects
    except TooManyRowsError as limit:
        return await _certain(reader, limits, limit.what, inheriting, page_rows)
    return found


async def _judged(reader: Reader, evaluator: Evaluator, by_sets: Standing, *, apart: bool) -> Standing:
    """Have the queue judge the rows that sets could not decide, as far as the limits allow."""
    try:
        rows = await loaded(reader, by_sets.doubtful)
    except TooManyRowsError as limit:
        return replace(by_sets, notes=(*by_sets.notes, limit.what), cut_short=True)
    return by_sets.with_judged(await follow_each(reader, evaluator, rows), apart=apart)


def _plan(reader: Reader) -> SetPlan | None:
    try:
        return set_plan(reader.facts)
    except OrderMattersError:
        return None


async def _by_sets(
    reader: Reader, evaluator: Evaluator, plan: SetPlan, limits: Limits, page_rows: int
) -> Standing | None:
    """Give the standing by sets, None where the server cannot evaluate a row (the queue finds out which)."""
    await reader.session.execute("SAVEPOINT fkdash_each")
    try:
        return await each_by_sets(reader, evaluator, plan, limits, page_rows)
    except ServerRefusedError:
        await reader.session.execute("ROLLBACK TO SAVEPOINT fkdash_each")
        return None


async def _certain(
    reader: Reader, limits: Limits, reason: str, inheriting: Sequence[int], page_rows: int
) -> Standing:
    """Give what is certain of rows that are too many to follow: those that a check holds back in any case."""
    plan = None if inheriting else certain_plan(reader.facts)
    afresh = Reader(reader.session, reader.facts, limits)
    found = await _by_sets(afresh, Evaluator(afresh), plan, limits, page_rows) if plan is not None else None
    if found is None:
        rows = await reader.session.value(
            f"SELECT count(*) FROM {reader.facts.tables[reader.facts.target].name.sql}"
        )
        found = Standing(rows=rows)
    found.unknown, found.effects = found.rows - found.cannot, ()
    found.notes, found.cut_short = (reason,), True
    return found


async def _identified(
    session: Session, table: Table, labels: Sequence[str], held: Sequence[tuple[RowId, int]]
) -> tuple[BlockedRow, ...]:
    """Give the rows by key and labels, in the order of `held`."""
    if not held:
        return ()
    identity = [expression for expression, _ in identity_of(table)]
    columns = [*identity, *(f"left(c.{quoted(name)}::text, 200)" for name in labels)]
    found = await session.rows(
        f"SELECT c.tableoid::bigint AS leaf, c.ctid::text AS tid, ARRAY[{as_text(columns)}] AS line"
        f" FROM {table.name.sql} AS c WHERE c.ctid = ANY($1::text[]::tid[])",
        [f"({row.page},{row.line})" for row, _ in held],
    )
    lines = {(row["leaf"], row["tid"]): row["line"] for row in found}
    identified = []
    for row, number in held:
        line = lines[row.table, f"({row.page},{row.line})"]
        key = tuple(line[: len(identity)])
        identified.append(BlockedRow(RowIdentity(key, tuple(line[len(identity) :])), number))
    return tuple(identified)


def _answer(
    reader: Reader, table: Table, labels: Sequence[str], found: Standing, rows: tuple[BlockedRow, ...]
) -> EachPreview:
    obstacles = sorted(found.obstacles.items(), key=lambda entry: -entry[1][1])
    alone = len(obstacles) == 1 and not found.unknown
    verdict = Verdict.BLOCKED if found.cannot else Verdict.UNKNOWN if found.unknown else Verdict.ALLOWED
    notes = found.notes
    if not found.rows and not found.cut_short:
        notes = (f"Nothing to delete: {table.name} has no row.", *notes)
    deleted = {effect.table for effect in found.effects if effect.deleted}
    if any(obstacle.table in deleted for obstacle, _ in obstacles):
        notes = (*notes, TOGETHER)
    return EachPreview(
        preview=Preview(
            target=DeleteTarget(table.name),
            verdict=verdict,
            exact=found.exact and not found.unknown and not found.cut_short and not reader.scans,
            blockers=tuple(
                Blocker(each.constraint, each.table, each.columns, each.sqlstate, blocking, first=alone)
                for each, (blocking, _) in obstacles
            ),
            effects=found.effects,
            notes=notes,
            scans=tuple(reader.scans.values()),
            cut_short=found.cut_short,
            target_rows=found.rows,
        ),
        cannot=found.cannot,
        unknown=found.unknown,
        holds_back=tuple(held for _, (_, held) in obstacles),
        key_columns=table.primary_key or ("tableoid", "ctid"),
        label_columns=tuple(labels),
        rows=rows,
    )
