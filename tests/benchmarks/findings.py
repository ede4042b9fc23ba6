"""How many findings a schema gets per 100 foreign keys, and whether its contradictions are true.

    python -m tests.benchmarks.findings [--schemas 20] [--seed 1] [--version 18]

Seeded schemas in the shapes that public ones have: actions, composite keys, missing indexes, narrow types, keys
that are NOT VALID, and now and then SET NULL into NOT NULL, as often as counted there. Every FK1xx error is
executed in a transaction that is rolled back: rows that it speaks of are put in, then the referenced row is deleted
or gets another key. `true` is refused with the SQLSTATE foretold, `false` is not refused so, `not decidable` is where
no such rows could be put in. Aims: no false one, and at most 10 warnings per 100 keys on the median schema.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import asyncpg

from fkdash.catalog.action import Statement
from fkdash.catalog.table_name import quoted
from fkdash.rules.registry import findings
from fkdash.rules.severity import Severity
from tests.support.looking import catalog_of
from tests.support.servers import fresh_database, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Column, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.finding import Finding
    from tests.support.servers import TestDatabase

_ACTIONS = ("cascade",) * 66 + ("no action",) * 19 + ("set null",) * 12 + ("restrict",) * 3
_PER_CENT_UNINDEXED, _PER_CENT_NARROW, _PER_CENT_INVALID, _PER_CENT_CONTRADICTING, _PER_CENT_SHAPED = (
    26,
    3,
    1,
    4,
    3,
)
_PER_CENT_TENANTS = 25
_VALUES = {"bigint": "1", "integer": "1", "smallint": "1", "uuid": "'00000000-0000-0000-0000-000000000001'"}


@dataclass
class Figures:
    """What was counted over all schemas."""

    warnings: list[float] = field(default_factory=list)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    executed: Counter[str] = field(default_factory=Counter)
    false: list[str] = field(default_factory=list)
    keys: int = 0


def statements(seed: int) -> Iterator[str]:
    """Give the statements of a schema: a tree of tables, each with a few references to those before it."""
    chance = random.Random(seed)
    tenants = chance.randrange(100) < _PER_CENT_TENANTS
    kind = chance.choice(("bigint", "uuid", "bigint"))
    key = f"ws {kind} not null, id {kind} not null, primary key (ws, id)" if tenants else f"id {kind} primary key"
    yield f"create table t0 ({key}, name text)"
    for number in range(1, chance.randrange(15, 60)):
        yield f"create table t{number} ({key}, status text not null default 'new', kind text)"
        for place in range(chance.choice((0, 1, 1, 2, 2, 3))):
            yield from _reference(chance, number, place, kind, tenants=tenants)


def _reference(chance: random.Random, number: int, place: int, kind: str, *, tenants: bool) -> Iterator[str]:
    other, action = chance.randrange(number), chance.choice(_ACTIONS)
    column, name = f"t{other}_{place}_id", f"t{number}_{place}_fkey"
    required = action == "cascade" or (action == "set null" and chance.randrange(100) < _PER_CENT_CONTRADICTING)
    narrow = kind == "bigint" and chance.randrange(100) < _PER_CENT_NARROW
    yield f"alter table t{number} add {column} {'integer' if narrow else kind}{' not null' if required else ''}"
    own, theirs = (f"ws, {column}", "ws, id") if tenants else (column, "id")
    # With a tenant in the key, SET NULL is written without a column list more often than with one.
    listed = f" ({column})" if action == "set null" and tenants and chance.random() < 1 / 4 else ""
    unproven = " not valid" if chance.randrange(100) < _PER_CENT_INVALID else ""
    yield (
        f"alter table t{number} add constraint {name} foreign key ({own}) references t{other} ({theirs}) "
        f"on delete {action}{listed}{unproven}"
    )
    if chance.randrange(100) >= _PER_CENT_UNINDEXED:
        yield f"create index on t{number} ({column})"
    if action == "set null" and chance.randrange(100) < _PER_CENT_SHAPED:
        yield f"alter table t{number} add check (kind <> 'x' or {column} is not null)"


async def judge(database: TestDatabase, seed: int, figures: Figures) -> None:
    """Make a schema, count its findings, and execute what is claimed."""
    for statement in statements(seed):
        await database.execute(statement)
    await database.execute("analyze")
    catalog = await catalog_of(database)
    found = findings(catalog)
    keys = len(catalog.foreign_keys)
    figures.keys += keys
    figures.by_rule.update((each.severity.word, each.rule) for each in found)
    figures.warnings.append(100 * sum(each.severity is Severity.WARNING for each in found) / max(keys, 1))
    for each in found:
        if each.rule.startswith("FK1") and each.severity is Severity.ERROR:
            verdict = await executed(database, catalog, each)
            figures.executed[verdict] += 1
            if verdict == "false":
                figures.false.append(f"seed {seed}: {each.rule} {each.key.qualified}: {each.message}")


async def executed(database: TestDatabase, catalog: Catalog, finding: Finding) -> str:
    """Tell whether what an error claims is so: `true`, `false` or `not decidable`."""
    assert finding.error is not None
    path = finding.path or (finding.key,)
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        # The other references of these rows do not matter here, and would have to be filled without end.
        await connection.execute("set local session_replication_role = replica")
        await _insert(connection, catalog, path[0].referenced, {})
        for key in path:
            whole = dict.fromkeys(key.columns)
            await _insert(connection, catalog, key.table, whole)
        await connection.execute("set local session_replication_role = origin")
    except asyncpg.PostgresError:
        await transaction.rollback()
        return "not decidable"
    try:
        deletes = Statement.DELETE in finding.statements
        statement = f"delete from {path[0].referenced.sql}" if deletes else _rekeyed(catalog, path[0])
        await connection.execute(statement)
        await connection.execute("set constraints all immediate")
    except asyncpg.PostgresError as error:
        return "true" if error.sqlstate == finding.error.sqlstate else "false"
    else:
        return "false"
    finally:
        await transaction.rollback()


def _rekeyed(catalog: Catalog, key: ForeignKey) -> str:
    columns = catalog.tables[key.referenced].columns_by_name
    changed = ", ".join(
        f"{quoted(name)} = {_value(columns[name], another=True)}" for name in key.referenced_columns
    )
    return f"update {key.referenced.sql} set {changed}"


async def _insert(
    connection: asyncpg.Connection[asyncpg.Record], catalog: Catalog, table: TableName, wanted: dict[str, None]
) -> None:
    """Put one row in whose keys are all alike, so that rows refer to one another; once for each table."""
    columns = [
        column
        for column in catalog.tables[table].columns
        if not column.generated and (column.not_null or column.name in wanted)
    ]
    names = ", ".join(quoted(column.name) for column in columns)
    values = ", ".join(map(_value, columns))
    await connection.execute(f"insert into {table.sql} ({names}) values ({values}) on conflict do nothing")


def _value(column: Column, *, another: bool = False) -> str:
    value = _VALUES.get(column.type, "'new'")
    return value.replace("1", "2") if another else value


async def measure(version: int, schemas: int, seed: int) -> Figures:
    """Judge so many schemas on a server of its own."""
    figures = Figures()
    with running_server(version) as server:
        for number in range(seed, seed + schemas):
            async with fresh_database(server) as database:
                await judge(database, number, figures)
    return figures


def told(figures: Figures) -> Iterator[str]:
    """Give the figures, line by line."""
    yield f"{figures.keys:,} foreign keys; findings per 100 of them:"
    for (word, rule), number in sorted(figures.by_rule.items(), key=lambda entry: (entry[0][0], -entry[1])):
        yield f"  {word:<13} {rule}  {100 * number / figures.keys:6.1f}"
    yield f"warnings per 100 keys: median {median(figures.warnings):.1f}, worst schema {max(figures.warnings):.1f}"
    yield "FK1xx errors executed: " + ", ".join(f"{n:,} {verdict}" for verdict, n in figures.executed.items())
    yield from (f"FALSE {each}" for each in figures.false)


def main() -> int:
    """Measure and print; 1 where a contradiction was false."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemas", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", type=int, default=18)
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.version, arguments.schemas, arguments.seed))
    sys.stdout.writelines(f"{line}\n" for line in told(figures))
    return 1 if figures.false else 0


if __name__ == "__main__":
    raise SystemExit(main())
