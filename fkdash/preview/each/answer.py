"""Which rows of a table cannot be deleted: every row on its own, as if nothing else were deleted with it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.spelling import as_text, identity_of, label_of
from fkdash.errors import NotPermittedError, NotRunError, TimedOutError
from fkdash.fact import fact
from fkdash.preview.asked.target import inheriting_tables, resolve
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.each.judging import standing
from fkdash.preview.each.question import Question
from fkdash.preview.each.verdicts import Standing
from fkdash.preview.model import DeleteTarget, Limits, Preview, Progress, Verdict
from fkdash.preview.preview import rooted
from fkdash.preview.reader import CutShortError
from fkdash.preview.row import RowId
from fkdash.preview.rows.blocked import BlockedRow, RowIdentity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Table
    from fkdash.db.session import Session
    from fkdash.preview.declared.what_if import Assumptions

PAGE_ROWS: Final = 20
TOGETHER: Final = (
    "Rows that hold only each other back go together in one DELETE; the condition true asks about that."
)


@fact
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
    assume: Assumptions | None = None,
) -> EachPreview:
    """Give which rows of `table` cannot be deleted, read-only, in the session's snapshot.

    `assume` pretends other constraints ("what if").

    The limits and what is raised are those of `preview`; a limit leaves rows unknown.
    """
    until = None if limits.seconds is None else time.monotonic() + limits.seconds
    target = DeleteTarget(table.name)
    oid = await resolve(session, target)
    inheriting = await inheriting_tables(session, target)
    try:
        facts = await read_facts(session, oid, inheriting, assume.actions if assume is not None else ())
    except NotRunError as refused:
        return _answer(
            table, labels, Standing(0, notes=(refused.what,), not_run=refused.not_run, cut_short=True), ()
        )
    except TimedOutError as limit:
        return _answer(table, labels, Standing(rows=0, notes=(limit.what,), cut_short=True), ())
    facts = assume.applied(facts) if assume is not None else facts
    try:
        found = await standing(Question(session, facts, inheriting, limits, until, progress), page_rows)
        rows = await _identified(session, table, labels, found.held[:page_rows])
    except (CutShortError, TimedOutError) as limit:
        found, rows = Standing(rows=0, notes=(limit.what,), cut_short=True), ()
    except NotPermittedError as refused:
        if not facts.tables[facts.target].readable:
            raise
        found, rows = Standing(rows=0, notes=(refused.what,), cut_short=True), ()
    answer = _answer(table, labels, found, rows)
    return replace(answer, preview=replace(answer.preview, blockers=rooted(facts, answer.preview.blockers)))


async def _identified(
    session: Session, table: Table, labels: Sequence[str], held: Sequence[tuple[RowId, int]]
) -> tuple[BlockedRow, ...]:
    """Give the rows by key and labels, in the order of `held`."""
    if not held:
        return ()
    identity = identity_of(table)
    line = ", ".join((as_text(identity), *(label_of("c", table.columns_by_name[name]) for name in labels)))
    found = await session.rows(
        f"SELECT c.tableoid::bigint AS leaf, c.ctid::text AS tid, ARRAY[{line}] AS line"
        f" FROM {table.name.sql} AS c WHERE c.ctid = ANY($1::text[]::tid[])",
        [f"({row.page},{row.line})" for row, _ in held],
    )
    lines = {(row["leaf"], row["tid"]): row["line"] for row in found}
    identified = []
    for row, number in held:
        told = lines[row.table, f"({row.page},{row.line})"]
        key = tuple(told[: len(identity)])
        identified.append(BlockedRow(RowIdentity(key, tuple(told[len(identity) :])), number))
    return tuple(identified)


def _answer(table: Table, labels: Sequence[str], found: Standing, rows: tuple[BlockedRow, ...]) -> EachPreview:
    obstacles = sorted(found.obstacles.items(), key=lambda entry: -entry[1][1])
    alone = len(obstacles) == 1 and not found.unknown
    verdict = Verdict.UNKNOWN if found.unknown or found.cut_short else Verdict.ALLOWED
    verdict = Verdict.BLOCKED if found.cannot else verdict
    notes, effects = found.notes, found.effects or ()
    if not found.rows and not found.cut_short:
        notes = (f"Nothing to delete: {table.name} has no row.", *notes)
    deleted = {effect.table for effect in effects if effect.deleted}
    if any(obstacle.table in deleted for obstacle, _ in obstacles):
        notes = (*notes, TOGETHER)
    return EachPreview(
        preview=Preview(
            target=DeleteTarget(table.name),
            verdict=verdict,
            exact=found.exact and not found.unknown and not found.cut_short and not found.scans,
            blockers=tuple(each.blocker(blocking, first=alone) for each, (blocking, _) in obstacles),
            effects=effects,
            notes=notes,
            not_run=found.not_run,
            scans=found.scans,
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
