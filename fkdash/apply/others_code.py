"""What a plan would run of other roles' code by reading rows, and whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.sandbox import Refusal, pinned
from fkdash.catalog.postgres.planted import EVALUATED, RANGE, planted_in, refuse_planted_of
from fkdash.db.literals import array_literal
from fkdash.db.queries import query
from fkdash.errors import NotPermittedError
from fkdash.fix.plan import ATTACH, DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan, Step

_SPELLED: Final = frozenset({EVALUATED, RANGE})
"""What reading a constant runs: checks of domains in its type, and what brings a range into its common form."""


async def refuse_planted_for(session: Session, catalog: Catalog, plan: Plan) -> None:
    """Make sure that asking what a plan has done, or has to do, runs nobody else's code.

    Raises NotRunError with what it would run. A plan that changes no rows asks the catalogs alone.
    """
    if plan.kept or plan.writes_rows:
        await refuse_planted_of(session, [catalog.tables[name] for name in _read(catalog, plan)])


async def refuse_planted_promises(session: Session, catalog: Catalog, plan: Plan) -> None:
    """Make sure that asking what a plan promises beside its key runs nobody else's code.

    Where the operator named values, the row that has them is looked for. Raises NotRunError.
    """
    await refuse_planted_for(session, catalog, plan)
    if plan.values:
        await refuse_planted_of(session, [catalog.tables[plan.key.table], catalog.tables[plan.key.referenced]])


def _read(catalog: Catalog, plan: Plan) -> Iterable[TableName]:
    """Give the tables whose rows the questions of a plan are about."""
    texts = [text for step in plan.steps for text in (step.done_when, step.total or "")]
    texts += [*(statement for _, statement in plan.goal.checks), plan.kept.count if plan.kept else ""]
    names = [plan.key.table, plan.key.referenced]
    names += [plan.kept.table] if plan.kept else []
    # Whether a row that was made may go depends on every table that refers to it.
    names += [each.table for each in catalog.referencing.get(plan.key.referenced, ())]
    return [
        name for name in dict.fromkeys(names) if name in catalog.tables and any(name.sql in text for text in texts)
    ]


async def at_once_refusal(
    session: Session,
    catalog: Catalog,
    plan: Plan,
    steps: Iterable[Step],
    trusted: Iterable[str],
    *,
    rehearsing: bool = False,
) -> Refusal | None:
    """Say what a step that cannot be confined would run of other roles' code as a superuser; None for nothing.

    That is one that checks rows as it declares a key, one that changes rows, which is planned (what its triggers
    do is not meant), and one that spells a default: a constant is read as the statement is, by the checks of what
    its type is made of. In a rehearsal the partitions' keys are not proven, so that attaching them reads the rows
    as well.
    """
    steps = tuple(steps)
    writes = any(step.repeats for step in steps)
    names = (*_read(catalog, plan), plan.key.referenced) if writes else (plan.key.table, plan.key.referenced)
    oids = [oid for oid in (catalog.tables[name].oid for name in dict.fromkeys(names)) if oid is not None]
    if writes or any(step.checks_at_once or (rehearsing and step.title == ATTACH) for step in steps):
        return await check_refusal(session, oids, trusted, confined=False)
    if any(step.title == DEFAULT for step in steps):
        return await check_refusal(session, oids, trusted, confined=False, spelling=True)
    return None


async def refuse_at_once(
    session: Session, catalog: Catalog, plan: Plan, steps: Iterable[Step], trusted: Iterable[str]
) -> None:
    """Raise NotPermittedError with what `at_once_refusal` says, if anything."""
    refusal = await at_once_refusal(session, catalog, plan, steps, trusted)
    if refusal is not None:
        raise NotPermittedError(refusal.why, next_step=refusal.next_step)


async def refuse_to_read(session: Session, tables: Sequence[int], trusted: Iterable[str]) -> None:
    """Raise NotPermittedError with what `check_refusal` says, if anything."""
    refusal = await check_refusal(session, tables, trusted)
    if refusal is not None:
        raise NotPermittedError(refusal.why, next_step=refusal.next_step)


async def check_refusal(
    session: Session,
    tables: Sequence[int],
    trusted: Iterable[str],
    *,
    confined: bool = True,
    spelling: bool = False,
) -> Refusal | None:
    """Say what checking or indexing rows would run of other roles' code as a superuser; None for nothing.

    `tables` (OIDs) are those that are read, first the one whose owner's rights that has. It fires no trigger and
    evaluates no other check: what counts is what the planner works on. What is not `confined` runs with the rights
    of the session. `spelling` says that no row is read, only a constant of a key's type.
    """
    standing = await session.row(query("fkdash.apply", "sandbox_standing"), tables[0])
    if standing is None or not standing["superuser"] or (confined and not standing["owner_is_superuser"]):
        return None
    async with pinned(session):
        accepted = array_literal(sorted(trusted))
        await session.execute(f"set local fkdash.trusted_owners = {accepted}")
        found = await planted_in(session, tables)
    if spelling:
        found = tuple(each for each in found if each.reason in _SPELLED)
    if not found:
        return None
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    owner = standing["owner"]
    otherwise = "Let the table belong to a role that is no superuser" if confined else f"Connect as {owner}"
    refused = "No default is set" if spelling else "The rows are not read"
    return Refusal(
        f"{refused}: {found[0].words}{more} would run as {standing['role']}, a superuser.",
        f"{otherwise}, let a superuser own what is named, or accept it: "
        f"{', '.join(dict.fromkeys(each.accept for each in found if each.accept))}.",
    )
