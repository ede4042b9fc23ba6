"""The same delete under each fix, side by side: what would still stop it, and what it would take along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fkdash.preview.assume import Assumptions, NewAction
from fkdash.preview.model import Verdict
from fkdash.preview.preview import preview

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget, Limits, Preview


@dataclass(frozen=True, slots=True)
class Supposed:
    """What the delete would do once `plan` is carried out; None stands for today."""

    plan: Plan | None
    preview: Preview


async def what_if(
    sessions: Sessions, catalog: Catalog, target: DeleteTarget, plans: Iterable[Plan], limits: Limits
) -> AsyncIterator[Supposed]:
    """Give today's answer and then one for each plan, each from a session of its own; only reads."""
    for plan in (None, *plans):
        assume = None if plan is None else assumptions_of(plan)
        async with sessions.session(limits.seconds) as session:
            yield Supposed(plan, await preview(session, catalog, target, limits, assume=assume))


def assumptions_of(plan: Plan) -> Assumptions:
    """Give what a plan changes, as the preview can pretend it."""
    old, new = plan.key, plan.goal.key
    oid = old.oid or 0
    changed = (old.on_delete, old.delete_columns) != (new.on_delete, new.delete_columns)
    return Assumptions(
        actions={oid: NewAction(new.on_delete, new.delete_columns)} if changed and not plan.goal.gone else {},
        dropped=frozenset({oid}) if plan.goal.gone else frozenset(),
        nullable=frozenset(plan.goal.nullable),
    )


def in_words(supposed: Supposed) -> str:
    """Give the answer as a phrase: `refused with 23503 (1,204 users)`, `works: 1,204 users set NULL`."""
    found = supposed.preview
    least = "" if found.exact else "at least "
    if found.verdict is Verdict.UNKNOWN:
        return f"not known: {found.notes[0]}" if found.notes else "not known"
    if found.verdict is Verdict.BLOCKED:
        stops = next((each for each in found.blockers if each.first), found.blockers[0])
        return f"refused with {stops.sqlstate} ({least}{stops.rows:,} {stops.table.name})"
    others = [effect for effect in found.effects if effect.table != found.target.table]
    parts = []
    for number, word in (
        (sum(effect.deleted for effect in others), "rows deleted with it"),
        (sum(effect.set_null for effect in others), "set NULL"),
        (sum(effect.set_default for effect in others), "set DEFAULT"),
    ):
        if number:
            parts.append(f"{least}{number:,} {word}")
    return "works" + (f": {', '.join(parts)}" if parts else ", and touches nothing else")
