"""Reads the catalog of a live PostgreSQL (14 to 18) from pg_catalog alone.

One flat query per kind of object, joined here in memory: correlated subqueries
per column take minutes where this takes a second, and information_schema shows
a role that may only SELECT no foreign keys at all.
"""

from __future__ import annotations

from asyncio import TaskGroup, gather, to_thread
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.columns import add_defaults, columns_of, domains_of, name_not_nulls, read_column_rows
from fkdash.catalog.fact import fact
from fkdash.catalog.foreign_keys import foreign_keys_of, used_columns
from fkdash.catalog.garbage_collection import collector_at_rest
from fkdash.catalog.model import (
    Catalog,
    Check,
    Index,
    Table,
    TableKind,
    TableName,
)
from fkdash.catalog.publications import read_unpublishable
from fkdash.catalog.surroundings import (
    LONGEST_SOURCE,
    OwnerRights,
    Privileges,
    Replication,
    RewriteRule,
    Server,
    Size,
    Trigger,
    Unpublishable,
)
from fkdash.catalog.table_parts import checks_of, indexes_of, rules_of, triggers_of
from fkdash.db.queries import query
from fkdash.errors import FkdashError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.columns import ColumnRows, ColumnsByTable
    from fkdash.catalog.model import Domain, ForeignKey
    from fkdash.db.session import Row, Session, Sessions

_KINDS: Final = {"r": TableKind.ORDINARY, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}

# The planner takes the groups of things alike for many more than they are: it would sort them, on disk.
_PLANNING: Final = {
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    "work_mem": "32MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


"""Characters of a trigger function's text that are read; a longer one is not looked into."""

_One = TypeVar("_One")
_Other = TypeVar("_Other")


@fact
class _Declared:
    """Tables, columns and foreign keys: as rows where something is still to be made of them."""

    domains: Mapping[int, Domain]
    table_rows: Sequence[Row]
    names: Mapping[int, TableName]
    column_rows: ColumnRows
    columns: ColumnsByTable
    key_rows: Sequence[Row]
    foreign_keys: tuple[ForeignKey, ...]


@fact
class _Parts:
    """What belongs to tables beside their columns, found by the table's OID."""

    indexes: Mapping[int, tuple[Index, ...]]
    triggers: Mapping[int, tuple[Trigger, ...]]
    rules: Mapping[int, tuple[RewriteRule, ...]]
    unpublishable: Mapping[int, tuple[Unpublishable, ...]]
    check_rows: Sequence[Row]
    not_nulls: Row


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


async def read_whole_catalog(sessions: Sessions) -> Catalog:
    """Give everything declared in the database, read with two sessions on one snapshot where there can be two.

    Raises the session's errors.
    """
    async with sessions.session() as session, sessions.beside(session) as beside:
        return await read_catalog(session, beside=beside)


async def read_catalog(
    session: Session, only: Sequence[int] | None = None, *, beside: Session | None = None
) -> Catalog:
    """Give everything declared in the session's database, as one snapshot sees it.

    `only` limits it to tables with these OIDs and the foreign keys between them;
    `beside` is a second session on the same snapshot, to ask at the same time.

    search_path is pg_catalog meanwhile, so that types and expressions come out
    schema-qualified. Raises the session's errors.
    """
    async with AsyncExitStack() as meanwhile:
        for each in (session, beside) if beside is not None else (session,):
            await meanwhile.enter_async_context(_settings(each, search_path="pg_catalog", **_PLANNING))
        with collector_at_rest():
            return await _read(session, beside, only)


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


async def _read(session: Session, beside: Session | None, only: Sequence[int] | None) -> Catalog:
    server = await read_server(session)
    opclasses = {row["oid"]: row["spelling"] for row in await _small(session, "operator_classes")}
    declared, parts = await _both(
        _read_declared(session, only),
        _read_parts(beside or session, server.major, opclasses, only),
        together=beside is not None,
    )
    columns, names = declared.columns, declared.names
    await to_thread(name_not_nulls, parts.not_nulls, columns, names)
    used = await to_thread(used_columns, declared.key_rows)
    await add_defaults(session, columns, declared.column_rows, used)
    checks = await _read_checks(session, parts.check_rows, columns, used)
    distinct = await _read_distinct(session, declared)
    return Catalog(
        tables=await to_thread(_tables, declared, parts, checks, distinct),
        foreign_keys=declared.foreign_keys,
        server=server,
        domains={(domain.schema, domain.name): domain for domain in declared.domains.values()},
    )


async def _both(
    one: Coroutine[None, None, _One], other: Coroutine[None, None, _Other], *, together: bool
) -> tuple[_One, _Other]:
    """Wait for both, one after the other unless they may run together."""
    if not together:
        try:
            return await one, await other
        finally:
            # Where the first one failed the other has not begun, and never will.
            other.close()
    try:
        async with TaskGroup() as group:
            first, second = group.create_task(one), group.create_task(other)
    except* FkdashError as errors:
        raise errors.exceptions[0] from None
    return first.result(), second.result()


async def _read_declared(session: Session, only: Sequence[int] | None) -> _Declared:
    """Read tables, columns and foreign keys, and make in a thread what can be made of what has been read."""
    domains = domains_of(await _small(session, "domains"))
    key_rows = await session.rows(query("fkdash.catalog", "foreign_keys"), only)
    operators_used = sorted({operator for row in key_rows for operator in row["operators"] or ()})
    operators = {row["oid"]: row["spelling"] for row in await _small(session, "operators", operators_used)}
    column_rows = await read_column_rows(session, only)
    table_rows, columns = await gather(
        session.rows(query("fkdash.catalog", "tables"), only), to_thread(columns_of, column_rows, domains)
    )
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in table_rows}
    return _Declared(
        domains=domains,
        table_rows=table_rows,
        names=names,
        column_rows=column_rows,
        columns=columns,
        key_rows=key_rows,
        foreign_keys=await to_thread(foreign_keys_of, key_rows, names, columns, operators),
    )


async def _read_parts(
    session: Session, major: int, opclasses: Mapping[int, str], only: Sequence[int] | None
) -> _Parts:
    """Read indexes, triggers and checks, these without expressions, and the names of NOT NULL constraints."""

    async def rows(name: str) -> Sequence[Row]:
        return await session.rows(query("fkdash.catalog", name), only)

    index_rows = await rows("indexes")
    [not_nulls], indexes = await gather(rows("not_nulls"), to_thread(indexes_of, index_rows, opclasses))
    return _Parts(
        indexes=indexes,
        not_nulls=not_nulls,
        check_rows=await rows("checks"),
        triggers=await _read_triggers(session, only),
        rules=rules_of(await rows("rules")),
        unpublishable=await read_unpublishable(session, major, only),
    )


async def _read_triggers(session: Session, only: Sequence[int] | None) -> Mapping[int, tuple[Trigger, ...]]:
    """Read the triggers, and once each what those that users made run."""
    rows = await _small(session, "triggers", only)
    wanted = sorted({row["function_oid"] for row in rows if row["constraint_oid"] is None})
    functions = await _small(session, "trigger_functions", wanted, LONGEST_SOURCE) if wanted else ()
    return triggers_of(rows, functions)


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


async def _read_distinct(session: Session, declared: _Declared) -> Mapping[int, tuple[tuple[int, float], ...]]:
    """Give what statistics say of the columns of tables with foreign keys of several columns."""
    wanted = sorted({oid for row in declared.key_rows if len(row["columns"]) > 1 for oid in row["tables"]})
    found: dict[int, list[tuple[int, float]]] = {}
    for row in await _small(session, "statistics", wanted) if wanted else ():
        found.setdefault(row["table_oid"], []).append((row["number"], row["distinct"]))
    return {oid: tuple(each) for oid, each in found.items()}


def _tables(
    declared: _Declared,
    parts: _Parts,
    checks: Mapping[int, tuple[Check, ...]],
    distinct: Mapping[int, tuple[tuple[int, float], ...]],
) -> Mapping[TableName, Table]:
    return {
        declared.names[row["oid"]]: _table(row, declared, parts, checks.get(row["oid"], ()), distinct)
        for row in declared.table_rows
    }


def _replication(row: Row) -> Replication | None:
    if row["publications"] is None and row["subscriptions"] is None:
        return None
    return Replication(
        tuple(row["publications"] or ()), tuple(row["subscriptions"] or ()), bool(row["new_tables_too"])
    )


def _table(
    row: Row,
    declared: _Declared,
    parts: _Parts,
    checks: tuple[Check, ...],
    distinct: Mapping[int, tuple[tuple[int, float], ...]],
) -> Table:
    oid, names = row["oid"], declared.names
    parents = tuple(names[parent] for parent in row["parents"] or () if parent in names)
    return Table(
        name=names[oid],
        kind=_KINDS[row["kind"]],
        columns=tuple(declared.columns.get(oid, {}).values()),
        checks=checks,
        indexes=parts.indexes.get(oid, ()),
        triggers=parts.triggers.get(oid, ()),
        owner=row["owner"],
        size=Size(rows=row["rows"], bytes=row["bytes"]),
        privileges=Privileges(select=row["may_select"], references=row["may_reference"], own=row["may_alter"]),
        owner_rights=OwnerRights(
            row["owner_usage"], row["owner_select"], row["owner_update"], row["owner_delete"]
        ),
        unpublishable=parts.unpublishable.get(oid, ()),
        partition_of=parents[0] if row["is_partition"] and parents else None,
        inherits=() if row["is_partition"] else parents,
        row_security=row["row_security"],
        force_row_security=row["force_row_security"],
        rules=parts.rules.get(oid, ()),
        extension=row["extension"],
        locked=row["locked"],
        nulls_without_partition=() if row["hashed"] or row["nulls_into"] else tuple(row["partition_key"] or ()),
        nulls_into=names.get(row["nulls_into"]),
        partition_key=tuple(row["partition_key"] or ()),
        replication=_replication(row),
        distinct=distinct.get(oid, ()),
        oid=oid,
    )
