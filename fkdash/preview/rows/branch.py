"""The rows on one branch of a delete's way: by key and label, page by page, in the order of their key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.spelling import identity_of, label_of
from fkdash.preview.asked.target import inheriting_tables, refuse_volatile, resolve, selection
from fkdash.preview.declared.graph import OrderMattersError, SetPlan, set_plan
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.model import Limits
from fkdash.preview.reader import Reader
from fkdash.preview.rows.blocked import Page, RowIdentity
from fkdash.preview.rows.followed import Asked, Wanted, followed_rows, page_of_followed
from fkdash.preview.sets.answer import refusing_domains
from fkdash.preview.sets.statement import Composer
from fkdash.preview.sets.step_sql import refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Row, Session
    from fkdash.preview.declared.graph import Step
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import DeleteTarget


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

    Nothing but the page travels to the client, unless the queue has to be followed. Raises CutShortError
    where that is too much, and the session's errors.
    """
    oid = await resolve(session, target)
    await refuse_volatile(session, target)
    inheriting = await inheriting_tables(session, target)
    facts = await read_facts(session, oid, inheriting)
    table = catalog.tables[key.table]
    wanted = Wanted(
        identity=identity_of(table),
        labels=[label_of("c", table.columns_by_name[name]) for name in labels],
        cursor=after.key if after is not None else (),
        limit=limit + 1,
    )
    asked = Asked(session, catalog, facts, target, inheriting, key, blocking)
    found = None if inheriting or target.only else _step(facts, key)
    if found is not None:
        rows = await _by_sets(asked, *found, wanted)
    else:
        rows = await page_of_followed(asked, await followed_rows(asked), wanted)
    width = len(wanted.identity)
    items = [RowIdentity(tuple(row["line"][:width]), tuple(row["line"][width:])) for row in rows[:limit]]
    return Page(tuple(items), more=len(rows) > limit)


async def _by_sets(asked: Asked, plan: SetPlan, step: Step, wanted: Wanted) -> Sequence[Row]:
    facts, target = asked.facts, asked.target
    composer = Composer(facts, plan, selection(facts, target), everything=target.everything)
    conditions = []
    if asked.blocking and step.kind == "setnull":
        domains = await refusing_domains(facts, Evaluator(Reader(asked.session, facts, Limits())), step)
        conditions = [condition for condition, _ in refusals(facts, step, domains)]
    chosen = selection(facts, target)
    sql = composer.page(
        step,
        wanted.line,
        wanted.order,
        refused=" OR ".join(f"({condition})" for condition in conditions),
        beyond=wanted.beyond(asked.catalog.tables[asked.key.table], composer.arguments + 1),
        limit=wanted.limit,
    )
    reader = Reader(asked.session, facts, Limits())
    return await reader.ask_of(chosen, sql, *chosen.arguments, *wanted.cursor)


def _step(facts: Facts, key: ForeignKey) -> tuple[SetPlan, Step] | None:
    """Give the plan by sets and the step along a key; None where the queue must be followed."""
    try:
        plan = set_plan(facts)
    except OrderMattersError:
        return None
    return next(((plan, step) for step in plan.steps if facts.root_key(step.key).oid == key.oid), None)
