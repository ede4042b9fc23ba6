"""Tries out, in a transaction that is always rolled back, what deletes and writes now do.

A probe runs the tables' user triggers too, and what those do outside the transaction cannot be taken back;
where there are any, nothing is probed and the answer says so. The rows that a probe picks are locked before it
relies on what refers to them: otherwise what another session writes in between would pass for a broken promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action, quoted
from fkdash.catalog.spelling import (
    as_text,
    identity_of,
    is_orphan,
    matches,
    pairs,
    parameter,
    refers_to_another,
    source,
)
from fkdash.errors import FkdashError, ServerRefusedError
from fkdash.rules.enforcement import refusal_sqlstate
from fkdash.rules.refusal import refusals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table, TableName
    from fkdash.db.session import Row, Session
    from fkdash.db.writing import Writer

_LOCK_MS: Final = 200
_STATEMENT_MS: Final = 5000
_PICKS: Final = 5
_MISSING_VALUES: Final = {
    "uuid": "gen_random_uuid()",
    "text": "md5(random()::text)",
    "character varying": "md5(random()::text)",
    "smallint": "(select least(max({column})::int + 1, 32767)::int2 from {table})",
    "integer": "(select least(max({column})::int8 + 1, 2147483647)::int4 from {table})",
    "bigint": "(select max({column}) + 1 from {table})",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What was tried and whether it ended as promised; `ok` is None where it could not be tried."""

    check: str
    ok: bool | None
    detail: str = ""


async def probe(writer: Writer, catalog: Catalog, key: ForeignKey, *, nullable: bool) -> tuple[Probe, ...]:
    """Try what the key, as declared in `catalog`, promises: deletes of either kind, and a missing reference.

    `nullable` says that SET NULL can write NULL now. Each probe has its own rolled-back transaction.
    """
    own_triggers = user_triggers(catalog, key)
    if own_triggers:
        return (Probe("deletes and writes end as promised", None, f"not tried: {own_triggers} would run"),)
    parent, child = key.referenced.name, key.table.name
    works = _delete_works(catalog, key, nullable=nullable)
    trials: dict[str, Callable[[Session], Awaitable[tuple[bool | None, str]]]] = {
        f"deleting a referenced row of {parent}": lambda session: _delete_referenced(
            session, catalog, key, works=works
        ),
        f"deleting a row of {parent} that no row of {child} refers to": lambda session: _delete_unreferenced(
            session, catalog, key
        ),
        f"a row of {child} that refers to a missing row of {parent}": lambda session: _refer_to_missing(
            session, catalog, key
        ),
    }
    return tuple([await _tried(writer, check, trial) for check, trial in trials.items()])


async def deleting_referenced(session: Session, catalog: Catalog, key: ForeignKey, *, nullable: bool) -> Probe:
    """Try to delete a referenced row, inside a transaction that its caller rolls back."""
    check = f"deleting a referenced row of {key.referenced.name}"
    own_triggers = user_triggers(catalog, key)
    if own_triggers:
        return Probe(check, None, f"not tried: {own_triggers} would run")
    ok, detail = await _delete_referenced(
        session, catalog, key, works=_delete_works(catalog, key, nullable=nullable)
    )
    return Probe(check, ok, detail)


async def _tried(
    writer: Writer, check: str, trial: Callable[[Session], Awaitable[tuple[bool | None, str]]]
) -> Probe:
    try:
        async with writer.rolled_back() as session:
            await session.execute(f"set local lock_timeout = {_LOCK_MS}")
            await session.execute(f"set local statement_timeout = {_STATEMENT_MS}")
            ok, detail = await trial(session)
    except FkdashError as stopped:
        return Probe(check, None, f"not tried: {stopped.what}")
    return Probe(check, ok, detail)


def _delete_works(catalog: Catalog, key: ForeignKey, *, nullable: bool) -> bool | None:
    """Tell what deleting a referenced row must do; None where that depends on the row."""
    if not key.enforced:
        return True
    if key.on_delete is Action.SET_NULL:
        return nullable or not refusals(catalog, key, key.set_columns)
    if key.on_delete is Action.SET_DEFAULT:
        return None
    return key.on_delete is Action.CASCADE


async def _delete_referenced(
    session: Session, catalog: Catalog, key: ForeignKey, *, works: bool | None
) -> tuple[bool | None, str]:
    found = await _referenced(session, catalog, key)
    if found is None:
        return None, f"not tried: no row of {key.table.name} refers to one today"
    refused = await _attempt_delete(session, catalog, key, found)
    if refused is None:
        return await _after_delete(session, catalog, key, found, works=works)
    if works is None:
        return None, f"refused with {refused.sqlstate}; the next row may not be"
    mine = _is_of_this_key(refused, key)
    if works and not mine:
        return True, f"no longer stopped by this key, but by {_culprit(refused)}"
    if not mine:
        return None, f"refused first by {_culprit(refused)}"
    as_promised = not works and refused.sqlstate == _refusal(catalog, key)
    return as_promised, f"refused with {refused.sqlstate}"


async def _after_delete(
    session: Session, catalog: Catalog, key: ForeignKey, values: Sequence[str], *, works: bool | None
) -> tuple[bool | None, str]:
    if key.enforced and await _still_refers(session, catalog, key, values):
        return False, "works, and rows still refer to the deleted one"
    if works is False:
        return None, "works, because other foreign keys take the referring rows away first"
    return True, "works"


async def _delete_unreferenced(session: Session, catalog: Catalog, key: ForeignKey) -> tuple[bool | None, str]:
    found = await _unreferenced(session, catalog, key)
    if found is None:
        return None, "not tried: there is none that no other session is using"
    refused = await _attempt_delete(session, catalog, key, found)
    if refused is None:
        return True, "works"
    return not _is_of_this_key(refused, key), f"stopped by {_culprit(refused)}"


async def _refer_to_missing(session: Session, catalog: Catalog, key: ForeignKey) -> tuple[bool | None, str]:
    table = catalog.tables[key.table]
    assignment = _missing(table, catalog.tables[key.referenced], key)
    if assignment is None or not key.enforced:
        return None, "not tried: no missing value can be made up for the key's type"
    identity = identity_of(table)
    row = await session.row(
        f"select {as_text(identity)} from {source(catalog, key.table)} c "
        f"where {refers_to_another(key)} limit 1 for update of c skip locked"
    )
    if row is None:
        return None, f"not tried: no row of {key.table.name} that no other session is using refers to anything"
    values = [row[position] for position in range(len(identity))]
    await session.execute("set constraints all immediate")
    statement = f"update {source(catalog, key.table)} c set {assignment} where {_conditions(identity)} returning 1"
    try:
        await session.rows(statement, *values)
    except ServerRefusedError as refused:
        if refused.sqlstate == "23503" and _is_of_this_key(refused, key):
            return True, "refused with 23503"
        return None, f"not tried: {_culprit(refused)} refuses the made-up value first"
    written = f"select from {source(catalog, key.table)} c where {_conditions(identity)}"
    if await session.row(f"{written} and {is_orphan(catalog, key)}", *values) is None:
        return None, "not tried: another session inserted the missing row meanwhile"
    return False, "was accepted"


async def _referenced(session: Session, catalog: Catalog, key: ForeignKey) -> list[str] | None:
    """Pick and lock a row that is referred to, and a row that refers to it."""
    row = await session.row(
        f"select {_referenced_values(catalog, key)} from {source(catalog, key.table)} c "
        f"join {source(catalog, key.referenced)} p on {matches(key)} where {refers_to_another(key)} "
        "limit 1 for update of p, c skip locked"
    )
    return None if row is None else _values(row, key)


async def _unreferenced(session: Session, catalog: Catalog, key: ForeignKey) -> list[str] | None:
    """Pick and lock a row that nothing refers to; what was referred to just before the lock is passed over."""
    keys = " and ".join(f"p.{quoted(name)} is not null" for name in key.referenced_columns)
    candidate = (
        f"select {_referenced_values(catalog, key)} from {source(catalog, key.referenced)} p where {keys} "
        f"and not exists (select from {source(catalog, key.table)} c where {matches(key)}) "
        "limit 1 for update of p skip locked"
    )
    for _ in range(_PICKS):
        row = await session.row(candidate)
        if row is None:
            return None
        found = _values(row, key)
        # The first statement's snapshot is older than its lock; a statement of its own has a new one.
        if not await _still_refers(session, catalog, key, found):
            return found
    return None


def _referenced_values(catalog: Catalog, key: ForeignKey) -> str:
    columns = catalog.tables[key.referenced].columns_by_name
    return as_text((f"p.{quoted(name)}", columns[name].plain_type) for name in key.referenced_columns)


def _values(row: Row, key: ForeignKey) -> list[str]:
    return [row[position] for position in range(len(key.referenced_columns))]


async def _still_refers(session: Session, catalog: Catalog, key: ForeignKey, values: Sequence[str]) -> bool:
    parent = catalog.tables[key.referenced]
    conditions = " and ".join(
        f"{parameter(number, parent.columns_by_name[theirs].plain_type)} operator({operator}) c.{quoted(own)}"
        for number, (own, theirs, operator) in enumerate(pairs(key), start=1)
    )
    left = f"select exists (select from {source(catalog, key.table)} c where {conditions})"
    return bool(await session.value(left, *values))


async def _attempt_delete(
    session: Session, catalog: Catalog, key: ForeignKey, values: Sequence[str]
) -> ServerRefusedError | None:
    parent = catalog.tables[key.referenced]
    identity = [(f"p.{quoted(name)}", parent.columns_by_name[name].type) for name in key.referenced_columns]
    statement = f"delete from {source(catalog, parent.name)} p where {_conditions(identity)} returning 1"
    try:
        await session.rows(statement, *values)
        await session.execute("set constraints all immediate")
    except ServerRefusedError as error:
        return error
    return None


def _conditions(identity: Sequence[tuple[str, str]]) -> str:
    return " and ".join(
        f"{expression} = {parameter(position, kind)}"
        for position, (expression, kind) in enumerate(identity, start=1)
    )


def _missing(table: Table, parent: Table, key: ForeignKey) -> str | None:
    for name, theirs in zip(key.columns, key.referenced_columns, strict=True):
        column = table.columns_by_name[name]
        made_up = _MISSING_VALUES.get(column.type.split("(")[0])
        if made_up is not None and not column.generated:
            value = made_up.format(column=quoted(theirs), table=parent.name.sql)
            return f"{quoted(name)} = {value}::{column.type}"
    return None


def _refusal(catalog: Catalog, key: ForeignKey) -> str:
    return "23502" if key.on_delete is Action.SET_NULL else refusal_sqlstate(catalog, key.on_delete)


def _is_of_this_key(refused: ServerRefusedError, key: ForeignKey) -> bool:
    """Tell whether a refusal is this key's doing; a NOT NULL's names no constraint, a domain's no table either."""
    if refused.constraint:
        return refused.constraint in {key.name, *(copy.name for copy in key.copies)}
    tables = {"", key.table.name, *(copy.table.name for copy in key.copies)}
    return refused.sqlstate == "23502" and refused.table in tables


def _culprit(refused: ServerRefusedError) -> str:
    return f"{refused.constraint or refused.column or 'another rule'} of {refused.table} ({refused.sqlstate})"


def user_triggers(catalog: Catalog, key: ForeignKey) -> str:
    """Name the enabled triggers of users on both tables of a key, as a phrase; "" without any."""
    names: dict[TableName, None] = dict.fromkeys((key.table, key.referenced))
    triggers = [
        f"the trigger {trigger.name} of {table.name}"
        for name in names
        for table in catalog.with_partitions(name)
        for trigger in table.triggers or ()
        if trigger.constraint is None and trigger.enabled != "D"
    ]
    return ", ".join(triggers)
