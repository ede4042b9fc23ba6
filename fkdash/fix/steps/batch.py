"""A batch of rows that are changed: found and locked, changed, and what really was kept as it had been.

A trigger, or a policy of row-level security, may keep a row as it is or write something else into it. What is kept
are the rows that were changed, so that a way back neither doubles nor loses one; whoever carries a batch out
counts the rows that were found beside them (`apply/walk.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fix.plan import PATIENT_LOCK_MS, Batch, Step, Tried
from fkdash.versions import ROW_MOVES_ARE_UPDATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Lock

CHANGED: Final = "changed"
"""What the changed rows are called, as they were before."""
DELETE: Final = "delete"
EMPTY: Final = "set to NULL"
REPARENT: Final = "re-parent"
MOVE: Final = "move"
"""The titles of the steps that change rows."""
_COUNT: Final = "select count(*) "
AS_WRITTEN: Final = "fkdash_written"
"""The column of the changed rows that says whether they have what was written, byte for byte."""


def stored_columns(table: Table) -> tuple[str, ...]:
    """Give the columns that stand in a row: a virtual one is computed when it is read, which may fail."""
    return tuple(column.name for column in table.columns if not column.virtual)


def stored_values(table: Table, row: str) -> str:
    """Give a select list of what stands in `row`."""
    names = stored_columns(table)
    if len(names) == len(table.columns):
        return f"{row}.*"
    return ", ".join(f"{row}.{quoted(name)}" for name in names)


def repeated(
    title: str,
    sql: str,
    transaction: int,
    locks: tuple[Lock, ...],
    done_when: str,
    *,
    batch: Batch,
    cursor: str | None = None,
    rows: str = "",
) -> Step:
    """Give the step that changes rows, a batch in a transaction of its own, which waits as long as it takes.

    `rows` is the end of a query for those that it is to change, from FROM on, in which they are called `c`.
    """
    return Step(
        number=0,
        title=title,
        sql=sql,
        transaction=transaction,
        locks=locks,
        lock_timeout_ms=PATIENT_LOCK_MS,
        statement_timeout_ms=0,
        done_when=done_when,
        repeats=True,
        batch=batch,
        cursor=cursor,
        total=_COUNT + rows if rows else None,
    )


def rows_of(step: Step) -> str:
    """Give the end of a query for the rows that a step is to change, as `repeated` was given it; "" for none."""
    return (step.total or "").removeprefix(_COUNT)


def changing(
    catalog: Catalog,
    key: ForeignKey,
    leaf: TableName,
    found: str,
    select: str,
    *,
    written: Mapping[str, str | None],
    keeping: str,
) -> tuple[str, Batch]:
    """Give the statement that writes into the rows of `leaf` that `select` finds, or without values deletes them.

    They are called `found` in it, with `ctid`; `keeping` is the statement that keeps those of CHANGED. A value is
    a constant or an expression over `found`, NULL for None.
    """
    change, where, became = f"DELETE FROM ONLY {leaf.sql} c", "", "true"
    if written:
        change, where, became = _update(catalog, key, leaf, written)
    changed = (
        f"{change} {'FROM' if written else 'USING'} {found} WHERE {_these(found)}{where}\n  RETURNING {found}.*"
    )
    done = CHANGED
    if written:
        changed += f", {became} AS {AS_WRITTEN}"
        done = f"{CHANGED} WHERE {AS_WRITTEN}"
    first = f"WITH {found} AS MATERIALIZED (\n{select}),\n{CHANGED} AS (\n  {changed})\n"
    same = f"c.ctid OPERATOR(pg_catalog.=) {found}.ctid"
    names = catalog.tables[leaf].primary_key or ("ctid",)
    tried = Tried(
        row=found,
        batch=first + tally(found, done),
        rows=select,
        one=f"{change} WHERE {same}{where} RETURNING {became}",
        named=named_by(names, found),
        there=f"EXISTS (SELECT FROM ONLY {leaf.sql} c WHERE {same})",
    )
    return first + keeping, Batch(last=keeping, found=found, changed=CHANGED, writes=bool(written), tried=tried)


def tally(found: str, changed: str) -> str:
    """Give the end of a statement that counts the rows of two of its parts."""
    return (
        f"SELECT (SELECT pg_catalog.count(*) FROM {found}) AS found, "
        f"(SELECT pg_catalog.count(*) FROM {changed}) AS changed"
    )


def named_by(columns: Sequence[str], row: str, names: Sequence[str] = ()) -> str:
    """Give an expression that says columns of `row` with their values, under their names or other `names`.

    A value is spelled by its type's own output function.
    """
    words = ", ".join(f"{name.replace('%', '%%')} = %s" for name in names or columns)
    return f"pg_catalog.format({literal(words)}, {', '.join(f'{row}.{quoted(name)}' for name in columns)})"


def _update(
    catalog: Catalog, key: ForeignKey, leaf: TableName, written: Mapping[str, str | None]
) -> tuple[str, str, str]:
    """Give the statement up to WHERE, what is asked there beside the row, and what says that it was written."""
    columns = catalog.tables[key.table].columns_by_name
    values = {name: value or f"NULL::{columns[name].type}" for name, value in written.items()}
    assigned = ", ".join(f"{quoted(name)} = {value}" for name, value in values.items())
    own, given = ", ".join(f"c.{quoted(name)}" for name in values), ", ".join(values.values())
    rows, where = f"ONLY {leaf.sql}", ""
    if _moves(catalog, key, leaf, list(values)):
        rows = key.table.sql
        where = f" AND c.tableoid OPERATOR(pg_catalog.=) {literal(leaf.sql)}::pg_catalog.regclass"
    became = f"ROW({own})::pg_catalog.record OPERATOR(pg_catalog.*=) ROW({given})::pg_catalog.record"
    return f"UPDATE {rows} c SET {assigned}", where, became


def _these(found: str) -> str:
    return (
        f"c.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT {found}.ctid FROM {found})) "
        f"AND c.ctid OPERATOR(pg_catalog.=) {found}.ctid"
    )


def _moves(catalog: Catalog, key: ForeignKey, leaf: TableName, written: Sequence[str]) -> bool:
    """Tell whether rows with other values may belong to other partitions: written to the leaf they fail (23514).

    Before PostgreSQL 15 a row that moves is deleted for the foreign keys to it, whose actions would follow.
    """
    above, names = leaf, set()
    while above != key.table:
        above = catalog.tables[above].partition_of or key.table
        table = catalog.tables[above]
        names |= {table.columns_by_number[number].name for number in table.partition_key if number}
    if not names.intersection(written):
        return False
    held = any(catalog.referencing.get(each.name) for each in catalog.with_partitions(key.table))
    return not held or (catalog.server is not None and catalog.server.major >= ROW_MOVES_ARE_UPDATES)


def once(rows: str, columns: Sequence[str]) -> str:
    """Give what FROM takes for rows of which several may stand for one: each of their `columns` once."""
    return f"(SELECT DISTINCT {', '.join(f'{rows}.{quoted(name)}' for name in columns)} FROM {rows}) AS each_once"
