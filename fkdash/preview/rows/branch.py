"""The rows on one branch of a delete's way: by key and label, page by page, in the order of their key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import quoted
from fkdash.catalog.spelling import identity_of, parameter
from fkdash.errors import UsageError
from fkdash.preview.evaluation import Evaluator
from fkdash.preview.graph import OrderMattersError, SetPlan, set_plan
from fkdash.preview.loading import read_facts
from fkdash.preview.model import Limits
from fkdash.preview.reader import Reader
from fkdash.preview.rows.blocked import Page, RowIdentity
from fkdash.preview.sets.answer import refusing_domains
from fkdash.preview.sets.statement import Composer
from fkdash.preview.sets.step_sql import refusals
from fkdash.preview.target import inheriting_tables, prepare_condition, resolve, selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.db.session import Session
    from fkdash.preview.facts import Facts
    from fkdash.preview.graph import Step
    from fkdash.preview.model import DeleteTarget

_LONGEST_LABEL = 200


async def branch_rows(
    session: Session,
    catalog: Catalog,
    target: DeleteTarget,
    key: ForeignKey,
    labels: Sequence[str],
    *,
    blocking: bool,
    after: RowIdentity | None = None,
    limit: int = 100,
) -> Page[RowIdentity]:
    """Give at most `limit` rows that deleting `target` reaches along `key`; with `blocking`, those that stop it.

    Nothing but the page travels to the client. Raises UsageError where only the queue can tell which rows
    these are, and the session's errors.
    """
    oid = await resolve(session, target)
    await prepare_condition(session, target)
    inheriting = await inheriting_tables(session, oid, target)
    facts = await read_facts(session, oid, inheriting)
    plan, step = _step(facts, key, by_sets=not inheriting and not target.only)
    composer = Composer(facts, plan, selection(facts, target), everything=target.everything)
    conditions = []
    if blocking and step.kind == "setnull":
        domains = await refusing_domains(facts, Evaluator(Reader(session, facts, Limits())), step)
        conditions = [condition for condition, _ in refusals(facts, step, domains)]
    table = catalog.tables[key.table]
    identity = identity_of(table)
    sql = composer.page(
        step,
        [*(expression for expression, _ in identity)],
        [f"left(c.{quoted(name)}::text, {_LONGEST_LABEL})" for name in labels],
        refused=" OR ".join(f"({condition})" for condition in conditions),
        beyond=_beyond(composer.arguments + 1, table) if after is not None else "",
        limit=limit + 1,
    )
    rows = await session.rows(sql, *selection(facts, target).arguments, *(after.key if after else ()))
    width = len(identity)
    items = [RowIdentity(tuple(row["line"][:width]), tuple(row["line"][width:])) for row in rows[:limit]]
    return Page(tuple(items), more=len(rows) > limit)


def _beyond(first: int, table: Table) -> str:
    identity = identity_of(table)
    order = ", ".join(expression for expression, _ in identity)
    cursor = ", ".join(parameter(first + place, kind) for place, (_, kind) in enumerate(identity))
    return f"({order}) > ({cursor})"


def _step(facts: Facts, key: ForeignKey, *, by_sets: bool) -> tuple[SetPlan, Step]:
    """Give the plan by sets and the step along a key."""
    try:
        plan = set_plan(facts) if by_sets else None
    except OrderMattersError:
        plan = None
    steps = [] if plan is None else [step for step in plan.steps if facts.root_key(step.key).oid == key.oid]
    if plan is None or not steps:
        raise UsageError(
            f"Which rows {key.qualified} concerns is known only to the queue of triggers, which counts them.",
            next_step="Preview fewer rows, or look at the rows that refer to one of them.",
        )
    return plan, steps[0]
