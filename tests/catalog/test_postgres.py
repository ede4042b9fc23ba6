"""The live reader: everything that defines a foreign key, on every version, for any role."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fkdash.catalog.action import Action, Match
from fkdash.catalog.model import TableKind
from fkdash.catalog.postgres.read import read_catalog, read_whole_catalog
from fkdash.catalog.snapshot import snapshot_pieces
from fkdash.catalog.table_name import TableName
from fkdash.fix.statements.definition import definition
from tests.support.definitions import server_definition
from tests.support.looking import catalog_of, key_named, reading
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

HOSTILE_NAMES = [
    'say "hi"',
    "line\nbreak",
    "🐘 élan",
    "[bold]x[/bold]",
    "\x1b[31mred",
    "a.b",
    "select",
    "x" * 63,
    "%s $1 {}",
    "' or 1=1 --",
    "back\\slash",
]


async def test_everything_that_defines_a_key_is_read(database: TestDatabase) -> None:
    await database.execute("""
        create table p (a int, b int, primary key (a, b));
        create table c (x int, y int, constraint fk foreign key (y, x) references p (a, b) match full
          on update cascade on delete set null deferrable initially deferred);
        comment on constraint fk on c is 'why';
        alter table c add constraint nv foreign key (x, y) references p not valid;
    """)
    catalog = await catalog_of(database)
    key = key_named(catalog, "fk")
    assert (key.table, key.columns) == (TableName("public", "c"), ("y", "x"))
    assert (key.referenced, key.referenced_columns) == (TableName("public", "p"), ("a", "b"))
    assert (key.on_delete, key.on_update, key.match) == (Action.SET_NULL, Action.CASCADE, Match.FULL)
    assert (key.deferrable, key.initially_deferred, key.validated, key.comment) == (True, True, True, "why")
    assert not key_named(catalog, "nv").validated


@pytest.mark.minimum_version(15)
async def test_a_column_list_is_read(database: TestDatabase) -> None:
    await database.execute("""
        create table p (a int, b int, primary key (a, b));
        create table c (x int, y int, constraint fk foreign key (x, y) references p on delete set null (y));
    """)
    assert key_named(await catalog_of(database), "fk").set_columns == ("y",)


@pytest.mark.minimum_version(18)
async def test_not_enforced_is_read(database: TestDatabase) -> None:
    await database.execute(
        "create table p (id int primary key); create table c (p int constraint fk references p not enforced)"
    )
    key = key_named(await catalog_of(database), "fk")
    assert (key.enforced, key.validated) == (False, False)


async def test_copies_on_partitions_are_folded_into_their_key(database: TestDatabase) -> None:
    await database.execute("""
        create table p (id int primary key) partition by range (id);
        create table p1 partition of p for values from (0) to (10);
        create table c (id int, pid int constraint fk references p) partition by range (id);
        create table c1 partition of c for values from (0) to (10);
        create table c2 partition of c for values from (10) to (20);
    """)
    catalog = await catalog_of(database)
    assert [key.name for key in catalog.foreign_keys] == ["fk"]
    copies = {(copy.table.name, copy.referenced.name) for copy in catalog.foreign_keys[0].copies}
    assert {("c1", "p"), ("c2", "p"), ("c", "p1")} <= copies
    assert [table.name.name for table in catalog.with_partitions(TableName("public", "c"))] == ["c", "c1", "c2"]
    assert catalog.tables[TableName("public", "c")].kind is TableKind.PARTITIONED


async def test_a_domain_refuses_null_however_deep_its_not_null_is(database: TestDatabase) -> None:
    await database.execute("""
        create domain base as int not null; create domain middle as base; create domain top as middle;
        create table t (a top, b int not null, c int, d int primary key);
    """)
    table = (await catalog_of(database)).tables[TableName("public", "t")]
    assert {column.name: column.forbids_null for column in table.columns} == {
        "a": True,
        "b": True,
        "c": False,
        "d": True,
    }
    assert not table.columns_by_name["a"].not_null


async def test_a_role_that_may_only_select_sees_every_key(database: TestDatabase) -> None:
    role = f"reader_{database.name}"
    await database.execute(
        "create table p (id int primary key); create table c (p int constraint fk references p)"
    )
    await database.execute("create table secret (p int constraint hidden references p)")
    await database.execute(f"create role {role} login; grant select on p, c to {role}")
    try:
        catalog = await catalog_of(database, user=role)
    finally:
        await database.execute(f"drop owned by {role}; drop role {role}")
    assert {key.name for key in catalog.foreign_keys} == {"fk", "hidden"}
    rights = {name.name: table.privileges for name, table in catalog.tables.items()}
    assert {name: held.select for name, held in rights.items() if held} == {"p": True, "c": True, "secret": False}
    assert not any(held.own for held in rights.values() if held)


async def test_reading_never_waits_for_a_table_that_is_locked_exclusively(database: TestDatabase) -> None:
    await database.execute("""
        create table p (
          id int primary key, n int generated always as (id * 2) stored,
          parent int check (parent > 0) default 7 references p
        );
        create table c (p int references p);
        create index on p (id) where id > 3;
    """)
    await database.execute("begin; lock table p in access exclusive mode")
    try:
        async with asyncio.timeout(in_time(5)):
            catalog = await catalog_of(database)
    finally:
        await database.execute("rollback")
    table = catalog.tables[TableName("public", "p")]
    assert (table.locked, table.checks[0].expression) == (True, "")
    assert [column.default for column in table.columns] == [None, None, "7"]
    assert not catalog.tables[TableName("public", "c")].locked


async def test_an_expression_is_read_where_an_action_could_meet_it(database: TestDatabase) -> None:
    await database.execute("""
        create table p (id int primary key);
        create table c (
          x int default 1 constraint on_key check (x > 0) references p,
          y int default 2 constraint elsewhere check (y > 0),
          z int generated always as (x + y) stored constraint on_computed check (z > 0),
          constraint on_row check (c is not null)
        );
        alter table c add constraint unproven check (y < 9) not valid;
    """)
    table = (await catalog_of(database)).tables[TableName("public", "c")]
    assert [column.default for column in table.columns] == ["1", None, "(x + y)"]
    assert {check.name for check in table.checks if not check.expression} == {"elsewhere"}


@pytest.mark.minimum_version(18)
async def test_a_not_null_keeps_a_name_of_its_own(database: TestDatabase) -> None:
    await database.execute("""
        create table p (a int not null, b int constraint mine not null, c int not null, d int constraint c_not_null not null);
        alter table p rename column c to e;
        create table heir () inherits (p);
    """)
    catalog = await catalog_of(database)
    table, heir = (catalog.tables[TableName("public", name)] for name in ("p", "heir"))
    assert [column.not_null_constraint for column in table.columns] == [None, "mine", "p_c_not_null", "c_not_null"]
    assert not any(column.not_null_inherited for column in table.columns)
    assert all(column.not_null_inherited and column.not_null_borrowed for column in heir.columns)
    assert not any(column.not_null_borrowed for column in table.columns)
    assert [column.not_null_constraint for column in heir.columns] == [
        "p_a_not_null", "mine", "p_c_not_null", "c_not_null",
    ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_any_name_is_read_verbatim_and_spelled_back(database: TestDatabase, name: str) -> None:
    spelled = '"' + name.replace('"', '""') + '"'
    await database.execute(f"""
        create schema {spelled};
        create table {spelled}.{spelled} ({spelled} int primary key);
        create table c ({spelled} int);
        alter table c add constraint {spelled} foreign key ({spelled}) references {spelled}.{spelled};
    """)
    async with reading(database) as pool, pool.session() as session:
        catalog = await read_catalog(session)
        [key] = catalog.foreign_keys
        there = await server_definition(session, key)
    assert (key.name, key.columns, key.referenced) == (name, (name,), TableName(name, name))
    await database.execute(f"alter table c add constraint again {definition(key)}")
    async with reading(database) as pool, pool.session() as session:
        again = key_named(await read_catalog(session), "again")
        assert await server_definition(session, again) == there


_ACTIONS = st.sampled_from(["no action", "restrict", "cascade", "set null", "set default"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    columns=st.integers(1, 3),
    clauses=st.tuples(
        st.sampled_from(["", "match full"]),
        _ACTIONS.map("on delete {}".format),
        _ACTIONS.map("on update {}".format),
        st.sampled_from(["", "deferrable", "deferrable initially deferred"]),
        st.sampled_from(["", "not valid"]),
    ),
)
async def test_a_key_spelled_from_its_facts_is_the_key_that_was_read(
    database: TestDatabase, columns: int, clauses: tuple[str, ...]
) -> None:
    names = [f"c{n}" for n in range(columns)]
    await database.execute("drop table if exists c; drop table if exists p")
    await database.execute(
        f"create table p ({', '.join(f'{n} int' for n in names)}, primary key ({', '.join(names)}))"
    )
    await database.execute(f"create table c ({', '.join(f'{n} bigint' for n in names)})")
    foreign_key = f"foreign key ({', '.join(names)}) references p {' '.join(clauses)}"
    await database.execute(f"alter table c add constraint fk {foreign_key}")
    async with reading(database) as pool, pool.session() as session:
        key = key_named(await read_catalog(session), "fk")
        before = await server_definition(session, key)
    await database.execute(f"alter table c drop constraint fk; alter table c add constraint fk {definition(key)}")
    async with reading(database) as pool, pool.session() as session:
        again = key_named(await read_catalog(session), "fk")
        assert await server_definition(session, again) == before
    assert definition(again) == definition(key)
    assert again.operators == key.operators


async def test_two_sessions_on_one_snapshot_read_what_one_reads(database: TestDatabase) -> None:
    await database.execute("""
        create table p (a int not null, b text default 'x', unique (a), constraint b_long check (length(b) > 0));
        create table c (id int primary key, pid int references p (a) on delete set default);
        create index on c (pid);
    """)
    async with reading(database) as pool:
        async with pool.session() as session:
            alone = await read_catalog(session)
        assert await read_whole_catalog(pool) == alone


async def test_a_role_with_one_connection_reads_the_whole_catalog(database: TestDatabase) -> None:
    await database.execute("create table p (id int primary key); create table c (id int references p)")
    await database.execute("drop role if exists lonely; create role lonely login connection limit 1")
    async with reading(database, user="lonely") as pool:
        catalog = await read_whole_catalog(pool)
    assert len(catalog.foreign_keys) == 1


async def test_a_constraint_trigger_that_somebody_made_is_no_machinery_of_a_key(database: TestDatabase) -> None:
    await database.execute("""
        create table t (id int) partition by range (id);
        create table t1 partition of t for values from (0) to (10);
        create function f() returns trigger language plpgsql as 'begin return null; end';
        create constraint trigger "watch" after delete on t1 deferrable for each row execute function f();
        create trigger "each" after delete on t for each row execute function f();
        create table u (id int unique deferrable);
        alter table u disable trigger all;
    """)
    catalog = await catalog_of(database)
    triggers = catalog.tables[TableName("public", "t1")].triggers or ()
    assert [(each.name, each.constraint, each.code is not None) for each in triggers] == [
        ("each", None, True),
        ("watch", None, True),
    ]
    assert catalog.tables[TableName("public", "u")].triggers == ()
    assert "watch" in "".join(snapshot_pieces(catalog))
