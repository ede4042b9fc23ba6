"""What must be true before a plan starts; every line passes, warns or stops, and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.engines import unproven
from fkdash.apply.holders import holders
from fkdash.apply.kept_by_whom import Stranger, kept_in, others_with_rights, stranger_with
from fkdash.apply.lock_waits import chain_of, lock_waits
from fkdash.apply.others_code import at_once_refusal, check_refusal
from fkdash.apply.proof.preflight_lines import (
    PreflightLine,
    Standing,
    default_line,
    duration_lines,
    holder_lines,
    kept_line,
    made_in,
    name_lines,
    named_row_line,
    object_lines,
    orphan_line,
    own_columns_line,
    policies_line,
    publication_lines,
    role_lines,
    rules_line,
    server_lines,
    stop,
    unfilled_line,
    writing_triggers_line,
)
from fkdash.apply.proof.probes import user_triggers
from fkdash.apply.proof.refused_rows import refused_rows_lines
from fkdash.apply.proof.verify import key_tables
from fkdash.apply.sandbox import event_code, pinned
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.postgres.publications import read_unpublishable
from fkdash.catalog.tables_of_fkdash import OWN_COLUMNS, kept_parents
from fkdash.checking.row_questions import default_row_query
from fkdash.db.opening import milliseconds
from fkdash.db.queries import query
from fkdash.errors import NotPermittedError, ServerRefusedError, TimedOutError
from fkdash.fix.plan import MAKE_ROWS, LockMode
from fkdash.fix.plan_file.fingerprint import fingerprint
from fkdash.fix.statements.values import as_referenced, in_words, referenced_row, referenced_rows
from fkdash.fix.steps.batch import stored_columns
from fkdash.fix.undeclared import foreseen
from fkdash.orphans.scan import count_orphans
from fkdash.rules.finding import DefaultRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fkdash.apply.holders import Holder
    from fkdash.catalog.model import Catalog, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row, Session, Sessions
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan, Step

_DATA_EXCEPTION = "22"

__all__ = [
    "PreflightLine",
    "Standing",
    "may_start",
    "never_proven",
    "preflight",
    "tables_by_mode",
]


async def preflight(
    sessions: Sessions, writer: Writer, catalog: Catalog, plan: Plan, *, seconds: float
) -> tuple[PreflightLine, ...]:
    """Look at everything that could make the plan fail or hurt; reads only, each query within `seconds`.

    The writing connection is only asked what it would meet.
    """
    key = plan.key
    changed = "Refresh and plan again."
    if {key.table, key.referenced} - set(catalog.tables) or fingerprint(catalog, key) != plan.fingerprint:
        return (stop(f"{key.qualified} is not what the plan was made for.", changed),)
    row = await _met(writer, catalog, plan, seconds)
    if row is None:
        return (stop(f"{key.table} or {key.referenced} is not there any more.", changed),)
    async with sessions.session(seconds) as looking:
        in_the_way = await sessions_in_the_way(looking, catalog, plan, sessions.backend_pids)
        unpublishable = await read_unpublishable(looking, _altered(catalog, plan)) if plan.writes_rows else {}
    lines = [
        *name_lines(catalog, plan),
        *server_lines(row, plan, pooled=writer.pooled),
        *role_lines(row, plan),
        *object_lines(row, plan),
        *await _code_lines(writer, catalog, plan, seconds=seconds),
        *await _policy_lines(writer, catalog, plan, seconds=seconds),
        *publication_lines(catalog, plan, unpublishable),
        *in_the_way,
        *duration_lines(row, catalog, plan),
    ]
    if plan.checks_rows or plan.mends:
        lines.append(orphan_line(await count_orphans(sessions, catalog, plan.goal.key, seconds=seconds), plan))
    lines += await _row_lines(sessions, catalog, plan, seconds=seconds)
    lines += await refused_rows_lines(sessions, catalog, plan, seconds=seconds)
    lines += [await _default_line(sessions, catalog, each, seconds=seconds) for each in _questions(catalog, plan)]
    return tuple(lines)


async def never_proven(writer: Writer, catalog: Catalog, plan: Plan, *, seconds: float) -> str:
    """Say why nothing of a plan is tried here, not even to be rolled back; "" where it may be."""
    row = await _met(writer, catalog, plan, seconds)
    return unproven(row["version"], row["extensions"] or (), row["kept_by_extension"]) if row is not None else ""


async def _met(writer: Writer, catalog: Catalog, plan: Plan, seconds: float) -> Row | None:
    """Give what the writing connection would meet; None where a table is gone."""
    key = plan.key
    async with writer.rolled_back() as session, pinned(session):
        await session.execute(f"set local statement_timeout = {milliseconds(seconds)}")
        return await session.row(
            query("fkdash.apply", "preflight"),
            catalog.tables[key.table].oid,
            catalog.tables[key.referenced].oid,
            list(key.columns),
            list(key.referenced_columns),
            _altered(catalog, plan),
            key_tables(catalog, key),
            [oid for oid in (key.oid, *(copy.oid for copy in key.copies)) if oid is not None],
            made_in(plan),
        )


async def _code_lines(writer: Writer, catalog: Catalog, plan: Plan, *, seconds: float) -> list[PreflightLine]:
    """Say what of other roles' code would run as a superuser beside the plan's statements."""
    trusted = writer.target.trusted_owners
    async with writer.rolled_back() as session:
        await session.execute(f"set local statement_timeout = {milliseconds(seconds)}")
        found = [await event_code(session, trusted)]
        reading = {step.locks[0].table: step.checks_rows for step in plan.steps if step.plans_as_owner}
        for name, checks in reading.items():
            read = [catalog.tables[name].oid, *(key_tables(catalog, plan.key) if checks else ())]
            found.append(await check_refusal(session, [each for each in read if each is not None], trusted))
        found.append(await at_once_refusal(session, catalog, plan, plan.steps, trusted))
    return [stop(each.why.rstrip("."), each.next_step) for each in dict.fromkeys(found) if each is not None]


async def _policy_lines(writer: Writer, catalog: Catalog, plan: Plan, *, seconds: float) -> list[PreflightLine]:
    """Say whose policies bind even the owner, with whose rights the rows are checked."""
    checked = next((step.locks[0].table for step in plan.steps if step.checks_rows), None)
    names = dict.fromkeys((plan.key.table, plan.key.referenced))
    tables = [catalog.tables[name] for name in names]
    bound = [each.name for each in tables if each.row_security and each.force_row_security]
    if checked is None or not bound:
        return []
    async with writer.rolled_back() as session:
        await session.execute(f"set local statement_timeout = {milliseconds(seconds)}")
        standing = await session.row(query("fkdash.apply", "sandbox_standing"), catalog.tables[checked].oid)
    if standing is None or standing["owner_is_superuser"]:
        return []
    return [policies_line(standing["owner"], bound)]


def may_start(lines: Iterable[PreflightLine]) -> bool:
    """Tell whether no line stops the run."""
    return all(line.standing is not Standing.STOP for line in lines)


def tables_by_mode(catalog: Catalog, steps: Iterable[Step]) -> dict[LockMode, list[int]]:
    """Give for each lock mode the OIDs of the tables that steps lock in it; SHARE UPDATE EXCLUSIVE reserves."""
    found: dict[LockMode, dict[int, None]] = {}
    for step in steps:
        wanted = [(lock.table, lock.mode) for lock in step.locks]
        if step.reserve is not None:
            wanted.append((step.reserve, LockMode.SHARE_UPDATE_EXCLUSIVE))
        for name, mode in wanted:
            table = catalog.tables.get(name)
            if table is not None and table.oid is not None:
                found.setdefault(mode, {})[table.oid] = None
    return {mode: list(tables) for mode, tables in found.items()}


async def sessions_in_the_way(
    session: Session, catalog: Catalog, plan: Plan, own_pids: Collection[int]
) -> tuple[PreflightLine, ...]:
    """Give a line for each session that holds a lock the plan would wait for, with who waits for whom."""
    found: dict[int | None, Holder] = {}
    for mode, tables in tables_by_mode(catalog, plan.steps).items():
        for each in await holders(session, tables, mode, own_pids=own_pids):
            found.setdefault(each.pid, each)
    held = tuple(found.values())
    return tuple(holder_lines(held, chain_of(held, await lock_waits(session)) if held else ()))


def _altered(catalog: Catalog, plan: Plan) -> list[int]:
    """Give the OIDs of the tables that only their owner may change so: the referencing side and its partitions."""
    names = [table.name for table in catalog.with_partitions(plan.key.table)]
    names += [name for name, _ in plan.goal.nullable]
    oids = (catalog.tables[name].oid for name in dict.fromkeys(names))
    return [oid for oid in oids if oid is not None]


def _questions(catalog: Catalog, plan: Plan) -> list[DefaultRow]:
    if plan.goal.gone or plan.goal.key == plan.key or plan.option == "undo" or plan.values:
        return []
    found = (finding.question for finding in foreseen(catalog, plan.goal.key))
    return list(dict.fromkeys(question for question in found if isinstance(question, DefaultRow)))


async def _row_lines(sessions: Sessions, catalog: Catalog, plan: Plan, *, seconds: float) -> list[PreflightLine]:
    """Look at what a plan that writes rows, or a row that the operator named, depends on."""
    lines = []
    if plan.values:
        asked = referenced_row(catalog, plan.key, plan.values)
        there, why = await _answer(sessions, asked, catalog.tables[plan.key.referenced], seconds=seconds)
        lines.append(named_row_line(plan.key.referenced, as_referenced(plan.key, plan.values), there, why))
    if plan.chosen and _keeps_anew(plan):
        # What goes on after an interruption may find that one was deleted since.
        lines.append(await _chosen_line(sessions, catalog, plan, seconds=seconds))
    if plan.writes_rows and any(each.has_rules for each in catalog.with_partitions(plan.key.table)):
        lines.append(rules_line(plan.key.table))
    ours = OWN_COLUMNS.intersection(catalog.tables[plan.key.table].columns_by_name)
    if plan.writes_rows and ours:
        lines.append(own_columns_line(plan.key.table, sorted(ours)))
    if any(step.title == MAKE_ROWS for step in plan.steps):
        lines += await _unfilled_lines(sessions, catalog, plan, seconds=seconds)
    triggers = user_triggers(catalog, plan.key) if plan.writes_rows else ""
    if triggers:
        lines.append(writing_triggers_line(triggers))
    kept = kept_in(plan, plan.steps)
    if kept is not None:
        lines.append(await _kept_line(sessions, catalog, plan, kept, seconds=seconds))
    return lines


async def _kept_line(
    sessions: Sessions, catalog: Catalog, plan: Plan, kept: TableName, *, seconds: float
) -> PreflightLine:
    """Look at the table that keeps the rows; the rest of a run goes on with the one that its first part filled."""
    table = catalog.tables.get(kept)
    used: object = False
    if table is not None and _keeps_anew(plan):
        used, _ = await _answer(sessions, f"select exists (select from {kept.sql})", table, seconds=seconds)
    own = set(stored_columns(catalog.tables[plan.key.table]))
    if kept == kept_parents(plan.key):
        own = set(plan.key.columns)
    fits = table is None or own <= set(table.columns_by_name)
    stranger, others = await _in_whose_hands(sessions, catalog, plan, kept, seconds=seconds)
    return kept_line(kept, used=used is not False, fits=fits, stranger=stranger, others=others)


async def _unfilled_lines(
    sessions: Sessions, catalog: Catalog, plan: Plan, *, seconds: float
) -> list[PreflightLine]:
    """Name the columns of rows that are made which cannot be NULL, and which nothing gives a value."""
    table = catalog.tables[plan.key.referenced]
    given = {*plan.key.referenced_columns, *(name for name, _ in plan.filled)}
    needed = [
        column.name
        for column in table.columns
        if column.forbids_null
        and column.name not in given
        and not (column.identity or column.generated)
        and not (column.domain is not None and any(each.default is not None for each in column.domain.chain))
    ]
    if not needed or table.has_rules:
        return []
    oids = [each.oid for each in catalog.with_partitions(table.name)]
    async with sessions.session(seconds) as session:
        left = await session.value(query("fkdash.apply", "unfilled"), table.oid, needed, oids)
    return [unfilled_line(table.name, left)] if left else []


def _keeps_anew(plan: Plan) -> bool:
    return any(step.title == "keep" for step in plan.steps)


async def _chosen_line(sessions: Sessions, catalog: Catalog, plan: Plan, *, seconds: float) -> PreflightLine:
    """Say whether the rows that others are to let go are there: nothing refers to one that is mistyped."""
    asked = referenced_rows(catalog, plan.key, plan.chosen)
    together = " and ".join(f"({each})" for each in asked)
    referenced = catalog.tables[plan.key.referenced]
    there, why = await _answer(sessions, f"select {together}", referenced, seconds=seconds)
    words = in_words(plan.chosen[0]) + (f" and {len(asked) - 1:,} more" if len(asked) > 1 else "")
    if there is False:
        for row, statement in zip(plan.chosen, asked, strict=True):
            there, why = await _answer(sessions, statement, referenced, seconds=seconds)
            if not there:
                words = in_words(row)
                break
    return named_row_line(plan.key.referenced, words, there, why)


async def _in_whose_hands(
    sessions: Sessions, catalog: Catalog, plan: Plan, kept: TableName, *, seconds: float
) -> tuple[Stranger | None, tuple[str, ...]]:
    """Give who else has the table that is to keep rows in hand, and who may read or write what is in it.

    The run asks for the former again under its lock.
    """
    role = catalog.server.role if catalog.server else None
    try:
        async with sessions.session(seconds) as session:
            stranger = await stranger_with(session, catalog, plan, kept, role)
            return stranger, await others_with_rights(session, catalog, plan, kept, role)
    except (TimedOutError, NotPermittedError):
        return None, ()


async def _answer(sessions: Sessions, statement: str, table: Table, *, seconds: float) -> tuple[bool | None, str]:
    """Give what a query about rows of a table answers; None and why where it could not be asked.

    A malformed value is no row.
    """
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, (table,))
            return bool(await session.value(statement)), ""
    except ServerRefusedError as refused:
        return (False if refused.sqlstate.startswith(_DATA_EXCEPTION) else None), refused.what
    except (TimedOutError, NotPermittedError) as error:
        return None, error.what


async def _default_line(
    sessions: Sessions, catalog: Catalog, question: DefaultRow, *, seconds: float
) -> PreflightLine:
    asked = default_row_query(catalog, question)
    there, why = await _answer(sessions, asked, catalog.tables[question.table], seconds=seconds)
    return default_line(question.table, ", ".join(question.defaults), there, why)
