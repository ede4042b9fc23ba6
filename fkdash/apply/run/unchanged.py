"""What must still be as it was when a plan was made, asked under a lock that keeps it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.proof.verify import key_tables
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.db.queries import query
from fkdash.errors import ChangedMeanwhileError, ServerRefusedError, StoppedError
from fkdash.fix.plan import ATTACH
from fkdash.fix.plan_file.fingerprint import differences, fingerprint, objects
from fkdash.fix.statements.definition import definition
from fkdash.fix.statements.redeclaring import temporary_name
from fkdash.rules.actions.enforcement import is_silenced
from fkdash.sqlstates import INVALID_SCHEMA_NAME, UNDEFINED_TABLE

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan, Step


async def reserved(session: Session, table: TableName) -> None:
    """Lock a table against other changes of the schema; raises StoppedError where it has that name no more."""
    try:
        await session.execute(f"lock table {table.sql} in share update exclusive mode")
    except ServerRefusedError as error:
        if error.sqlstate not in {UNDEFINED_TABLE, INVALID_SCHEMA_NAME}:
            raise
        raise StoppedError(
            f"{table.shown} is not there any more: since the plan was made it was dropped, renamed or moved to "
            "another schema.",
            next_step="Refresh, look at what it is now, and plan again.",
        ) from None


async def refuse_changed(session: Session, catalog: Catalog, plan: Plan) -> None:
    """Raise ChangedMeanwhileError where the objects are not those that the plan was made from."""
    now = await read_catalog(session, only=key_tables(catalog, plan.key))
    found = [key for key in now.foreign_keys if (key.table, key.name) == (plan.key.table, plan.key.name)]
    key = found[0] if found else plan.key
    known = key.table in now.tables and key.referenced in now.tables
    if known and bool(found) != plan.absent and fingerprint(now, key) == plan.fingerprint:
        _refuse_switched_off(catalog, now, plan.key, key)
        return
    difference = ""
    if known and found and plan.objects:
        difference = "".join(f" {each}." for each in differences(plan.objects, objects(now, key)))
    elif not found and not plan.absent:
        oid = catalog.tables[key.table].oid
        is_now = await session.value(query("fkdash.apply", "declared_now"), oid, key.name)
        difference = f" definition: planned for {definition(key)}, here it is {is_now or 'gone'}."
    raise ChangedMeanwhileError(
        f"{plan.key.qualified} or its columns changed since the plan was made; nothing was run.{difference}",
        next_step="Refresh, look at what it is now, and plan again.",
    )


def _refuse_switched_off(before: Catalog, now: Catalog, planned: ForeignKey, key: ForeignKey) -> None:
    """Raise ChangedMeanwhileError where triggers of the key were switched off: declared anew it has them all."""
    if is_silenced(now, key) and not is_silenced(before, planned):
        raise ChangedMeanwhileError(
            f"Somebody has switched off triggers of {key.qualified} since the plan was made, and a key declared "
            "anew has them all; nothing was run.",
            next_step="Find out who disabled them and why, then plan again.",
        )


async def refuse_changed_since(session: Session, catalog: Catalog, plan: Plan, step: Step) -> None:
    """Raise ChangedMeanwhileError where a step in the middle of a plan would not do what it is there for.

    The key that is about to give way to its successor must be the one that was planned for. Attaching partitions'
    keys reads no row only where each partition has one.
    """
    if step.title == ATTACH:
        await _refuse_new_partitions(session, catalog, plan, step)
    else:
        await _refuse_another_key(session, catalog, plan)


async def _refuse_another_key(session: Session, catalog: Catalog, plan: Plan) -> None:
    now = await read_catalog(session, only=key_tables(catalog, plan.key))
    wanted = plan.key
    for key in now.foreign_keys:
        if (key.table, key.name) == (wanted.table, wanted.name):
            if (definition(key), key.comment) == (definition(wanted), wanted.comment):
                return
            raise ChangedMeanwhileError(
                f"{key.qualified} changed while its successor was built, and is not replaced by it: "
                f"it is now {definition(key)}.",
                next_step="Going back removes the successor only.",
            )
    raise ChangedMeanwhileError(
        f"{wanted.qualified} was dropped while its successor was built.",
        next_step="Going back removes the successor only.",
    )


async def _refuse_new_partitions(session: Session, catalog: Catalog, plan: Plan, step: Step) -> None:
    table = step.locks[0].table
    rows = await session.rows(
        query("fkdash.apply", "partitions_without"), catalog.tables[table].oid, temporary_name(plan.key)
    )
    if rows:
        names = ", ".join(TableName(row["schema"], row["name"]).shown for row in rows)
        raise ChangedMeanwhileError(
            f"{names} became a partition of {table.shown} after the new key was built on the others: attaching "
            "these would read its rows while writers wait.",
            next_step="Go back, and plan again.",
        )
