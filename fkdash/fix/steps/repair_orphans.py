"""Removes orphans, empties their reference or points it elsewhere, in batches, and proves the key afterwards.

Every row touched goes into a table of its own first, in the same statement: a key that checks new rows
would not let the old ones back. A key that checks nothing today is made to check new rows before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.spelling import is_orphan, source
from fkdash.catalog.table_name import quoted
from fkdash.fact import fact
from fkdash.fix.plan import BACKSTOP_MS, FIRST_ROW, SHORT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.statements.redeclaring import leaves, numbered, validation
from fkdash.fix.statements.took_effect import key_is, regclass
from fkdash.fix.steps.batch import (
    CHANGED,
    DELETE,
    EMPTY,
    REPARENT,
    changing,
    repeated,
    stored_columns,
    stored_values,
)
from fkdash.fix.steps.change_key import change, takes_not_valid
from fkdash.fix.subscribers import published_at_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Pace


@fact
class Keeping:
    """Where changed rows are kept: the table, the steps that make it, and what it says beside each row."""

    table: TableName
    steps: tuple[Step, ...]
    columns: tuple[str, ...] = ("fkdash_kept_at",)
    values: tuple[str, ...] = ("pg_catalog.now()",)

    def rows(self, catalog: Catalog, table: TableName) -> str:
        """Give the statement that keeps the rows of `table` that a batch has CHANGED."""
        columns = [quoted(name) for name in stored_columns(catalog.tables[table])]
        given = ", ".join((*self.values, *(f"{CHANGED}.{name}" for name in columns)))
        names = ", ".join((*self.columns, *columns))
        return f"INSERT INTO {self.table.sql} ({names})\n  SELECT {given} FROM {CHANGED}"


def repair_steps(
    catalog: Catalog,
    key: ForeignKey,
    written: Mapping[str, str | None],
    keeping: Keeping,
    *,
    pace: Pace,
    anew: bool,
) -> tuple[Step, ...]:
    """Give the steps that write into the orphans' columns, a constant or NULL for None; without any, delete them.

    `keeping` says where the rows go as they were, `pace` how many at a time. `anew` says that the key must be
    declared anew first even though it is NOT VALID: its triggers are off.
    """
    proven = replace(key, validated=True, enforced=True)
    steps: list[Step] = []
    anew = anew or key.validated or not key.enforced
    gently = takes_not_valid(catalog, key)
    if anew and gently:
        # Whatever lets orphans in now stops first; only a key declared anew is checked again.
        steps += [step for step in change(catalog, key, proven).steps if not step.checks_rows]
    steps += [replace(step, transaction=_next(steps)) for step in keeping.steps]
    if published_at_once(catalog, key.table) and keeping.steps:
        steps.append(_identify(keeping.table, steps[-1]))
    for leaf in leaves(catalog, key.table):
        steps.append(_batch(catalog, key, leaf, written, keeping=keeping, pace=pace, transaction=_next(steps)))
    if anew and not gently:
        offset = steps[-1].transaction
        steps += [
            replace(step, transaction=step.transaction + offset) for step in change(catalog, key, proven).steps
        ]
        return numbered(*steps)
    before = key if anew else replace(key, oid=None)
    done_when = key_is(proven, before, validated=True)
    steps.append(validation(catalog, key.table, key.name, proven, _next(steps), done_when=done_when))
    return numbered(*steps)


def keep(catalog: Catalog, key: ForeignKey, kept: TableName) -> Step:
    """Give the step that makes the table in which the rows are kept."""
    values = stored_values(catalog.tables[key.table], "c")
    return Step(
        number=0,
        title="keep",
        sql=f"CREATE TABLE IF NOT EXISTS {kept.sql} AS\n"
        f"  SELECT pg_catalog.now() AS fkdash_kept_at, {values} FROM {source(catalog, key.table)} c WITH NO DATA",
        transaction=1,
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
    catalog: Catalog,
    key: ForeignKey,
    leaf: TableName,
    written: Mapping[str, str | None],
    *,
    keeping: Keeping,
    pace: Pace,
    transaction: int,
) -> Step:
    orphan = is_orphan(catalog, key)
    select = (
        f"  SELECT c.ctid, {stored_values(catalog.tables[leaf], 'c')} FROM ONLY {leaf.sql} c\n"
        f"   WHERE c.ctid OPERATOR(pg_catalog.>) {FIRST_ROW} AND {is_orphan(catalog, key, probing=True)}\n"
        f"   LIMIT {pace.batch_rows} FOR UPDATE"
    )
    sql, batch = changing(
        catalog, key, leaf, "broken", select, written=written, keeping=keeping.rows(catalog, key.table)
    )
    locks = (
        Lock(leaf, LockMode.ROW_EXCLUSIVE, Duration.SCAN),
        Lock(key.referenced, LockMode.ACCESS_SHARE, Duration.SCAN),
    )
    rows = f"from only {leaf.sql} c where {orphan}"
    return repeated(
        _title(written),
        sql,
        transaction,
        locks,
        f"select not exists (select {rows})",
        batch=batch,
        cursor=f"{CHANGED}.ctid",
        rows=rows,
    )


def _title(written: Mapping[str, str | None]) -> str:
    if not written:
        return DELETE
    return EMPTY if None in written.values() else REPARENT


def _next(steps: Sequence[Step]) -> int:
    return steps[-1].transaction + 1 if steps else 1
