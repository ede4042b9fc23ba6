"""Reads the catalog of a live PostgreSQL (14 to 18) from pg_catalog alone.

One flat query per kind of object, joined here in memory: correlated subqueries
per column take minutes where this takes a second, and information_schema shows
a role that may only SELECT no foreign keys at all.
"""

from __future__ import annotations

from asyncio import gather, to_thread
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fkdash.catalog.collector import collector_at_rest
from fkdash.catalog.columns import add_defaults, columns_of, domains_of, name_not_nulls, read_column_rows
from fkdash.catalog.fact import fact
from fkdash.catalog.foreign_keys import foreign_keys_of, used_columns
from fkdash.catalog.model import (
    Catalog,
    Check,
    Index,
    Privileges,
    Server,
    Size,
    Table,
    TableKind,
    TableName,
    Trigger,
)
from fkdash.catalog.table_parts import checks_of, indexes_of, triggers_of
from fkdash.db.queries import query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.columns import ColumnsByTable
    from fkdash.db.session import Row, Session

_KINDS: Final = {"r": TableKind.ORDINARY, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}

# The planner takes the groups of things alike for many more than they are: it would sort them, on disk.
_PLANNING: Final = {
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    "work_mem": "32MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


@fact
class _Parts:
    """What belongs to tables, found by the table's OID."""

    columns: ColumnsByTable
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
    async with _settings(session, search_path="pg_catalog", **_PLANNING):
        with collector_at_rest():
            return await _read(session, only)


@asynccontextmanager
async def _settings(session: Session, **settings: str) -> AsyncIterator[None]:
    """Have the session use these settings meanwhile."""
    before = await session.rows(
        "select name, current_setting(name) as value from unnest($1::text[]) as s (name)", list(settings)
    )
    await _apply(session, settings)
    yield
    await _apply(session, {row["name"]: row["value"] for row in before})


async def _apply(session: Session, settings: Mapping[str, str]) -> None:
    await session.rows(
        "select set_config(name, value, true) from unnest($1::text[], $2::text[]) as s (name, value)",
        list(settings),
        list(settings.values()),
    )


async def _read(session: Session, only: Sequence[int] | None) -> Catalog:
    """Read, and meanwhile make in a thread what can be made of what has been read; so the loop stays free too."""

    async def rows(name: str) -> Sequence[Row]:
        return await session.rows(query("fkdash.catalog", name), only)

    server = await read_server(session)
    opclasses = {row["oid"]: row["spelling"] for row in await _small(session, "operator_classes")}
    domains = domains_of(await _small(session, "domains"))
    key_rows = await rows("foreign_keys")
    operators_used = sorted({operator for row in key_rows for operator in row["operators"] or ()})
    operators = {row["oid"]: row["spelling"] for row in await _small(session, "operators", operators_used)}
    column_rows = await read_column_rows(session, only)
    table_rows, columns = await gather(rows("tables"), to_thread(columns_of, column_rows, domains))
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in table_rows}
    index_rows, foreign_keys = await gather(
        rows("indexes"), to_thread(foreign_keys_of, key_rows, names, columns, operators)
    )
    [not_null_row], indexes = await gather(rows("not_nulls"), to_thread(indexes_of, index_rows, opclasses))
    check_rows, _ = await gather(rows("checks"), to_thread(name_not_nulls, not_null_row, columns, names))
    trigger_rows, used = await gather(rows("triggers"), to_thread(used_columns, key_rows))
    await add_defaults(session, columns, column_rows, used)
    parts = _Parts(
        columns=columns,
        checks=await _read_checks(session, check_rows, columns, used),
        indexes=indexes,
        triggers=triggers_of(trigger_rows),
    )
    return Catalog(
        tables=await to_thread(_tables, table_rows, names, parts),
        foreign_keys=foreign_keys,
        server=server,
        domains={(domain.schema, domain.name): domain for domain in domains.values()},
    )


async def _small(session: Session, name: str, *arguments: object) -> Sequence[Row]:
    return await session.rows(query("fkdash.catalog", name), *arguments)


async def _read_checks(
    session: Session, rows: Sequence[Row], columns: ColumnsByTable, used: Mapping[int, AbstractSet[int]]
) -> Mapping[int, tuple[Check, ...]]:
    """Give the checks, with their expressions where an action of a foreign key could meet them.

    Spelling one is what takes time. It matters where the check reads a column that is `used` in a foreign key or
    is computed from others, where pg_constraint does not say which it reads (none, or 0 for the whole row), and
    where it is NOT VALID: any UPDATE may then be refused.
    """

    def matters(row: Row) -> bool:
        in_keys, known = used.get(row["table_oid"], ()), columns.get(row["table_oid"], {})
        return not row["validated"] or any(
            number in in_keys or number not in known or known[number].generated
            for number in row["columns"] or (0,)
        )

    wanted = [row["oid"] for row in rows if matters(row)]
    found = await session.rows(query("fkdash.catalog", "check_expressions"), wanted) if wanted else ()
    return checks_of(rows, {row["oid"]: row["expression"] for row in found})


def _tables(rows: Sequence[Row], names: Mapping[int, TableName], parts: _Parts) -> Mapping[TableName, Table]:
    return {names[row["oid"]]: _table(row, names, parts) for row in rows}


def _table(row: Row, names: Mapping[int, TableName], parts: _Parts) -> Table:
    oid = row["oid"]
    parents = tuple(names[parent] for parent in row["parents"] or () if parent in names)
    return Table(
        name=names[oid],
        kind=_KINDS[row["kind"]],
        columns=tuple(parts.columns.get(oid, {}).values()),
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
