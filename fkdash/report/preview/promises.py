"""How many rows cannot be deleted today, and how many once a plan is carried out: its promise, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Statement
from fkdash.catalog.table_name import visible
from fkdash.counted import counted
from fkdash.errors import FkdashError
from fkdash.fact import fact
from fkdash.preview.each.answer import preview_each
from fkdash.preview.model import Limits
from fkdash.report.preview.delete import subject
from fkdash.report.preview.what_if import assumptions_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Plan
    from fkdash.preview.each.answer import EachPreview

SECONDS: Final = 3.0
"""How long each of the two counts may take."""
_MOST_NAMED: Final = 3


@fact
class Promise:
    """How many rows cannot be deleted today and after a plan, each by itself; None where it was not counted."""

    plan: Plan
    today: int | None
    then: int | None
    words: str


async def promises(
    sessions: Sessions, catalog: Catalog, plans: Iterable[Plan], *, seconds: float = SECONDS
) -> AsyncIterator[Promise]:
    """Count the rows of the referenced table that cannot be deleted, today and under each plan; only reads.

    Plans that leave deletes as they are, are passed over. No table that needs consent is read from end to end,
    and each count ends after `seconds`: what is said then is what is certain.
    """
    today: EachPreview | None = None
    for plan in plans:
        if not _changes_deletes(plan) or plan.key.referenced not in catalog.tables:
            continue
        try:
            if today is None:
                today = await _count(sessions, catalog, plan, seconds, as_planned=False)
            then = await _count(sessions, catalog, plan, seconds, as_planned=True)
        except FkdashError as error:
            yield Promise(plan, None, None, f"not counted: {error}")
            return
        yield Promise(plan, today.cannot, then.cannot, _words(plan, today, then))


async def _count(
    sessions: Sessions, catalog: Catalog, plan: Plan, seconds: float, *, as_planned: bool
) -> EachPreview:
    limits = Limits(seconds=seconds, allow_scan=False)
    table = catalog.tables[plan.key.referenced]
    assume = assumptions_of(plan) if as_planned else None
    async with sessions.session(seconds) as session:
        return await preview_each(session, table, limits, page_rows=1, assume=assume)


def _changes_deletes(plan: Plan) -> bool:
    assume = assumptions_of(plan)
    return bool(Statement.DELETE in plan.changed_for or assume.dropped or assume.nullable or assume.defaults)


def _words(plan: Plan, today: EachPreview, then: EachPreview) -> str:
    name = visible(plan.key.referenced.name)
    if not today.preview.target_rows and not today.preview.cut_short:
        return f"{name} has no row today"
    for found in (today, then):
        if found.preview.cut_short and not found.cannot:
            return f"not counted: {found.preview.notes[0]}" if found.preview.notes else "not counted"
    if not today.preview.exact and not today.cannot:
        return "not known" + (f": {today.preview.notes[0]}" if today.preview.notes else "")
    now = f"{_number(today)} of {counted(today.preview.target_rows, 'rows')} of {name} cannot be deleted today"
    by = [f"{subject(each)} ({each.sqlstate})" for each in then.preview.blockers]
    more = f" and {len(by) - _MOST_NAMED:,} more" if len(by) > _MOST_NAMED else ""
    stopped = f": {', '.join(by[:_MOST_NAMED])}{more}" if by else ""
    unknown = f", {counted(then.unknown, 'rows')} not known" if then.unknown else ""
    return f"{now}; then {_number(then)}{stopped}{unknown}"


def _number(found: EachPreview) -> str:
    """Give how many rows cannot be deleted: `none`, `2`, `at least 2`."""
    least = "" if not found.unknown and not found.preview.cut_short and not found.preview.scans else "at least "
    return f"{least}{found.cannot:,}" if found.cannot or least else "none"
