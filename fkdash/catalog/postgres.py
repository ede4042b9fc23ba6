"""Reads the catalog of a live PostgreSQL (14 to 18) from pg_catalog alone.

One flat query per kind of object, joined here in memory: correlated subqueries
per column take minutes where this takes a second, and information_schema shows
a role that may only SELECT no foreign keys at all.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.columns import domains_of, read_columns
from fkdash.catalog.model import (
    Action,
    Catalog,
    Check,
    Column,
    Copy,
    ForeignKey,
    Index,
    Match,
    Privileges,
    Server,
    Size,
    Table,
    TableKind,
    TableName,
    Trigger,
)
from fkdash.db.queries import query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence

    from fkdash.db.session import Row, Session

_ACTIONS: Final = {
    "a": Action.NO_ACTION,
    "r": Action.RESTRICT,
    "c": Action.CASCADE,
    "n": Action.SET_NULL,
    "d": Action.SET_DEFAULT,
}
_KINDS: Final = {"r": TableKind.ORDINARY, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}
_EVENT_BITS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_ROW_BIT: Final = 1
_BEFORE_BIT: Final = 2

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to tables, found by the table's OID."""

    columns: Mapping[int, tuple[Column, ...]]
    checks: Mapping[int, tuple[Check, ...]]
    indexes: Mapping[int, tuple[Index, ...]]
    triggers: Mapping[int, tuple[Trigger, ...]]


async def read_server(session: Session) -> Server:
    """Give the server's facts and the session's role."""
    row = await session.row(query("fkdash.catalog", "server"))
    assert row is not None  # noqa: S101 - the current role and database always exist
    return Server(
        version_number=row["version_number"],
        version=row["version"],
        database=row["database"],
        role=row["role"],
        superuser=row["superuser"],
        standby=row["standby"],
        read_only=row["read_only"],
        host=row["host"],
        encoding=row["encoding"],
        bypasses_row_security=row["bypasses_row_security"],
    )


async def read_catalog(session: Session, only: Sequence[int] | None = None) -> Catalog:
    """Give everything declared in the session's database, as one snapshot sees it.

    `only` limits it to tables with these OIDs and the foreign keys between them.

    search_path is pg_catalog meanwhile, so that types and expressions come out
    schema-qualified. Raises the session's errors.
    """
    async with _qualified_names(session):
        with _without_garbage_collection():
            return await _read(session, only)


@asynccontextmanager
async def _qualified_names(session: Session) -> AsyncIterator[None]:
    before = await session.value("select current_setting('search_path')")
    await session.value("select set_config('search_path', 'pg_catalog', true)")
    yield
    await session.value("select set_config('search_path', $1, true)", before)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the collector: it would walk hundreds of thousands of new objects again and again for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _read(session: Session, only: Sequence[int] | None) -> Catalog:
    async def rows(name: str) -> Sequence[Row]:
        return await session.rows(query("fkdash.catalog", name), only)

    server = await read_server(session)
    opclass_rows = await session.rows(query("fkdash.catalog", "operator_classes"))
    opclasses = {row["oid"]: row["spelling"] for row in opclass_rows}
    domains = domains_of(await session.rows(query("fkdash.catalog", "domains")))
    parts = _Parts(
        columns=await read_columns(session, domains, only),
        checks=_by_table(await rows("checks"), _check),
        indexes=_by_table(await rows("indexes"), lambda row: _index(row, opclasses)),
        triggers=_by_table(await rows("triggers"), _trigger),
    )
    table_rows = await rows("tables")
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in table_rows}
    tables = {names[row["oid"]]: _table(row, names, parts) for row in table_rows}
    key_rows = await rows("foreign_keys")
    used = sorted({operator for row in key_rows for operator in row["operators"] or ()})
    operator_rows = await session.rows(query("fkdash.catalog", "operators"), used)
    operators = {row["oid"]: row["spelling"] for row in operator_rows}
    return Catalog(
        tables=tables,
        foreign_keys=_foreign_keys(key_rows, names, tables, operators),
        server=server,
        domains={(domain.schema, domain.name): domain for domain in domains.values()},
    )


async def read_definition(session: Session, key: ForeignKey) -> str:
    """Give a foreign key as pg_get_constraintdef spells it, the referenced table schema-qualified."""
    async with _qualified_names(session):
        return str(await session.value(query("fkdash.catalog", "definition"), key.oid))


def _by_table(rows: Iterable[Row], make: Callable[[Row], _T]) -> Mapping[int, tuple[_T, ...]]:
    found: defaultdict[int, list[_T]] = defaultdict(list)
    for row in rows:
        found[row["table_oid"]].append(make(row))
    return {oid: tuple(items) for oid, items in found.items()}


def _check(row: Row) -> Check:
    return Check(
        name=row["name"],
        expression=row["expression"] or "",
        columns=tuple(row["columns"] or ()),
        validated=row["validated"],
        enforced=row["enforced"],
    )


def _index(row: Row, opclasses: Mapping[int, str]) -> Index:
    return Index(
        name=row["name"],
        columns=tuple(row["columns"]),
        unique=row["unique"],
        primary=row["primary"],
        valid=row["valid"],
        method=row["method"],
        predicate=(row["predicate"] or "") if row["partial"] else None,
        nulls_not_distinct=row["nulls_not_distinct"],
        replica_identity=row["replica_identity"],
        exclusion=row["exclusion"],
        opclasses=tuple(opclasses.get(oid, "") for oid in row["opclasses"]),
        expressions=row["expressions"],
        oid=row["oid"],
    )


def _trigger(row: Row) -> Trigger:
    kind = row["type"]
    return Trigger(
        name=row["name"],
        function=f"{row['function_schema']}.{row['function']}",
        enabled=row["enabled"],
        before=bool(kind & _BEFORE_BIT),
        row=bool(kind & _ROW_BIT),
        events=frozenset(event for event, bit in _EVENT_BITS.items() if kind & bit),
        constraint=row["constraint_oid"],
    )


def _table(row: Row, names: Mapping[int, TableName], parts: _Parts) -> Table:
    oid = row["oid"]
    parents = tuple(names[parent] for parent in row["parents"] or () if parent in names)
    return Table(
        name=names[oid],
        kind=_KINDS[row["kind"]],
        columns=parts.columns.get(oid, ()),
        checks=parts.checks.get(oid, ()),
        indexes=parts.indexes.get(oid, ()),
        triggers=parts.triggers.get(oid, ()),
        owner=row["owner"],
        size=Size(rows=row["rows"], bytes=row["bytes"]),
        privileges=Privileges(select=row["may_select"], references=row["may_reference"], own=row["may_alter"]),
        partition_of=parents[0] if row["is_partition"] and parents else None,
        inherits=() if row["is_partition"] else parents,
        row_security=row["row_security"],
        force_row_security=row["force_row_security"],
        has_rules=row["has_rules"],
        extension=row["extension"],
        locked=row["locked"],
        nulls_without_partition=tuple(row["nulls_without_partition"] or ()),
        oid=oid,
    )


def _foreign_keys(
    rows: Sequence[Row],
    names: Mapping[int, TableName],
    tables: Mapping[TableName, Table],
    operators: Mapping[int, str],
) -> tuple[ForeignKey, ...]:
    known = [row for row in rows if row["table_oid"] in names and row["referenced_oid"] in names]
    parent_of = {row["oid"]: row["parent"] for row in known}
    copies: defaultdict[int, list[Copy]] = defaultdict(list)
    for row in known:
        if row["parent"]:
            root = row["parent"]
            while parent_of.get(root):
                root = parent_of[root]
            copies[root].append(
                Copy(
                    name=row["name"],
                    table=names[row["table_oid"]],
                    referenced=names[row["referenced_oid"]],
                    validated=row["validated"],
                    oid=row["oid"],
                )
            )
    return tuple(
        _foreign_key(row, names, tables, operators, tuple(copies.get(row["oid"], ())))
        for row in known
        if not row["parent"]
    )


def _foreign_key(
    row: Row,
    names: Mapping[int, TableName],
    tables: Mapping[TableName, Table],
    operators: Mapping[int, str],
    copies: tuple[Copy, ...],
) -> ForeignKey:
    table, referenced = names[row["table_oid"]], names[row["referenced_oid"]]
    own = tables[table].columns_by_number
    other = tables[referenced].columns_by_number
    return ForeignKey(
        name=row["name"],
        table=table,
        columns=tuple(own[number].name for number in row["columns"]),
        referenced=referenced,
        referenced_columns=tuple(other[number].name for number in row["referenced_columns"]),
        on_delete=_ACTIONS[row["on_delete"]],
        on_update=_ACTIONS[row["on_update"]],
        delete_columns=tuple(own[number].name for number in row["delete_columns"] or ()),
        match=Match.FULL if row["match"] == "f" else Match.SIMPLE,
        deferrable=row["deferrable"],
        initially_deferred=row["initially_deferred"],
        validated=row["validated"],
        enforced=row["enforced"],
        period=row["period"],
        comment=row["comment"],
        index=row["index_oid"] or None,
        operators=tuple(operators[oid] for oid in row["operators"] or ()),
        copies=copies,
        oid=row["oid"],
    )
