"""A guard says what a preview says: of generated schemas, in hostile names, through the drivers it is written for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest

from fkdash.catalog.model import Catalog, TableName
from fkdash.catalog.postgres import read_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError
from fkdash.preview.guard import Guard, guard
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.preview.preview import preview
from fkdash.report.guard import guard_code
from tests.support.servers import TestDatabase

_TABLES = 5
_ACTIONS = ("no action", "restrict", "cascade", "cascade", "set null", "set null")


def made(numbers: random.Random) -> Iterator[str]:
    """Give the statements of a schema: tables that refer to earlier ones and themselves, with rows."""
    for table in range(_TABLES):
        yield f"create table t{table} (id int primary key)"
        for number in range(numbers.randint(1 if table else 0, 2)):
            column = f"r{number}"
            to = numbers.randint(0, max(0, table - (0 if numbers.random() < 0.2 else 1)))
            action = numbers.choice(_ACTIONS)
            refuses = " not null" if numbers.random() < 0.3 and to < table else ""
            yield f"alter table t{table} add {column} int{refuses}"
            yield (
                f"alter table t{table} add constraint k{table}_{number} foreign key ({column}) references t{to} "
                f"on delete {action}"
            )


async def filled(database: TestDatabase, numbers: random.Random) -> None:
    for statement in made(numbers):
        await database.execute(statement)
    for table in range(_TABLES):
        keys = await database.fetch(
            "select a.attname as own, a.attnotnull as refuses, c.confrelid::regclass::text as other from pg_constraint c"
            " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
            f" where c.contype = 'f' and c.conrelid = 't{table}'::regclass order by a.attnum"
        )
        for row in range(1, 7):
            values = [
                str(numbers.randint(1, row if each["other"] == f"t{table}" else 6))
                if each["refuses"] or numbers.random() < 0.6
                else "null"
                for each in keys
            ]
            await database.execute(f"insert into t{table} values ({', '.join((str(row), *values))})")


async def catalog_of(database: TestDatabase) -> tuple[ReadPool, Catalog]:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    async with pool.session() as session:
        return pool, await read_catalog(session)


def numbered(number: int) -> str:
    return f"${number}"


def guard_of(catalog: Catalog, name: str, limit: int = 1000) -> Guard:
    return guard(catalog, catalog.tables[TableName("public", name)], limit=limit)


@pytest.mark.parametrize("seed", range(6))
async def test_a_guard_agrees_with_the_preview(database: TestDatabase, seed: int) -> None:
    numbers = random.Random(seed)
    await filled(database, numbers)
    pool, catalog = await catalog_of(database)
    try:
        for table in range(3):
            asks = guard_of(catalog, f"t{table}")
            keys: Sequence[int] = numbers.sample(range(1, 7), numbers.randint(1, 3))
            found = await database.fetch(asks.sql(numbered), list(keys))
            target = DeleteTarget(TableName("public", f"t{table}"), keys=tuple({"id": key} for key in keys))
            async with pool.session() as session:
                answer = await preview(session, target, Limits())
            assert answer.verdict in {Verdict.ALLOWED, Verdict.BLOCKED}
            assert bool(found) == (answer.verdict is Verdict.BLOCKED), (seed, table, keys, found, answer)
            named = {each.constraint for each in answer.blockers if each.constraint is not None}
            assert named <= {each["constraint_name"] for each in found}, (seed, table, keys)
    finally:
        await pool.close()


@pytest.mark.newest_version
async def test_counting_stops_at_the_limit_and_what_only_rows_decide_is_named(database: TestDatabase) -> None:
    await database.execute(
        "create table p (id int primary key); create table c (id int primary key, p_id int references p);"
        "create table d (p_id int default 1 references p on delete set default);"
        "create table keyless (id int);"
        "insert into p values (1), (2); insert into c select g, 2 from generate_series(1, 50) g"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    asks = guard_of(catalog, "p", limit=10)
    [row] = await database.fetch(asks.sql(numbered), [1, 2])
    assert tuple(row) == ("c_p_id_fkey", "public.c", "23503", 10)
    assert await database.fetch(asks.sql(numbered), [1]) == []
    assert [note.partition(":")[0] for note in asks.not_asked] == ["public.d.d_p_id_fkey"]
    with pytest.raises(UsageError, match="no primary key"):
        guard_of(catalog, "keyless")


_HOSTILE = 'it`s ${x} \\" %s :ids "" \n// $1 \'\'\'""" end\u2028'


async def hostile(database: TestDatabase) -> Guard:
    name = '"' + _HOSTILE.replace('"', '""') + '"'
    await database.execute(
        f"create table {name} (a int, b text, primary key (a, b));"
        f"create table child (id int primary key, a int, b text, constraint {name} foreign key (a, b) references {name});"
        f"insert into {name} values (1, 'x'), (1, 'y'); insert into child values (1, 1, 'x'), (2, 1, 'x')"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    return guard_of(catalog, _HOSTILE)


@pytest.mark.newest_version
@pytest.mark.parametrize("tool", ["sqlalchemy", "django"])
async def test_the_code_for_a_python_tool_runs_whatever_names_are_in_it(database: TestDatabase, tool: str) -> None:
    pytest.importorskip("psycopg")
    pytest.importorskip(tool)
    asks = await hostile(database)
    made_of: dict[str, object] = {}
    exec(guard_code(asks, tool), made_of)
    name = next(each for each in made_of if each.startswith("what_blocks"))
    call = made_of[name]
    assert callable(call)
    for keys, rows in (([1, 1], ["x", "y"]), [("public.child", 2)]), (([1], ["y"]), []):
        found = await asyncio.to_thread(_called, tool, database, call, keys)
        assert [(each["table_name"], each["rows"]) for each in found] == rows


def _called(
    tool: str, database: TestDatabase, call: Callable[..., Any], keys: tuple[list[int], list[str]]
) -> list[dict[str, Any]]:
    if tool == "sqlalchemy":
        engine = import_module("sqlalchemy").create_engine(
            database.dsn.replace("postgresql:", "postgresql+psycopg:")
        )
        with engine.connect() as connection:
            found = [dict(each) for each in call(connection, *keys)]
        engine.dispose()
        return found
    settings, connections = import_module("django.conf").settings, import_module("django.db").connections
    if not settings.configured:
        settings.configure(DATABASES={"default": {}})
        import_module("django").setup()
    given = {"ENGINE": "django.db.backends.postgresql", "NAME": database.name, "USER": "postgres"}
    connections.settings["default"] = connections.configure_settings(
        {"default": {**given, "HOST": database.socket_directory}}
    )["default"]
    connection = connections.create_connection("default")
    try:
        return list(call(connection, *keys))
    finally:
        connection.close()
