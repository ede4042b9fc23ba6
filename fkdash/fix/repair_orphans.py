"""Removes orphans, empties their reference or points it elsewhere, in batches, and proves the key afterwards.

Every row touched goes into a table of its own first, in the same statement: a key that checks new rows
would not let the old ones back. A key that checks nothing today is made to check new rows before.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableName, quoted
from fkdash.catalog.spelling import is_orphan, source
from fkdash.fix.change_action import change, takes_not_valid
from fkdash.fix.done import key_is, regclass
from fkdash.fix.elsewhere import published_at_once
from fkdash.fix.plan import BACKSTOP_MS, PATIENT_LOCK_MS, SHORT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.redeclaring import leaves, numbered, validation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey

_BATCH_ROWS: Final = 2000


def kept_table(key: ForeignKey) -> TableName:
    """Give the table that keeps the rows as they were, in the schema of the referencing table."""
    digest = hashlib.sha256(key.qualified.encode()).hexdigest()[:12]
    return TableName(key.table.schema, f"fkdash_orphans_{digest}")


def repair_steps(
    catalog: Catalog, key: ForeignKey, written: Mapping[str, str | None], *, anew: bool
) -> tuple[Step, ...]:
    """Give the steps that write into the orphans' columns, a constant or NULL for None; without any, delete them.

    `anew` says that the key must be declared anew first even though it is NOT VALID: its triggers are off.
    """
    proven = replace(key, validated=True, enforced=True)
    steps: list[Step] = []
    anew = anew or key.validated or not key.enforced
    gently = takes_not_valid(catalog, key)
    if anew and gently:
        # Whatever lets orphans in now stops first; only a key declared anew is checked again.
        steps += [step for step in change(catalog, key, proven).steps if not step.checks_rows]
    kept = kept_table(key)
    steps.append(_keep(catalog, key, kept, _next(steps)))
    if published_at_once(catalog, key.table):
        steps.append(_identify(kept, steps[-1]))
    for leaf in leaves(catalog, key.table):
        steps.append(_batch(catalog, key, leaf, written, _next(steps)))
    if anew and not gently:
        offset = steps[-1].transaction
        steps += [
            replace(step, transaction=step.transaction + offset) for step in change(catalog, key, proven).steps
        ]
        return numbered(*steps)
    before = key if anew else replace(key, oid=None)
    done_when = key_is(proven, before, validated=True)
    steps.append(validation(key.table, key.name, proven, _next(steps), done_when=done_when))
    return numbered(*steps)


def _keep(catalog: Catalog, key: ForeignKey, kept: TableName, transaction: int) -> Step:
    return Step(
        number=0,
        title="keep",
        sql=f"CREATE TABLE IF NOT EXISTS {kept.sql} AS\n"
        f"  SELECT pg_catalog.now() AS fkdash_kept_at, c.* FROM {source(catalog, key.table)} c WITH NO DATA",
        transaction=transaction,
        locks=(Lock(key.table, LockMode.ACCESS_SHARE, Duration.INSTANT),),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when=f"select {regclass(kept)} is not null",
    )


def _identify(kept: TableName, keep: Step) -> Step:
    """Give the step without which nothing could be taken out again of a table that is published (55000)."""
    return replace(
        keep,
        title="identify",
        sql=f"ALTER TABLE {kept.sql} REPLICA IDENTITY FULL",
        locks=(),
        done_when=f"select exists (select from pg_class where oid = {regclass(kept)} and relreplident = 'f')",
    )


def _batch(
    catalog: Catalog, key: ForeignKey, leaf: TableName, written: Mapping[str, str | None], transaction: int
) -> Step:
    kept = kept_table(key)
    orphan = is_orphan(catalog, key)
    if written:
        assigned = ", ".join(f"{quoted(name)} = {constant or 'NULL'}" for name, constant in written.items())
        change_rows = (
            f"UPDATE ONLY {leaf.sql} c SET {assigned} FROM broken WHERE c.ctid OPERATOR(pg_catalog.=) broken.ctid"
        )
    else:
        change_rows = f"DELETE FROM ONLY {leaf.sql} c USING broken WHERE c.ctid OPERATOR(pg_catalog.=) broken.ctid"
    names = ", ".join(quoted(column.name) for column in catalog.tables[key.table].columns)
    rows = ", ".join(f"broken.{quoted(column.name)}" for column in catalog.tables[key.table].columns)
    sql = (
        f"WITH broken AS MATERIALIZED (\n"
        f"  SELECT c.ctid, c.* FROM ONLY {leaf.sql} c\n"
        f"   WHERE {orphan} LIMIT {_BATCH_ROWS} FOR UPDATE),\n"
        f"kept AS (INSERT INTO {kept.sql} (fkdash_kept_at, {names}) SELECT pg_catalog.now(), {rows} FROM broken)\n"
        f"{change_rows}"
    )
    return Step(
        number=0,
        title=_title(written),
        sql=sql,
        transaction=transaction,
        locks=(
            Lock(leaf, LockMode.ROW_EXCLUSIVE, Duration.SCAN),
            Lock(key.referenced, LockMode.ACCESS_SHARE, Duration.SCAN),
        ),
        lock_timeout_ms=PATIENT_LOCK_MS,
        statement_timeout_ms=0,
        done_when=f"select not exists (select from only {leaf.sql} c where {orphan})",
        repeats=True,
    )


def _title(written: Mapping[str, str | None]) -> str:
    if not written:
        return "delete"
    return "set to NULL" if None in written.values() else "re-parent"


def _next(steps: Sequence[Step]) -> int:
    return steps[-1].transaction + 1 if steps else 1
