"""Runs that are over or were cut off: what is true of them now, and the plans to finish or undo them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.apply.journal.records import RecordedRun, history, recorded_run, unfinished
from fkdash.apply.others_code import refuse_planted_for
from fkdash.apply.run.lost_connection import missing_words, steps_in_effect
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import as_text, identity_of, is_null, source
from fkdash.catalog.table_name import quoted
from fkdash.counted import counted
from fkdash.errors import StoppedError, UsageError
from fkdash.fact import fact
from fkdash.fix.plan import Goal
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.statements.definition import definition
from fkdash.fix.statements.redeclaring import temporary_name
from fkdash.fix.steps.not_null import abandon_steps, proves_no_null, refuses_null
from fkdash.fix.steps.put_back import unproven
from fkdash.fix.subscribers import with_elsewhere

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan, Step

__all__ = [
    "RecordedRun",
    "RowInTheWay",
    "history",
    "in_the_way_words",
    "recorded_run",
    "remaining",
    "rows_in_the_way",
    "rows_in_the_way_listed",
    "undo_plan",
    "unfinished",
    "what_is_true",
]

_MOST_LISTED: Final = 20


@fact
class RowInTheWay:
    """A row that keeps an undo from working: `identity` is its primary key (else tableoid and ctid), as text."""

    table: TableName
    column: str
    identity: tuple[str, ...]


async def remaining(session: Session, catalog: Catalog, plan: Plan) -> Plan:
    """Give the part of a plan that has not taken effect, by what is true in the database now.

    Raises StoppedError where its foreign key is gone, which the plan did not ask for, NotRunError where looking
    would run other roles' code.
    """
    key = _key_now(catalog, plan)
    _require_tables(catalog, plan)
    if key is None and not (plan.goal.gone or plan.absent):
        raise StoppedError(
            f"{plan.key.qualified} is not in this database any more; there is nothing to finish.",
            next_step="Is it the right database? fkdash fix show JOURNAL names the one the run belongs to.",
        )
    await refuse_planted_for(session, catalog, plan)
    done = len(await steps_in_effect(session, plan))
    base = key or plan.key
    return replace(
        plan,
        key=base,
        origin=plan.origin or plan.key,
        absent=key is None,
        steps=plan.steps[done:],
        fingerprint=fingerprint(catalog, base),
        objects=objects(catalog, base),
    )


async def what_is_true(session: Session, catalog: Catalog, plan: Plan, *, journaled: Collection[int] = ()) -> str:
    """Say in a sentence what a run left behind, whatever its journal says.

    `journaled` are the steps that the journal calls done; those that the database does not have are named.
    Raises NotRunError where looking would run other roles' code.
    """
    key = _key_now(catalog, plan)
    await refuse_planted_for(session, catalog, plan)
    found = await steps_in_effect(session, plan)
    done = len(found)
    gone = missing_words([number for number in journaled if number not in found])
    steps = "every step has" if done == len(plan.steps) else f"{done} of {len(plan.steps)} steps have"
    if key is None:
        return f"{plan.key.qualified} is not declared now; {steps} taken effect.{gone}"
    kept = await _kept_in_words(session, catalog, plan)
    state = "" if key.enforced else " It checks nothing: it is NOT ENFORCED."
    if key.enforced and not key.validated:
        state = " It checks every new row; the rows that are there have not been checked."
    return f"{key.qualified} is now: {definition(key)}; {steps} taken effect.{state}{kept}{gone}"


async def _kept_in_words(session: Session, catalog: Catalog, plan: Plan) -> str:
    if plan.kept is None or plan.kept.table not in catalog.tables:
        return ""
    row = await session.row(plan.kept.count)
    if row is None or not row["kept"]:
        return f" {plan.kept.table} keeps no row."
    stay = row["kept"] - row["returning_rows"]
    stays = counted(
        stay,
        "stay as they are: they were changed since, or their place is taken",
        "stays as it is: it was changed since, or its place is taken",
    )
    changed = f"; {stays}" if stay else ""
    return f" {plan.kept.table} keeps {counted(row['kept'], 'rows as they were', 'row as it was')}{changed}."


@fact
class _WayBack:
    """The steps that lead back to `origin` from the key as it is; `gives_up` are those from halfway."""

    key: ForeignKey
    origin: ForeignKey
    steps: tuple[Step, ...]
    abandon: tuple[Step, ...]
    gives_up: bool = False


def _way_back(catalog: Catalog, plan: Plan) -> _WayBack:
    """Give the way back from what is declared now; raises as `undo_plan` does."""
    origin = plan.origin or plan.key
    key = _key_now(catalog, plan)
    if key is None:
        if not plan.goal.gone:
            raise StoppedError(
                f"{origin.qualified} is not in this database any more; there is nothing to lead back from.",
                next_step="Is it the right database? fkdash fix show JOURNAL names the one the run belongs to.",
            )
        return _WayBack(origin, origin, plan.undo, plan.abandon)
    if plan.goal.gone:
        raise _nothing_to_undo(key)
    if definition(origin) == definition(key) != definition(plan.goal.key):
        if not plan.abandon:
            raise _nothing_to_undo(key)
        return _WayBack(key, origin, plan.abandon, (), gives_up=True)
    if plan.abandon and temporary_name(origin) in {each.name for each in catalog.declared_on.get(key.table, ())}:
        # Somebody changed the key while its successor was built: only the successor is the run's.
        return _WayBack(key, key, plan.abandon, (), gives_up=True)
    if definition(key) not in _as_made(plan):
        raise UsageError(
            f"{key.qualified} is no longer what the run made of it: {definition(key)}.",
            next_step="Somebody changed it since. Look at it, and plan the change you want anew.",
        )
    return _WayBack(key, origin, plan.undo, plan.abandon)


def undo_plan(catalog: Catalog, plan: Plan) -> Plan:
    """Give the plan that leads back.

    Raises StoppedError where there is nothing to undo or no way back, UsageError where the key is no longer what
    the run made of it.
    """
    _require_tables(catalog, plan)
    way = _way_back(catalog, plan)
    key, steps, abandon = way.key, way.steps, way.abandon
    if not steps:
        raise StoppedError(
            f"There is no way back from this run: {plan.undo_condition}.",
            next_step="Plan what you want instead: fkdash fix plan CONSTRAINT.",
        )
    left = unproven(way.origin) if plan.mends else way.origin
    # The rest of a run does not lead there again, nor does what was given up: the first steps were another run's.
    is_a_rest = not plan.steps or plan.steps[0].number != 1 or way.gives_up
    anew = plan.mends or plan.goal.gone or plan.brings or is_a_rest
    # What leads back from half a repair is the way back itself: from half of that it would lead on.
    steps, abandon = _with_what_it_left(plan, steps, () if plan.mends else abandon)
    if plan.brings and plan.kept is not None and plan.kept.table not in catalog.tables:
        # It was cut off before a row was kept: there is only the key to take away.
        steps, abandon = (replace(steps[-1], number=1, transaction=1),), ()
    elif plan.kept is not None:
        _require_kept_rows(catalog, plan, key)
    if plan.goal.nullable:
        abandon = abandon_steps(
            catalog,
            [
                (catalog.tables[name], catalog.tables[name].columns_by_name[each])
                for name, each in plan.goal.nullable
            ],
        )
    back = replace(
        plan,
        key=key,
        rule="",
        option="undo",
        procedure="back to what it was before: "
        + ("the key is not declared" if plan.brings else definition(left)),
        fingerprint=fingerprint(catalog, key),
        steps=steps,
        undo=() if anew else plan.steps,
        undo_condition="plan it anew" if anew else "any time",
        consequences=(
            f"{plan.key.name} is {'not declared any more' if plan.brings else 'declared as before the run'}",
            *((f"the rows in {plan.kept.table} that were not changed since go back",) if plan.kept else ()),
        ),
        goal=Goal(key=left, gone=plan.brings, checks=_refusing_null(plan)),
        abandon=abandon,
        origin=None if anew else plan.goal.key,
        absent=plan.goal.gone,
        mends=False,
        brings=False,
        values=(),
        kept=None,
        objects=objects(catalog, key),
    )
    return with_elsewhere(catalog, back)


def _with_what_it_left(
    plan: Plan, steps: tuple[Step, ...], abandon: tuple[Step, ...]
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Let the way back from an undo that was cut off take away, first, what only proved that no NULL is there."""
    if plan.option != "undo" or not plan.goal.checks or steps is not plan.undo:
        return steps, abandon
    numbers, transactions = len(abandon), max((step.transaction for step in abandon), default=0)
    later = (
        replace(each, number=each.number + numbers, transaction=each.transaction + transactions) for each in steps
    )
    return (*abandon, *later), ()


def _refusing_null(plan: Plan) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{table}.{column} refuses NULL", refuses_null(table, column)) for table, column in plan.goal.nullable
    )


def _require_kept_rows(catalog: Catalog, plan: Plan, key: ForeignKey) -> None:
    if plan.kept is not None and plan.kept.table not in catalog.tables:
        if definition(key) == definition(plan.origin or plan.key):
            raise StoppedError(
                f"{key.qualified} is what it was before the run, and {plan.kept.table}, which would keep changed "
                "rows, is not there.",
                next_step="There is nothing to undo, unless somebody dropped that table since.",
            )
        raise StoppedError(
            f"There is no way back from this run: {plan.kept.table}, which kept the rows, is not there any more.",
            next_step="Is it the right database? Restore that table from a backup, under the same name.",
        )


async def rows_in_the_way(session: Session, catalog: Catalog, plan: Plan) -> dict[str, int]:
    """Count the NULLs in each column that the run let be NULL; the undo fails while there are any.

    A column whose NOT NULL was NOT VALID before may have some, as it had then.
    """
    counts: dict[str, int] = {}
    for table, column in plan.goal.nullable:
        if table not in catalog.tables or not proves_no_null(plan.undo, table, column):
            continue
        await refuse_planted_of(session, (catalog.tables[table],))
        nulls = await session.value(
            f"select count(*) from {source(catalog, table)} c where {_is_null(catalog, table, column)}"
        )
        if nulls:
            counts[f"{table}.{column}"] = nulls
    return counts


def in_the_way_words(nulls: Mapping[str, int]) -> str:
    """Give what keeps an undo from working: `3 rows have NULL in public.users.workspace_id`."""
    return ", ".join(
        f"{counted(number, 'rows have', 'row has')} NULL in {column}" for column, number in nulls.items()
    )


async def rows_in_the_way_listed(session: Session, catalog: Catalog, plan: Plan) -> tuple[RowInTheWay, ...]:
    """List the rows that keep the undo from working, the first 20 for each column."""
    found: list[RowInTheWay] = []
    for name, column in plan.goal.nullable:
        if name not in catalog.tables or not proves_no_null(plan.undo, name, column):
            continue
        await refuse_planted_of(session, (catalog.tables[name],))
        identity = identity_of(catalog.tables[name])
        rows = await session.rows(
            f"select {as_text(identity)} from {source(catalog, name)} c where {_is_null(catalog, name, column)} "
            f"order by {', '.join(each for each, _ in identity)} limit {_MOST_LISTED}"
        )
        found += [RowInTheWay(name, column, tuple(row[each] for each in range(len(identity)))) for row in rows]
    return tuple(found)


def _is_null(catalog: Catalog, table: TableName, column: str) -> str:
    return is_null(f"c.{quoted(column)}", catalog.tables[table].columns_by_name[column].plain_type)


def _as_made(plan: Plan) -> set[str]:
    return {definition(plan.goal.key), definition(replace(plan.goal.key, validated=False))}


def _nothing_to_undo(key: ForeignKey) -> StoppedError:
    return StoppedError(
        f"{key.qualified} is what it was before the run: {definition(key)}.", next_step="There is nothing to undo."
    )


def _require_tables(catalog: Catalog, plan: Plan) -> None:
    for name in (plan.key.table, plan.key.referenced):
        if name not in catalog.tables:
            raise StoppedError(
                f"The table {name} is not in this database any more; there is nothing to finish or undo.",
                next_step="Is it the right database? fkdash fix show JOURNAL names the one the run belongs to.",
            )


def _key_now(catalog: Catalog, plan: Plan) -> ForeignKey | None:
    for key in catalog.foreign_keys:
        if (key.table, key.name) == (plan.key.table, plan.key.name):
            return key
    return None
