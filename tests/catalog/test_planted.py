"""Reading a table runs no code that another role planted, and ordinary schemas are never in its way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fkdash.catalog.postgres.planted import planted_in
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import NotRun
from fkdash.preview.declared.called_functions import read_called
from tests.support.servers import TestDatabase

_PLANTED = """
    create schema evil;
    create table evil.ran (tag text);
    create function evil.imm(tag text) returns int language plpgsql immutable as
      $$ begin raise exception 'planted: %', tag; end $$;
    create function evil.of(v int) returns int language plpgsql immutable as $$ begin return v; end $$;
    create function evil.later(tag text) returns int language plpgsql immutable as $$ begin return 1; end $$;
    create function evil.body(v int) returns int language sql immutable as $$ select v + evil.later('x') $$;
    create function evil.atomic(v int) returns int language sql immutable return v + evil.later('x');
    create function evil.strict(a text, b text) returns text language sql immutable strict as $$ select b $$;
    create function evil.fixed(v int) returns text language sql immutable as $$ select 'x'::text $$;
    create function evil.added(v int, w int default evil.later('x')) returns int language plpgsql immutable as
      $$ begin return v; end $$;
    create function evil.plain(text) returns text language sql immutable as $$ select lower($1) || '-' $$;
    create function evil.spelled(text) returns text language plpgsql immutable as $$ begin return $1; end $$;
    create operator evil.=== (function = evil.same, leftarg = int, rightarg = int);
"""
_SAME = """
    create function evil.same(a int, b int) returns boolean language plpgsql immutable as $$ begin return true; end $$;
"""
_ROLE = "mallory_plants"


@pytest.fixture
async def planted(database: TestDatabase) -> AsyncIterator[ReadPool]:
    await database.execute(
        f"do $$ begin create role {_ROLE} login; exception when duplicate_object then null; end $$;"
        f"grant create on database {database.name} to {_ROLE}; grant all on schema public to {_ROLE}"
    )
    before, _, after = _PLANTED.partition("    create operator")
    await database.execute(f"set role {_ROLE}; {before} {_SAME} create operator {after}")
    await database.execute("create table public.t (v int, x text, w int)")
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    yield pool
    await pool.close()


async def _found(pool: ReadPool, database: TestDatabase, table: str = "public.t") -> tuple[NotRun, ...]:
    oid = await database.value("select $1::text::regclass::oid", table)
    async with pool.session() as session:
        return await planted_in(session, [oid])


@pytest.mark.parametrize(
    "planting",
    [
        "create index i on t ((v + evil.later('x')))",
        "create index i on t (v) where evil.later('x') = 1",
        "create index i on t ((evil.later(coalesce('x', x))))",
        "create index i on t ((evil.later(case when true then 'x' else x end)))",
        "create index i on t ((evil.later((row('x'::text, v)).f1)))",
        "create index i on t ((evil.later(substr(x, null))))",
        "create index i on t ((evil.later(evil.fixed(v))))",
        "create index i on t ((v + (1 operator(evil.===) 2)::int))",
        "create index i on t ((evil.body(v)))",
        "create index i on t ((evil.atomic(v)))",
        "create index i on t ((evil.added(v)))",
        "create statistics s on (v + evil.later('x')), w from t",
        "create unique index i on t (v, (w + evil.later('x')))",
        "alter table t add exclude using btree ((v + evil.later('x')) with =)",
    ],
)
async def test_what_planning_would_run_is_found_without_running_it(
    planted: ReadPool, database: TestDatabase, planting: str
) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(planting)
    found = await _found(planted, database)
    assert {each.owner for each in found} == {_ROLE}
    assert {each.reason for each in found} == {"folded-by-planner"}
    assert all(each.function.startswith("evil.") and each.accept == f"--trust-owner {_ROLE}" for each in found)


async def test_it_is_found_in_a_partition_an_heir_and_the_partition_key(
    planted: ReadPool, database: TestDatabase
) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(
        "create table root (v int) partition by list ((v + evil.later('x')));"
        "create table leaf partition of root default;"
        "create table parent (v int); create table heir () inherits (parent);"
        "create index i on heir ((v + evil.later('x')))"
    )
    assert [each.object for each in await _found(planted, database, "public.root")] == ["public.root"]
    assert [each.object for each in await _found(planted, database, "public.leaf")] == ["public.root"]
    assert [each.object for each in await _found(planted, database, "public.parent")] == ["public.i"]


async def test_a_planted_cast_behind_a_foreign_key_is_found(planted: ReadPool, database: TestDatabase) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(
        "create type mood as enum ('a'); create domain humour as mood;"
        "create function evil.told(mood) returns int language plpgsql immutable as $$ begin return 1; end $$;"
        "create cast (mood as int) with function evil.told(mood) as implicit;"
        "create table p (k int primary key); create table c (k humour references p)"
    )
    [found] = await _found(planted, database, "public.c")
    assert (found.object, found.function, found.reason) == (
        "public.c.k",
        "evil.told(public.mood)",
        "implicit-cast",
    )


_RANGES = """
    create function evil.apart(a int, b int) returns float8 language plpgsql immutable as $$ begin return 1; end $$;
    create type evil.spell as range (subtype = int, subtype_diff = evil.apart, multirange_type_name = evil.spells);
    create table spoken (v evil.spells);
    reset role;
    create type evil.step;
    create function evil.neat(evil.step) returns evil.step language internal immutable strict as 'int4range_canonical';
    create type evil.step as range (subtype = int, canonical = evil.neat);
    alter function evil.neat(evil.step) owner to {role};
    create table stepped (v evil.step); create table keyed (v evil.step[] primary key)"""


@pytest.mark.newest_version
async def test_the_functions_of_a_columns_range_or_of_its_multirange_are_found(
    planted: ReadPool, database: TestDatabase
) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(_RANGES.format(role=_ROLE))
    for table, function in {
        "spoken": "apart(integer,integer)",
        "stepped": "neat(evil.step)",
        "keyed": "neat(evil.step)",
    }.items():
        [found] = await _found(planted, database, table)
        assert (found.object, found.function, found.reason) == (
            f"public.{table}.v",
            f"evil.{function}",
            "range-type",
        )


@pytest.mark.newest_version
async def test_an_expression_that_unites_ranges_calls_what_brings_them_into_a_common_form(
    planted: ReadPool, database: TestDatabase
) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(_RANGES.format(role=_ROLE))
    united = "lower('[1,3)'::evil.step * '[2,5)'::evil.step)"
    await database.execute(
        f"set role {_ROLE}; create index i on t ((v + {united})); alter table t add check (v <> {united})"
    )
    [found] = await _found(planted, database)
    assert (found.object, found.function, found.reason) == (
        "public.i",
        "evil.neat(evil.step)",
        "folded-by-planner",
    )
    tree = await database.value("select conbin::text from pg_constraint where conname = 't_v_check'")
    async with planted.session() as session:
        assert not (await read_called(session, [tree], {})).steady(tree, "")


async def test_a_partition_on_another_server_is_found(planted: ReadPool, database: TestDatabase) -> None:
    await database.execute(
        "reset role; create foreign data wrapper nowhere;"
        "create server elsewhere foreign data wrapper nowhere;"
        "create table root (v int) partition by list (v);"
        "create foreign table leaf partition of root default server elsewhere"
    )
    [found] = await _found(planted, database, "public.root")
    assert (found.object, found.reason, found.accept) == ("public.leaf", "foreign-table", "")


@pytest.mark.parametrize(
    "ordinary",
    [
        "create index i on t (lower(x))",
        "create index i on t ((evil.of(v)))",
        "create index i on t ((evil.of(v) + 1)) where evil.of(w) > 3",
        "create index i on t ((v operator(evil.===) w))",
        "create index i on t ((evil.plain(x)))",
        "create index i on t ((evil.spelled(lower(x)))); create index j on t ((lower(evil.spelled(x))))",
        "create index i on t ((case when v = 1 then evil.of(v) else evil.of(w) end))",
        "create index i on t ((coalesce(evil.of(v), 1)))",
        "create index i on t (v) where x in ('a', 'b') and w between 1 and 3",
        "create statistics s on (evil.of(v)), w from t",
        "alter table t add check (evil.later('x') = 1), add d int default evil.later('x')",
    ],
)
async def test_ordinary_expressions_are_not_in_the_way(
    planted: ReadPool, database: TestDatabase, ordinary: str
) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute(ordinary)
    assert await _found(planted, database) == ()


async def test_whoever_the_operator_trusts_may_plant(planted: ReadPool, database: TestDatabase) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute("create index i on t ((v + evil.later('x')))")
    planted.trust(_ROLE)
    assert await _found(planted, database) == ()


@pytest.mark.usefixtures("planted")
async def test_a_role_is_not_protected_from_itself(database: TestDatabase) -> None:
    await database.execute(f"set role {_ROLE}")
    await database.execute("create index i on t ((v + evil.later('x')))")
    own = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn.replace("postgres@", f"{_ROLE}@")), {}))
    try:
        assert await _found(own, database) == ()
    finally:
        await own.close()
