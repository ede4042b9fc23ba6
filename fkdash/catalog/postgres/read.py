"""Reads the catalog of a live PostgreSQL (14 to 18) from pg_catalog alone.

One flat query per kind of object, joined here in memory: correlated subqueries
per column take minutes where this takes a second, and information_schema shows
a role that may only SELECT no foreign keys at all.
"""

from __future__ import annotations

from asyncio import to_thread
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fkdash.catalog.garbage_collection import collector_at_rest
from fkdash.catalog.model import Catalog, Check, Index, Table, TableKind
from fkdash.catalog.postgres.asking import Asking
from fkdash.catalog.postgres.columns import (
    add_defaults,
    columns_of,
    domains_of,
    name_not_nulls,
    read_column_rows,
    with_own_keys,
)
from fkdash.catalog.postgres.foreign_keys import every_key_of, foreign_keys_of, used_columns, with_heirs
from fkdash.catalog.postgres.publications import read_unpublishable
from fkdash.catalog.postgres.table_parts import checks_of, indexes_of, rules_of, triggers_of
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
from fkdash.catalog.table_name import TableName
from fkdash.db.at_once import at_once
from fkdash.db.queries import query
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.model import Domain, ForeignKey
    from fkdash.catalog.postgres.columns import ColumnRows, ColumnsByTable
    from fkdash.db.session import Row, Session, Sessions

_KINDS: Final = {"r": TableKind.ORDINARY, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}

# The planner takes the groups of things alike for many more than they are: it would sort them, on disk.
_SETTINGS: Final = {
    "search_path": "pg_catalog",
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    "work_mem": "32MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
_LARGE_BYTES: Final = 8 * 1024 * 1024
"""From this size of pg_attribute on, of some six thousand tables, a catalog is a large one."""


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


async def read_whole_catalog(sessions: Sessions, left: list[object] | None = None) -> Catalog:
    """Give everything declared in the database; a large one is read with two sessions where there can be two.

    To give hundreds of thousands of objects back takes as long as to read them: a process that ends soon takes
    into `left` what would be given back. Raises the session's errors.
    """
    async with sessions.session() as session, _set_for_reading(session, restored=False) as large:
        if not large:
            return await _read(session, session, None, large=False)
        async with sessions.beside(session) as beside:
            if beside is None:
                return await _read(session, session, None, large=True, left=left)
            async with _set_for_reading(beside, restored=False):
                return await _read(session, beside, None, large=True, left=left)


async def read_catalog(session: Session, only: Sequence[int] | None = None) -> Catalog:
    """Give everything declared in the session's database, as one snapshot sees it.

    `only` limits it to tables with these OIDs and the foreign keys between them.

    search_path is pg_catalog meanwhile, so that types and expressions come out
    schema-qualified. Raises the session's errors.
    """
    async with _set_for_reading(session) as large:
        return await _read(session, session, only, large=large)


@fact
class Fully:
    """Some tables by OID with everything that writing their rows meets, and every foreign key that stands on one.

    Checks have their expressions, columns their defaults, and triggers are also those of foreign keys and of
    deferrable unique constraints, without their code. Copies of keys that are kept for partitions stand by
    themselves.
    """

    tables: Mapping[int, Table]
    foreign_keys: tuple[ForeignKey, ...]
    domains: tuple[Domain, ...]


async def read_fully(session: Session, only: Sequence[int]) -> Fully:
    """Give everything about the tables with these OIDs.

    The session's search_path must be pg_catalog, with nothing but pg_temp behind it. Where somebody has locked
    one of the tables it waits, as whoever reads their rows does. Raises the session's errors.
    """
    asking = Asking(session, only, large=False, fully=True)
    declared, parts, checks, distinct = await _gathered(asking, asking)
    tables = _tables(declared, parts, checks, distinct)
    return Fully(
        tables={oid: tables[name] for oid, name in declared.names.items()},
        foreign_keys=declared.foreign_keys,
        domains=tuple(declared.domains.values()),
    )


@asynccontextmanager
async def _set_for_reading(session: Session, *, restored: bool = True) -> AsyncIterator[bool]:
    """Set the session for reading meanwhile, or for the rest of it; give whether the catalog is a large one."""
    rows = await session.asked(
        query("fkdash.catalog.postgres", "settings"), list(_SETTINGS), list(_SETTINGS.values())
    )
    yield rows[0]["bytes"] > _LARGE_BYTES
    if restored:
        before = [row["before"] for row in rows]
        await session.asked(query("fkdash.catalog.postgres", "settings"), list(_SETTINGS), before)


async def _read(
    session: Session,
    beside: Session,
    only: Sequence[int] | None,
    *,
    large: bool,
    left: list[object] | None = None,
) -> Catalog:
    """Read with two sessions, or one in the place of both; what is asked at the same time goes out together."""
    one, other = Asking(session, only, large=large), Asking(beside, only, large=large)
    with collector_at_rest():
        async with at_once() as group:
            facts = group.create_task(one.few("server"))
            gathering = group.create_task(_gathered(one, other))
        declared, parts, checks, distinct = gathering.result()
        catalog = Catalog(
            tables=await to_thread(_tables, declared, parts, checks, distinct),
            foreign_keys=declared.foreign_keys,
            server=_server(facts.result()[0]),
            domains={(domain.schema, domain.name): domain for domain in declared.domains.values()},
        )
        if left is not None:
            left += (catalog, declared, parts, checks, distinct)
        return catalog


async def _gathered(
    one: Asking, other: Asking
) -> tuple[_Declared, _Parts, Mapping[int, tuple[Check, ...]], Mapping[int, tuple[tuple[int, float], ...]]]:
    """Read what tables are made of, and then what it takes to know what to read: expressions and statistics."""
    async with at_once() as group:
        reading = group.create_task(_read_declared(one))
        others = group.create_task(_read_parts(other))
    declared, parts = reading.result(), others.result()
    columns, names = declared.columns, declared.names
    await one.make(name_not_nulls, parts.not_nulls, columns, names)
    used = await one.make(used_columns, declared.key_rows)
    async with at_once() as group:
        # A check is read by what stands in its columns: nothing there depends on the defaults.
        with_default = None if one.fully else await one.make(with_own_keys, used, parts.indexes, columns)
        group.create_task(add_defaults(one.session, columns, declared.column_rows, with_default))
        checked = with_heirs(used, declared.table_rows, columns)
        checks = group.create_task(_read_checks(one, parts.check_rows, columns, checked))
        distinct = group.create_task(_read_distinct(one, declared))
    return declared, parts, checks.result(), distinct.result()


def _server(row: Row) -> Server:
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
        read_only_for_all=row["read_only_for_all"],
        replica=row["replica"],
        replica_for_all=row["replica_for_all"],
    )


async def _read_declared(asking: Asking) -> _Declared:
    """Read tables, columns and foreign keys, and make in a thread what can be made of what has been read."""
    async with at_once() as group:
        keys = group.create_task(_read_keys(asking))
        tables = group.create_task(asking.every("tables"))
        made = group.create_task(_read_columns(asking))
    key_rows, operators = keys.result()
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in tables.result()}
    domains, column_rows, columns = made.result()
    keys_of = every_key_of if asking.fully else foreign_keys_of
    return _Declared(
        domains=domains,
        table_rows=tables.result(),
        names=names,
        column_rows=column_rows,
        columns=columns,
        key_rows=key_rows,
        foreign_keys=await asking.make(keys_of, key_rows, names, columns, operators),
    )


async def _read_columns(asking: Asking) -> tuple[Mapping[int, Domain], ColumnRows, ColumnsByTable]:
    async with at_once() as group:
        domain_rows = group.create_task(asking.few("domains"))
        rows = group.create_task(read_column_rows(asking))
    domains = domains_of(domain_rows.result())
    return domains, rows.result(), await asking.make(columns_of, rows.result(), domains)


async def _read_keys(asking: Asking) -> tuple[Sequence[Row], Mapping[int, str]]:
    """Read the foreign keys, and how the operators that they compare with are spelled."""
    async with at_once() as group:
        reading = group.create_task(asking.every("foreign_keys"))
        first = group.create_task(asking.beforehand("operators", None))
    rows, spelled = reading.result(), {row["oid"]: row["spelling"] for row in first.result()}
    used = sorted({operator for row in rows for operator in row["operators"] or ()}.difference(spelled))
    return rows, spelled | {row["oid"]: row["spelling"] for row in await asking.about("operators", used)}


async def _read_parts(asking: Asking) -> _Parts:
    """Read indexes, triggers and checks, these without expressions, and the names of NOT NULL constraints."""
    async with at_once() as group:
        indexes = group.create_task(_read_indexes(asking))
        not_nulls = group.create_task(asking.every("not_nulls"))
        checks = group.create_task(asking.every("checks"))
        triggers = group.create_task(_read_triggers(asking))
        rules = group.create_task(asking.every("rules"))
        unpublishable = group.create_task(read_unpublishable(asking.session, asking.only))
    return _Parts(
        indexes=indexes.result(),
        not_nulls=not_nulls.result()[0],
        check_rows=checks.result(),
        triggers=triggers.result(),
        rules=rules_of(rules.result()),
        unpublishable=unpublishable.result(),
    )


async def _read_indexes(asking: Asking) -> Mapping[int, tuple[Index, ...]]:
    async with at_once() as group:
        classes = group.create_task(asking.few("operator_classes"))
        rows = group.create_task(asking.every("indexes", asking.fully))
    opclasses = {row["oid"]: row["spelling"] for row in classes.result()}
    return await asking.make(indexes_of, rows.result(), opclasses)


async def _read_triggers(asking: Asking) -> Mapping[int, tuple[Trigger, ...]]:
    """Read the triggers, and once each what those that users made run."""
    rows = await asking.every("triggers", asking.fully)
    if asking.fully:
        return triggers_of(rows, ())
    wanted = sorted({row["function_oid"] for row in rows if row["constraint_oid"] is None})
    return triggers_of(rows, await asking.about("trigger_functions", wanted, LONGEST_SOURCE))


async def _read_checks(
    asking: Asking, rows: Sequence[Row], columns: ColumnsByTable, used: Mapping[int, AbstractSet[int]]
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

    wanted = [row["oid"] for row in rows if asking.fully or matters(row)]
    found = await asking.about("check_expressions", wanted, asking.fully)
    return checks_of(rows, {row["oid"]: row["expression"] for row in found})


async def _read_distinct(asking: Asking, declared: _Declared) -> Mapping[int, tuple[tuple[int, float], ...]]:
    """Give what statistics say of the columns of tables with foreign keys of several columns."""
    wanted = sorted({oid for row in declared.key_rows if len(row["columns"]) > 1 for oid in row["tables"]})
    found: dict[int, list[tuple[int, float]]] = {}
    for row in await asking.about("statistics", wanted):
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
        values_without_partition=row["bounded"],
        partition_key=tuple(row["partition_key"] or ()),
        replication=_replication(row),
        distinct=distinct.get(oid, ()),
        oid=oid,
    )
