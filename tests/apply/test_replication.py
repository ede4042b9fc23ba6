"""Where rows are replicated the plan says what is to be done on the other side, and the order that it says is right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.proof.preflight import Standing
from fkdash.report.fix.plan import plan_text
from tests.support.changes import workbench
from tests.support.patience import LONG_ENOUGH
from tests.support.servers import TestDatabase, fresh_database, running_server, versions_under_test

_TABLES = """
create table p (id int primary key);
create table c (id int primary key, p_id int not null, constraint ck foreign key (p_id) references p on delete set null);
create table o (id int primary key, p_id int, constraint ok foreign key (p_id) references p not valid);
"""
_ROWS = """
insert into p select generate_series(1, 10); insert into c select g, 1 from generate_series(1, 10) g;
alter table o disable trigger all; insert into o select g, 100 + g from generate_series(1, 10) g;
alter table o enable trigger all;
"""


@asynccontextmanager
async def publisher_and_subscriber() -> AsyncIterator[tuple[TestDatabase, TestDatabase]]:
    with running_server(max(versions_under_test()), {"wal_level": "logical"}) as server:
        async with fresh_database(server) as publisher, fresh_database(server) as subscriber:
            await publisher.execute(_TABLES)
            await subscriber.execute(_TABLES)
            await publisher.execute("create publication everything for all tables")
            await publisher.value("select pg_create_logical_replication_slot('way', 'pgoutput')")
            where = f"host={publisher.socket_directory} dbname={publisher.name} user=postgres"
            await subscriber.execute(
                f"create subscription way connection '{where}' publication everything "
                "with (create_slot = false, slot_name = 'way', copy_data = false)"
            )
            await publisher.execute(_ROWS)
            try:
                yield publisher, subscriber
            finally:
                await subscriber.execute("alter subscription way disable")
                await subscriber.execute("alter subscription way set (slot_name = none)")
                await subscriber.execute("drop subscription way")
                await until(
                    publisher, "select not active from pg_replication_slots where slot_name = 'way'", wanted=True
                )
                await publisher.value("select pg_drop_replication_slot('way')")


async def until(database: TestDatabase, question: str, *, wanted: object) -> None:
    async with asyncio.timeout(LONG_ENOUGH):
        while await database.value(question) != wanted:
            await database.execute("select pg_sleep(0.02)")


_STOPPED = "select apply_error_count > 0 from pg_stat_subscription_stats"


@pytest.mark.newest_version
async def test_the_plan_says_what_comes_first_on_either_side_and_the_other_order_stops_replication(
    tmp_path: Path,
) -> None:
    async with publisher_and_subscriber() as (publisher, subscriber):
        await until(subscriber, "select count(*) from o", wanted=10)
        async with workbench(publisher, tmp_path) as bench:
            chosen = await bench.plan("ck", "drop-not-null")
            (said,) = [each for each in chosen.consequences if "subscribers of everything" in each]
            assert said.startswith("before it: DROP NOT NULL of public.c.p_id")
            assert said in plan_text(chosen)
            assert (await bench.carry_out(chosen)).outcome is RunOutcome.VERIFIED
            await publisher.execute("insert into c values (11, null)")
            await until(subscriber, _STOPPED, wanted=True)
            await subscriber.execute("alter table c alter p_id drop not null")
            await until(subscriber, "select count(*) from c where p_id is null", wanted=1)
        async with workbench(subscriber, tmp_path) as bench:
            chosen = await bench.plan("ck", "no-action")
            assert any("the subscription way writes rows of this key here" in each for each in chosen.consequences)
            assert any("the same statements on the publisher" in each for each in chosen.consequences)


@pytest.mark.newest_version
async def test_a_repair_is_put_back_also_where_the_table_that_keeps_the_rows_is_published(tmp_path: Path) -> None:
    async with publisher_and_subscriber() as (publisher, subscriber):
        await until(subscriber, "select count(*) from o", wanted=10)
        async with workbench(publisher, tmp_path) as bench:
            chosen = await bench.plan("ok", "delete-orphans")
            assert chosen.kept is not None
            assert any(f"before it: make {chosen.kept.table}" in each for each in chosen.consequences)
            await subscriber.execute(
                f"create table {chosen.kept.table.sql} as select now() as fkdash_kept_at, * from o with no data"
            )
            ended = await bench.carry_out(chosen)
            assert ended.outcome is RunOutcome.VERIFIED, ended.message
            await until(subscriber, "select count(*) from o", wanted=0)
            back = await bench.undo(ended)
            assert back.outcome is RunOutcome.VERIFIED, back.message
        await until(subscriber, "select count(*) from o", wanted=10)
        assert await publisher.value("select count(*) from o") == 10


async def test_rows_of_a_published_table_without_an_identity_are_not_promised_to_change(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES.replace("create table o (id int primary key", "create table o (id int"))
    await database.execute(_ROWS + "create publication of_rows for table o")
    async with workbench(database, tmp_path) as bench:
        lines = await bench.preflight(await bench.plan("ok", "delete-orphans"))
        stops = [line.what for line in lines if line.standing is Standing.STOP]
        assert ["no replica identity" in each for each in stops] == [True], stops
        chosen = await bench.plan("ck", "no-action")
        assert all("subscribers" not in each for each in chosen.consequences)


_NARROW = {
    "where (id > 3)": False,
    "(id, note)": False,
    "where (note = 'x')": True,
    "(note)": True,
    "(id, note) where (p_id is null)": True,
}


@pytest.mark.minimum_version(15)
@pytest.mark.newest_version
async def test_a_repair_that_a_narrow_publication_makes_impossible_is_stopped_before_it_begins(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        """
        create table p (id int primary key);
        create table c (id int primary key, p_id int, note text, constraint ck foreign key (p_id) references p not valid);
        create table parted (id int primary key, p_id int, note text, constraint pk foreign key (p_id) references p)
          partition by list (id);
        create table part partition of parted for values in (1);
        create publication n;
        """
    )

    async def refused(table: str) -> bool:
        try:
            await database.execute(f"update only {table} set p_id = null where false")
        except asyncpg.InvalidColumnReferenceError:
            return True
        return False

    async with workbench(database, tmp_path) as bench:
        for narrow, stopped in _NARROW.items():
            await database.execute(f"alter publication n set table c {narrow}")
            lines = await bench.preflight(await bench.plan("ck", "null-orphans"))
            assert any("42P10" in line.what for line in lines if line.standing is Standing.STOP) is stopped, narrow
            assert await refused("c") is stopped, narrow
        await database.execute("alter publication n set table c where (note = 'x')")
        chosen = await bench.plan("ck", "restrict")
        assert all(line.standing is not Standing.STOP for line in await bench.preflight(chosen))
        await database.execute(
            "alter publication n set (publish_via_partition_root = true);"
            "alter publication n set table parted where (note = 'x')"
        )
        lines = await bench.preflight(await bench.plan("pk", "null-orphans"))
        assert any("42P10" in line.what for line in lines)
        assert await refused("part")


_GENERATED = {
    "alter publication n set (publish_generated_columns = none)": True,
    "alter publication n set (publish_generated_columns = stored)": False,
    "alter table c replica identity default": False,
    "alter table c replica identity full; alter table c add w int generated always as (id) virtual": True,
    "drop publication n; create publication n for all tables": True,
    "drop publication n; create publication n for tables in schema public": True,
    "alter table c drop w; alter table c drop v; drop publication n; create publication n for table c": False,
}


@pytest.mark.minimum_version(18)
async def test_a_repair_of_rows_with_generated_columns_that_are_not_published_is_stopped_before_it_begins(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        """
        create table p (id int primary key);
        create table c (id int primary key, p_id int, v int generated always as (id) stored,
          constraint ck foreign key (p_id) references p not valid);
        alter table c replica identity full;
        create publication n for table c;
        """
    )
    async with workbench(database, tmp_path) as bench:
        for change, stopped in _GENERATED.items():
            await database.execute(change)
            lines = await bench.preflight(await bench.plan("ck", "null-orphans"))
            said = [line.what for line in lines if line.standing is Standing.STOP]
            assert ["n does not publish generated columns" in each for each in said] == [True] * stopped, change
            try:
                await database.execute("update c set p_id = null where false")
                refused = False
            except asyncpg.InvalidColumnReferenceError:
                refused = True
            assert refused is stopped, change
