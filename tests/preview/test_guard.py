"""A guard says what a preview says: of generated schemas, in hostile names, through the drivers it is written for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import asyncpg
import pytest

from fkdash.catalog.model import Catalog
from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError
from fkdash.preview.guard import Guard, guard
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.preview.preview import preview
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


async def guard_of(database: TestDatabase, catalog: Catalog, name: str, limit: int = 1000) -> Guard:
    table = catalog.tables[TableName("public", name)]
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    async with pool.session() as session:
        equality = await own_equality(session, table, table.primary_key)
    await pool.close()
    return guard(catalog, table, equality, limit=limit)


@pytest.mark.parametrize("seed", range(6))
async def test_a_guard_agrees_with_the_preview(database: TestDatabase, seed: int) -> None:
    numbers = random.Random(seed)
    await filled(database, numbers)
    pool, catalog = await catalog_of(database)
    try:
        for table in range(3):
            asks = await guard_of(database, catalog, f"t{table}")
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
async def test_rows_that_hang_on_rows_of_their_own_table_by_several_keys_are_all_followed(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create table p (id int primary key, a int references p on delete cascade, b int references p on delete cascade);"
        "create table c (p_id int references p);"
        "insert into p values (1, null, null), (2, 1, null), (3, null, 2), (4, 3, 1), (5, null, null);"
        "insert into c values (4), (5)"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    [row] = await database.fetch((await guard_of(database, catalog, "p")).sql(numbered), [1])
    assert tuple(row) == ("c_p_id_fkey", "public.c", "23503", 1)


_IN_TURN = {
    "a diamond": ("x int references x on delete cascade, p int references p", "1, 1", True),
    "a deferred check": ("x int references x on delete cascade, p int references p initially deferred", "1, 1", False),
    "both one cascade away": ("x int references x, p int references p on delete cascade", "1, 1", False),
    "the check first": ("a int references p, b int references p on delete cascade", "1, 1", True),
    "the cascade first": ("a int references p on delete cascade, b int references p", "1, 1", False),
    "the same column, emptied first": ("a int references p on delete set null references p", "1", False),
    "the same column, checked first": ("a int references p references p on delete set null", "1", True),
    "a row of its own": ("x int references x on delete cascade, id int primary key references c on delete restrict", "1, 1", False),
    "SET NULL first": ("a int not null references p on delete set null, b int references p on delete cascade", "1, 1", True),
}  # fmt: skip


@pytest.mark.newest_version
@pytest.mark.parametrize("case", _IN_TURN)
async def test_a_row_that_a_cascade_takes_refuses_where_its_key_is_asked_before(
    database: TestDatabase, case: str
) -> None:
    columns, row, refused = _IN_TURN[case]
    await database.execute(
        "create table p (id int primary key); create table x (id int primary key, p int references p on delete cascade);"
        f"create table c ({columns}); insert into p values (1); insert into x values (1, 1); insert into c values ({row})"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    assert bool(await database.fetch((await guard_of(database, catalog, "p")).sql(numbered), [1])) == refused
    if refused:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await database.execute("delete from p")
    else:
        await database.execute("delete from p")


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
    asks = await guard_of(database, catalog, "p", limit=10)
    [row] = await database.fetch(asks.sql(numbered), [1, 2])
    assert tuple(row) == ("c_p_id_fkey", "public.c", "23503", 10)
    assert await database.fetch(asks.sql(numbered), [1]) == []
    assert [note.partition(":")[0] for note in asks.not_asked] == ["public.d.d_p_id_fkey"]
    with pytest.raises(UsageError, match="no primary key"):
        await guard_of(database, catalog, "keyless")


@pytest.mark.newest_version
async def test_a_key_longer_than_its_type_is_no_other_rows_and_a_list_of_arrays_is_refused(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create table p (id varchar(3) primary key); create table c (p_id varchar(3) references p);"
        "create table a (id int[] primary key); insert into p values ('abc'); insert into c values ('abc')"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    asks = await guard_of(database, catalog, "p")
    assert [len(await database.fetch(asks.sql(numbered), [key])) for key in ("abc", "abcdef")] == [1, 0]
    with pytest.raises(UsageError, match="cannot be told from one array"):
        await guard_of(database, catalog, "a")


async def test_a_key_is_compared_by_the_equality_of_its_type_whatever_the_applications_path(
    database: TestDatabase,
) -> None:
    if not await database.fetch("select from pg_available_extensions where name = 'citext'"):
        pytest.skip("this build of PostgreSQL comes without citext")
    await database.execute(
        "create schema ext; create extension citext schema ext;"
        "create table p (id ext.citext primary key); create table c (p_id ext.citext references p);"
        "insert into p values ('Abc'); insert into c values ('aBC')"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    assert len(await database.fetch((await guard_of(database, catalog, "p")).sql(numbered), ["abC"])) == 1


async def test_a_key_that_no_key_of_its_type_refers_to_is_compared_so_too(database: TestDatabase) -> None:
    if not await database.fetch("select from pg_available_extensions where name = 'citext'"):
        pytest.skip("this build of PostgreSQL comes without citext")
    await database.execute(
        "create schema ext; create extension citext schema ext;"
        "create table p (id ext.citext primary key, number int unique); create table c (number int references p (number));"
        "insert into p values ('Abc', 1); insert into c values (1)"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    asks = await guard_of(database, catalog, "p")
    assert [len(await database.fetch(asks.sql(numbered), [key])) for key in ("abC", "other")] == [1, 0]


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
    return await guard_of(database, catalog, _HOSTILE)


_BARRED = {
    "a publication": (
        "create table c (p_id int constraint c_p references p on delete cascade); create publication {0} for table c",
        "55000",
    ),
    "the owner's rights": (
        (
            "create table c (p_id int constraint c_p references p on delete set null); alter table c owner to {0};"
            "revoke all on c from {0}"
        ),
        "42501",
    ),
    "an identity column": (
        "create table c (p_id int generated always as identity constraint c_p references p on delete set null)",
        "428C9",
    ),
    "a rule": (
        (
            "create table c (p_id int constraint c_p references p on delete cascade);"
            "create rule r as on delete to c do instead nothing"
        ),
        "XX000",
    ),
    "what a cascade reaches": (
        (
            "create table c (u int primary key references p on delete cascade);"
            "create table d (u int constraint c_p references c on delete cascade);"
            "create publication {0} for table d; insert into c values (1)"
        ),
        "55000",
    ),
}


@pytest.mark.parametrize("case", _BARRED)
async def test_a_key_that_refuses_whatever_the_rows_is_named_for_every_row(
    database: TestDatabase, case: str
) -> None:
    made, sqlstate = _BARRED[case]
    name = f"guarded_{database.name}"
    role = f"create role {name};" if "owner to" in made else ""
    await database.execute(f"{role} create table p (id int primary key); insert into p values (1), (2);")
    try:
        await database.execute(made.format(name))
        pool, catalog = await catalog_of(database)
        await pool.close()
        asks = await guard_of(database, catalog, "p")
        [row] = await database.fetch(asks.sql(numbered), [1])
        assert (row["constraint_name"], row["sqlstate"], row["rows"]) == ("c_p", sqlstate, 1)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await database.execute("delete from p where id = 1")
        assert refused.value.sqlstate == sqlstate
        assert await database.fetch(asks.sql(numbered), [7]) == []
    finally:
        if role:
            await database.execute(f"drop owned by {name} cascade; drop role {name}")


@pytest.mark.newest_version
async def test_triggers_and_rules_on_the_way_are_named_as_not_asked(database: TestDatabase) -> None:
    await database.execute(
        "create table p (id int primary key); create table c (id int primary key, p_id int references p on delete cascade);"
        "create table n (p_id int references p on delete set null, k int);"
        "create function f() returns trigger language plpgsql as 'begin raise exception ''no''; end';"
        "create trigger locked before delete on p for each row execute function f();"
        "create trigger one after delete on c for each statement execute function f();"
        "create trigger two before delete on c for each row execute function f();"
        "create trigger off after delete on c for each row execute function f(); alter table c disable trigger off;"
        "create trigger added after insert on c for each row execute function f();"
        "create trigger emptied before update of p_id on n for each row execute function f();"
        "create trigger other before update of k on n for each row execute function f();"
        "create rule kept as on delete to c where old.id > 5 do instead nothing"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    assert [each for each in (await guard_of(database, catalog, "p")).not_asked if "FK" not in each] == [
        "public.p: trigger locked runs its own code, which may refuse each DELETE there",
        "public.c: triggers one, two run their own code, which may refuse each DELETE there",
        "public.c: rule kept rewrites each DELETE there",
        "public.n: trigger emptied runs its own code, which may refuse each UPDATE there",
    ]


@pytest.mark.newest_version
@pytest.mark.parametrize("kind", ["bit(1)", "money"])
async def test_a_cascade_within_a_table_by_a_type_that_no_recursion_takes_is_named_as_not_asked(
    database: TestDatabase, kind: str
) -> None:
    await database.execute(
        f"create table p (id {kind} primary key, above {kind} references p on delete cascade);"
        f"create table c (p_id {kind} references p); insert into p values ('1'), ('0'); insert into c values ('1')"
    )
    pool, catalog = await catalog_of(database)
    await pool.close()
    asks = await guard_of(database, catalog, "p")
    assert [each for each in asks.not_asked if f"no recursive query takes {kind.partition('(')[0]}" in each]
    [row] = await database.fetch("select id from p where id = '1'")
    [found] = await database.fetch(asks.sql(numbered), [row["id"]])
    assert tuple(found) == ("c_p_id_fkey", "public.c", "23503", 1)
