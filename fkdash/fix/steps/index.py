"""Builds the index that serves a foreign key, without stopping anybody (CREATE INDEX, "CONCURRENTLY").

A concurrent build that fails leaves an invalid index behind, which is dropped before the next try. On a
partitioned table every leaf gets its index, and these are attached to one on the whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind
from fkdash.catalog.table_name import TableName, quoted
from fkdash.db.literals import literal
from fkdash.fix.plan import PATIENT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.statements.definition import server_name
from fkdash.fix.statements.redeclaring import locks_on, numbered, short
from fkdash.fix.statements.took_effect import regclass
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Index, Table


def index_name(catalog: Catalog, table: TableName, columns: Sequence[str]) -> str:
    """Give a free name as CREATE INDEX itself would make it, at most 63 bytes long.

    The name of an invalid index on the same columns is used again: that index is dropped first.
    """
    own = catalog.tables[table]

    def is_taken(name: str) -> bool:
        if TableName(table.schema, name) in catalog.tables:
            return True
        called_so = _indexes_by_name(catalog).get((table.schema, name), ())
        return any(other is not own or not _left(own, index, columns) for other, index in called_so)

    names = (server_name(table.name, "_".join(columns), ending) for ending in chain(["idx"], _numbered_endings()))
    return next(name for name in names if not is_taken(name))


def _numbered_endings() -> Iterator[str]:
    return (f"idx{number}" for number in count(1))


@once_per_catalog
def _indexes_by_name(catalog: Catalog) -> Mapping[tuple[str, str], Sequence[tuple[Table, Index]]]:
    """Give the indexes by schema and name, with their tables; a source of files may have several called alike."""
    found: defaultdict[tuple[str, str], list[tuple[Table, Index]]] = defaultdict(list)
    for table in catalog.tables.values():
        for index in table.indexes:
            found[table.name.schema, index.name].append((table, index))
    return found


def index_steps(catalog: Catalog, key: ForeignKey) -> tuple[Step, ...]:
    """Give the steps that build the index on the referencing columns."""
    root = catalog.tables[key.table]
    if root.kind is not TableKind.PARTITIONED:
        return numbered(_build(catalog, key.table, key.columns, 1))
    steps: list[Step] = []
    _steps_below(catalog, root, key.columns, steps)
    return numbered(*steps)


def drop_index_steps(catalog: Catalog, key: ForeignKey) -> tuple[Step, ...]:
    """Give the way back; none where indexes of partitions that were there before have been attached."""
    root = catalog.tables[key.table]
    name = index_name(catalog, key.table, key.columns)
    if root.kind is not TableKind.PARTITIONED:
        step = _step(
            "drop index", f"DROP INDEX CONCURRENTLY {_sql(key.table, name)}", 1, absent_index(key.table, name)
        )
        own = Lock(key.table, LockMode.SHARE_UPDATE_EXCLUSIVE, Duration.SCAN)
        return numbered(_alone(step, own))
    if adopted(catalog, key):
        return ()
    sql = f"DROP INDEX {_sql(key.table, name)}"
    locks = locks_on(catalog, (key.table,), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    return numbered(_step("drop index", sql, 1, absent_index(key.table, name), locks=locks, reserve=key.table))


def adopted(catalog: Catalog, key: ForeignKey) -> tuple[str, ...]:
    """Give the indexes of partitions that are there already and become parts of the whole."""
    below = catalog.with_partitions(key.table)[1:]
    found = (serving(table, key.columns) for table in below)
    return tuple(index.name for index in found if index is not None)


def serving(table: Table, columns: Sequence[str]) -> Index | None:
    """Give a valid plain index on exactly these columns, in this order."""
    numbers = tuple(table.columns_by_name[name].number for name in columns)
    for index in table.indexes:
        plain = index.method == "btree" and index.predicate is None and not index.unique and not index.exclusion
        if index.valid and plain and index.columns == numbers:
            return index
    return None


def valid_index(table: TableName, name: str) -> str:
    """Give a query that is true when the index is there and usable."""
    return f"select exists (select from pg_index where indexrelid = {_oid(table, name)} and indisvalid)"


def absent_index(table: TableName, name: str) -> str:
    """Give a query that is true when the index is not there."""
    return f"select {_oid(table, name)} is null"


def _steps_below(catalog: Catalog, table: Table, columns: Sequence[str], steps: list[Step]) -> str:
    """Add the steps for a table and everything below it; gives the name of its index."""
    found = serving(table, columns)
    if found is not None:
        return found.name
    transaction = steps[-1].transaction + 1 if steps else 1
    if table.kind is not TableKind.PARTITIONED:
        steps.append(_build(catalog, table.name, columns, transaction))
        return index_name(catalog, table.name, columns)
    name = index_name(catalog, table.name, columns)
    sql = f"CREATE INDEX {quoted(name)} ON ONLY {table.name.sql} ({_spelled(columns)})"
    there = f"select {_oid(table.name, name)} is not null"
    lock = Lock(table.name, LockMode.SHARE, Duration.INSTANT)
    if not any(_left(table, index, columns) and index.name == name for index in table.indexes):
        steps.append(_step("declare index", sql, transaction, there, locks=(lock,), reserve=table.name))
    for partition in catalog.partitions.get(table.name, ()):
        child = _steps_below(catalog, catalog.tables[partition], columns, steps)
        after = steps[-1].transaction + 1 if steps else 1
        steps.append(_attach(table.name, name, partition, child, after))
    return name


def _build(catalog: Catalog, table: TableName, columns: Sequence[str], transaction: int) -> Step:
    name = index_name(catalog, table, columns)
    sql = f"CREATE INDEX CONCURRENTLY {quoted(name)} ON {table.sql} ({_spelled(columns)})"
    remove = f"DROP INDEX CONCURRENTLY IF EXISTS {_sql(table, name)}"
    step = _step("build index", sql, transaction, valid_index(table, name), undo=remove)
    left = (
        f"select exists (select from pg_index where indexrelid = {_oid(table, name)} "
        f"and indrelid = {regclass(table)} and not indisvalid)"
    )
    return _alone(step, Lock(table, LockMode.SHARE_UPDATE_EXCLUSIVE, Duration.SCAN), leftover=left, cleanup=remove)


def _attach(table: TableName, name: str, partition: TableName, child: str, transaction: int) -> Step:
    sql = f"ALTER INDEX {_sql(table, name)} ATTACH PARTITION {_sql(partition, child)}"
    attached = (
        f"select exists (select from pg_inherits where inhrelid = {_oid(partition, child)} "
        f"and inhparent = {_oid(table, name)})"
    )
    locks = (
        Lock(table, LockMode.ACCESS_SHARE, Duration.INSTANT),
        Lock(partition, LockMode.ACCESS_SHARE, Duration.INSTANT),
    )
    return _step("attach index", sql, transaction, attached, locks=locks)


def _step(
    title: str,
    sql: str,
    transaction: int,
    done_when: str,
    *,
    locks: tuple[Lock, ...] = (),
    reserve: TableName | None = None,
    undo: str | None = None,
) -> Step:
    step = short(title, sql, transaction, locks, done_when, reserve=reserve, undo=undo)
    return step if reserve else replace(step, lock_timeout_ms=PATIENT_LOCK_MS, statement_timeout_ms=0)


def _alone(step: Step, lock: Lock, *, leftover: str | None = None, cleanup: str | None = None) -> Step:
    # Its waits for other transactions count as waits for a lock: any limit would make it fail halfway.
    return replace(
        step,
        locks=(lock,),
        lock_timeout_ms=0,
        statement_timeout_ms=0,
        alone=True,
        leftover=leftover,
        cleanup=cleanup,
    )


def _left(table: Table, index: Index, columns: Sequence[str]) -> bool:
    return not index.valid and index.columns == tuple(table.columns_by_name[name].number for name in columns)


def _spelled(columns: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in columns)


def _sql(table: TableName, index: str) -> str:
    return TableName(table.schema, index).sql


def _oid(table: TableName, index: str) -> str:
    return f"to_regclass({literal(_sql(table, index))})"
