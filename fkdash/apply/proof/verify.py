"""Proves that a run did what its plan promised: the catalog read again, the rule quiet, probes as promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.others_code import refuse_planted_promises
from fkdash.apply.proof.probes import probe
from fkdash.apply.proof.verified import Verified
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.spelling import as_text, source
from fkdash.catalog.table_name import quoted
from fkdash.counted import counted
from fkdash.errors import FkdashError, NotRunError, UnreachableError
from fkdash.fact import fact
from fkdash.fix.statements.definition import definition
from fkdash.rules.actions.rivals import reference
from fkdash.rules.registry import findings, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan


@fact
class RowSummary:
    """How many rows a table has, and a checksum of the key's columns in them."""

    rows: int
    checksum: int


async def row_summary(
    sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float
) -> RowSummary | None:
    """Sum up the referencing rows; None where that takes longer than `seconds` or is not permitted.

    Raises UnreachableError where the connection is lost.
    """
    typed = catalog.tables[key.table].columns_by_name
    columns = as_text((f"c.{quoted(name)}", typed[name].plain_type) for name in key.columns)
    statement = f"""
        select count(*) as rows,
               coalesce(sum(hashtextextended(row({columns})::text, 0)::numeric), 0)::text as checksum
          from {source(catalog, key.table)} c"""
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, (catalog.tables[key.table],))
            row = await session.row(statement)
    except UnreachableError:
        raise
    except FkdashError:
        return None
    return None if row is None else RowSummary(row["rows"], int(row["checksum"]))


async def verify(
    sessions: Sessions, writer: Writer, before: Catalog, plan: Plan, summary: RowSummary | None, *, seconds: float
) -> tuple[Verified, ...]:
    """Check everything the plan promised; `before` is the catalog it was made from, `summary` the rows then."""
    async with sessions.session(seconds) as session:
        after = await read_catalog(session, only=_tables_in_question(before, plan))
    found = [key for key in after.foreign_keys if (key.table, key.name) == (plan.key.table, plan.key.name)]
    if plan.goal.gone:
        return await _gone(sessions, writer, after, plan, summary, still=bool(found), seconds=seconds)
    if not found:
        return (Verified(f"{plan.key.qualified} is declared", ok=False, detail="it is not there any more"),)
    key = found[0]
    nullable = not any(
        after.tables[name].columns_by_name[column].forbids_null for name, column in plan.goal.nullable
    )
    probes = await probe(writer, after, key, nullable=bool(plan.goal.nullable) and nullable)
    return (
        *_declared(key, plan),
        *_quiet(after, key, plan),
        *_accepting_null(after, plan),
        *await _promises(sessions, after, plan, seconds=seconds),
        *probes,
        _unchanged(summary, await row_summary(sessions, after, key, seconds=seconds), plan),
    )


async def _gone(
    sessions: Sessions,
    writer: Writer,
    after: Catalog,
    plan: Plan,
    summary: RowSummary | None,
    *,
    still: bool,
    seconds: float,
) -> tuple[Verified, ...]:
    key = plan.key
    left = [
        other
        for other in after.declared_on.get(key.table, ())
        if other.name != key.name and reference(other) == reference(key) and other.enforced and other.validated
    ]
    probes = await probe(writer, after, left[0], nullable=False) if left else ()
    protects = Verified(
        "another key still protects the reference", ok=bool(left), detail=", ".join(each.name for each in left)
    )
    return (
        Verified(f"{key.qualified} is dropped", ok=not still),
        # Undoing takes away what a run had added, and no key protected the reference before that.
        *((protects,) if left or plan.option != "undo" else ()),
        *probes,
        _unchanged(summary, await row_summary(sessions, after, key, seconds=seconds), plan),
    )


async def _promises(sessions: Sessions, catalog: Catalog, plan: Plan, *, seconds: float) -> list[Verified]:
    found = []
    for words, statement in plan.goal.checks:
        try:
            async with sessions.session(seconds) as session:
                await refuse_planted_promises(session, catalog, plan)
                found.append(Verified(words, ok=bool(await session.value(statement))))
        except NotRunError as refused:
            found.append(Verified(words, None, refused.what))
    return found


def _tables_in_question(catalog: Catalog, plan: Plan) -> list[int]:
    """Give the OIDs of the tables that what is to be quiet is about: a path leads from the key to others."""
    found = findings(catalog, [rule(plan.rule)]) if plan.rule else ()
    path = [key for each in found if each.key.qualified == plan.key.qualified for key in each.path]
    return list(dict.fromkeys(oid for key in (plan.key, *path) for oid in key_tables(catalog, key)))


def key_tables(catalog: Catalog, key: ForeignKey) -> list[int]:
    """Give the OIDs of the tables on both sides of a key, partitions included."""
    names = dict.fromkeys((key.table, key.referenced))
    tables = (table for name in names for table in catalog.with_partitions(name))
    return [table.oid for table in tables if table.oid is not None]


def _declared(key: ForeignKey, plan: Plan) -> Iterator[Verified]:
    wanted = definition(plan.goal.key)
    is_now = definition(key)
    yield Verified(
        "definition as planned" + (", validated" if key.validated and key.enforced else ""),
        ok=(is_now, key.comment, key.operators) == (wanted, plan.goal.key.comment, plan.goal.key.operators),
        detail=is_now,
    )


def _quiet(catalog: Catalog, key: ForeignKey, plan: Plan) -> Iterator[Verified]:
    """Say whether the plan's rule has nothing left to say of the actions that the plan is about."""
    if not plan.rule:
        return
    about = plan.changed_for
    left = [each for each in findings(catalog, [rule(plan.rule)]) if each.key.qualified == key.qualified]
    still = [each for each in left if len(about) != 1 or not each.statements or about & {*each.statements}]
    of_which = f" about ON {next(iter(about))}" if len(left) > len(still) else ""
    yield Verified(f"{plan.rule} is quiet{of_which}", ok=not still, detail=still[0].message if still else "")


def _accepting_null(catalog: Catalog, plan: Plan) -> Iterator[Verified]:
    for name, column in plan.goal.nullable:
        accepts = not catalog.tables[name].columns_by_name[column].not_null
        yield Verified(f"{name}.{column} accepts NULL", ok=accepts)


def _unchanged(before: RowSummary | None, after: RowSummary | None, plan: Plan) -> Verified:
    check = f"rows of {plan.key.table.shown} unchanged"
    if before is None or after is None:
        why = ", the fix writes rows" if plan.writes_rows else ": reading all of them takes too long"
        return Verified(check, None, f"not compared{why}")
    counts = f"{counted(before.rows, 'rows')} before, {after.rows:,} after"
    if plan.writes_rows:
        return Verified(check, None, f"not compared, the fix writes rows: {counts}")
    if before == after:
        return Verified(check, ok=True, detail=counted(after.rows, "rows"))
    return Verified(check, None, f"{counts}: other sessions wrote meanwhile, the fix writes none")
