"""The way back from a repair of orphans: the rows as they were, under the key as it was before it was proven.

A key that checks new rows refuses an orphan. So each batch takes the key away, puts rows back and declares the
key again without checking what is there, all in one transaction under ACCESS EXCLUSIVE: nobody else's row can slip
in. What was changed since, or whose place is taken, stays as it is, and stays kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.spelling import equals, is_null, referenced_row, source
from fkdash.catalog.table_name import TableName, quoted
from fkdash.fix.plan import (
    Batch,
    Duration,
    Kept,
    Lock,
    LockMode,
    Step,
)
from fkdash.fix.statements.definition import add, drop
from fkdash.fix.statements.redeclaring import (
    comment_steps,
    locks_on,
    locks_on_heirs,
    numbered,
    partition_names,
    short,
)
from fkdash.fix.statements.took_effect import key_is
from fkdash.fix.steps.batch import once, repeated
from fkdash.fix.steps.change_key import takes_not_valid
from fkdash.fix.steps.duplicate import twins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, Index, Table

_BATCH_ROWS: Final = 500
"""Few enough to hold ACCESS EXCLUSIVE for no longer than a lock is waited for."""


def unproven(key: ForeignKey) -> ForeignKey:
    """Give the key as it can stand beside orphans: it checks new rows only, or none if it checked none before."""
    return replace(key, validated=False)


def no_way_back(catalog: Catalog, key: ForeignKey, written: Mapping[str, str | None]) -> str:
    """Say why rows cannot be put back; empty where they can.

    `written` is what the repair writes: a constant for each column, None for NULL; nothing where it deletes.
    """
    if not takes_not_valid(catalog, key):
        return "before PostgreSQL 18 a key of a partitioned table cannot stand beside orphans"
    if any(twin.enforced for twin in twins(catalog, key)):
        return "another key checks the same columns"
    if written and not catalog.tables[key.table].primary_key:
        return f"{key.table} has no primary key that tells its rows apart"
    return ""


def lost_with(catalog: Catalog, key: ForeignKey) -> tuple[TableName, ...]:
    """Give the tables whose rows a delete of referencing rows changes too; their rows are not kept."""
    follow = {Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT}
    keys = catalog.referencing.get(key.table, ())
    return tuple(dict.fromkeys(each.table for each in keys if each.enforced and each.on_delete in follow))


def lost_with_writing(
    catalog: Catalog, key: ForeignKey, written: Mapping[str, str | None]
) -> tuple[TableName, ...]:
    """Give the tables whose rows refer to what is written and do not follow it back: their values are not kept.

    Rows that follow a value (ON UPDATE CASCADE) follow the one that is put back too; none refers to NULL.
    """
    follow = {Action.SET_NULL, Action.SET_DEFAULT}
    if None in written.values():
        follow.add(Action.CASCADE)
    keys = catalog.referencing.get(key.table, ())
    return tuple(
        dict.fromkeys(
            each.table
            for each in keys
            if each.enforced and each.on_update in follow and set(each.referenced_columns) & set(written)
        )
    )


def kept_rows(
    catalog: Catalog,
    key: ForeignKey,
    kept: TableName,
    written: Mapping[str, str | None],
    *,
    standing: bool = False,
) -> Kept:
    """Give where the rows are kept, and the query that counts them and those that can go back.

    `standing` says that the key stays declared, so that only rows go back whose referenced row is there.
    """
    ready = _ready(catalog, key, kept, written, standing=standing)
    return Kept(
        kept,
        f"select (select count(*) from {kept.sql}) as kept, (select count(*) from ({ready}) r) as returning_rows",
    )


def put_back_steps(
    catalog: Catalog, key: ForeignKey, kept: TableName, written: Mapping[str, str | None]
) -> tuple[Step, ...]:
    """Give the steps that put the kept rows back, none where there is no way; `key` is the one before it."""
    if no_way_back(catalog, key, written):
        return ()
    put = _put_back_deleted if not written else _put_back_values
    sql, batch = put(catalog, key, kept, written)
    return with_key_lifted(catalog, key, "put back", sql, batch=batch, ready=_ready(catalog, key, kept, written))


def with_key_lifted(
    catalog: Catalog, key: ForeignKey, title: str, sql: str, *, batch: Batch, ready: str
) -> tuple[Step, ...]:
    """Give the steps that repeat `sql` until `ready` selects nothing, each time in a transaction without the key.

    `key` is the one from before the repair; it is declared again without a look at the rows.
    """
    proven, left = replace(key, validated=True, enforced=True), unproven(key)
    done = f"select not exists ({ready}) and ({key_is(left, proven)})"
    locks = locks_on(catalog, (key.table, key.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    heirs = locks_on_heirs(catalog, key.table, LockMode.SHARE_ROW_EXCLUSIVE)
    return numbered(
        short("lift", drop(key.table, key.name), 1, locks, done, reserve=key.table),
        replace(short(title, sql, 1, (), done), repeats=True, batch=batch),
        short("declare", add(key.table, key.name, left, not_valid=True), 1, heirs, done),
        *comment_steps(key, 1),
        *partition_names(catalog, key, key.name, 1),
    )


def put_back_standing(
    catalog: Catalog, key: ForeignKey, kept: TableName, written: Mapping[str, str | None]
) -> tuple[Step, ...]:
    """Give the step that puts rows back under a key that stands: those whose referenced row is still there."""
    if written and not catalog.tables[key.table].primary_key:
        return ()
    put = _put_back_values if written else _put_back_deleted
    sql, batch = put(catalog, key, kept, written, standing=True)
    locks = (Lock(key.table, LockMode.ROW_EXCLUSIVE, Duration.SCAN),)
    done = f"select not exists ({_ready(catalog, key, kept, written, standing=True)})"
    return numbered(repeated("put back", sql, 1, locks, done, batch=batch))


def _put_back_deleted(
    catalog: Catalog,
    key: ForeignKey,
    kept: TableName,
    written: Mapping[str, str | None],
    *,
    standing: bool = False,
) -> tuple[str, Batch]:
    columns = [column.name for column in catalog.tables[key.table].columns if not column.generated]
    names = ", ".join(map(quoted, columns))
    rows = ", ".join(f"back.{quoted(name)}" for name in columns)
    last = f"INSERT INTO {key.table.sql} ({names}) OVERRIDING SYSTEM VALUE SELECT {rows} FROM back"
    return _taking_back(catalog, key, kept, written, last, standing=standing), Batch(last, "back")


def _put_back_values(
    catalog: Catalog,
    key: ForeignKey,
    kept: TableName,
    written: Mapping[str, str | None],
    *,
    standing: bool = False,
) -> tuple[str, Batch]:
    assigned = ", ".join(f"{quoted(name)} = back.{quoted(name)}" for name in written)
    same = _same_row(catalog, key, written, "back")
    last = f"UPDATE {source(catalog, key.table)} c SET {assigned} FROM back WHERE {same}"
    # A row that was changed twice is kept twice.
    batch = Batch(last, once("back", catalog.tables[key.table].primary_key))
    return _taking_back(catalog, key, kept, written, last, standing=standing), batch


def _taking_back(
    catalog: Catalog,
    key: ForeignKey,
    kept: TableName,
    written: Mapping[str, str | None],
    last: str,
    *,
    standing: bool,
) -> str:
    """Give the statement that takes rows out of those that are kept and ends with `last`, over `back`."""
    return (
        f"WITH back AS (\n"
        f"  DELETE FROM {kept.sql} k WHERE k.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\n"
        f"    {_ready(catalog, key, kept, written, standing=standing)} LIMIT {_BATCH_ROWS}))\n"
        f"  RETURNING k.*)\n"
        f"{last}"
    )


def _ready(
    catalog: Catalog,
    key: ForeignKey,
    kept: TableName,
    written: Mapping[str, str | None],
    *,
    standing: bool = False,
) -> str:
    """Select the kept rows that can go back: the row's place is free, or it is as the repair left it."""
    rows = source(catalog, key.table)
    conditions = []
    if standing:
        conditions.append(f"EXISTS ({referenced_row(catalog, key, 'k')})")
    table = catalog.tables[key.table]
    if written:
        free = "".join(f" AND {each}" for each in _free(catalog, table, rows, written))
        conditions.append(f"EXISTS (SELECT FROM {rows} c WHERE {_same_row(catalog, key, written, 'k')}{free})")
    else:
        for index in _unique(table):
            names = _columns(table, index)
            taken = " AND ".join(_place(catalog, table, index, name, f"k.{quoted(name)}") for name in names)
            conditions.append(f"NOT EXISTS (SELECT FROM {rows} u WHERE {taken})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT k.ctid FROM {kept.sql} k{where}"


def _same_row(catalog: Catalog, key: ForeignKey, written: Mapping[str, str | None], kept: str) -> str:
    """Say that `c` is the row that `kept` was, and still has what the repair wrote."""
    table = catalog.tables[key.table]
    primary = [name for name in table.primary_key if name not in written]
    same = [f"c.{quoted(name)} {equals(catalog, table, name)} {kept}.{quoted(name)}" for name in primary]
    same += [
        is_null(f"c.{quoted(name)}", table.columns_by_name[name].plain_type)
        if constant is None
        else f"c.{quoted(name)} {equals(catalog, table, name)} {constant}"
        for name, constant in written.items()
    ]
    return " AND ".join(same)


def _free(catalog: Catalog, table: Table, rows: str, written: Mapping[str, str | None]) -> Iterator[str]:
    """Say that no other row `u` has a place in a unique index that `c` would take with what `k` kept."""
    itself = " AND ".join(
        f"u.{quoted(name)} {equals(catalog, table, name)} c.{quoted(name)}" for name in table.primary_key
    )
    for index in _unique(table):
        names = _columns(table, index)
        if set(names) & set(written):
            taken = " AND ".join(
                _place(catalog, table, index, name, f"{'k' if name in written else 'c'}.{quoted(name)}")
                for name in names
            )
            yield f"NOT EXISTS (SELECT FROM {rows} u WHERE {taken} AND NOT ({itself}))"


def _unique(table: Table) -> Iterator[Index]:
    """Give the indexes in which a row's columns alone decide whether its place is taken."""
    for index in table.indexes:
        if index.unique and index.valid and not index.predicate and 0 not in index.columns:
            yield index


def _columns(table: Table, index: Index) -> list[str]:
    return [table.columns_by_number[number].name for number in index.columns]


def _place(catalog: Catalog, table: Table, index: Index, name: str, value: str) -> str:
    """Say that `u` has a value in a column of a unique index."""
    same = f"u.{quoted(name)} {equals(catalog, table, name)} {value}"
    if not index.nulls_not_distinct:
        return same
    kind = table.columns_by_name[name].plain_type
    return f"({same} OR ({is_null(f'u.{quoted(name)}', kind)} AND {is_null(value, kind)}))"
