"""A guard of a partitioned table, and of one of its partitions, asks the keys that a delete there meets."""

from __future__ import annotations

import asyncpg
import pytest

from tests.preview.test_guard import catalog_of, guard_of, numbered
from tests.support.servers import TestDatabase

_TABLES = """
create table p (id int not null, k int, up int, primary key (id)) partition by range (id);
create table p1 partition of p for values from (0) to (10);
create table p2 partition of p for values from (10) to (100) partition by list (id);
create table p2a (k int, x int, up int, id int not null); alter table p2a drop x;
alter table p2 attach partition p2a for values in (10, 11, 12, 13, 14);
create table p2b partition of p2 default;
create unique index on p1 (k); create unique index on p2a (k);
alter table p add constraint p_up foreign key (up) references p {up};
create table whole (p int constraint whole_p references p);
create table part (k int constraint part_p references p2a (k) on delete cascade, id int primary key);
create table below (part int constraint below_part references part) partition by list (part);
create table below1 partition of below for values in (1); create table below2 partition of below default;
create table alone (k int constraint alone_p references p1 (k));
create table c (p int, q int) partition by list (q);
create table c1 partition of c for values in (1); create table c2 partition of c default;
alter table c1 add constraint c1_p foreign key (p) references p on delete cascade;
create table d (c int); alter table c2 alter p set not null;
alter table c2 add constraint c2_p foreign key (p) references p on delete set null;
insert into p values (1, 1, null), (2, 2, 1), (3, 3, 3), (4, 4, 1), (10, 1, null), (11, 2, 10), (12, 3, 12), (13, 4, null),
  (14, 5, null), (50, 1, 1), (51, 2, 50), (52, 3, null), (53, 4, 53);
insert into whole values (3), (13); insert into part values (1, 1), (3, 2), (5, 3); insert into below values (1), (3);
insert into alone values (4); insert into c values (1, 1), (52, 1), (50, 2), (53, 1);
"""


@pytest.mark.parametrize("up", ["", "on delete cascade", "on delete set null", "initially deferred"])
async def test_a_guard_of_a_partition_says_of_each_row_what_a_delete_of_it_does(
    database: TestDatabase, up: str
) -> None:
    await database.execute(_TABLES.format(up=up))
    pool, catalog = await catalog_of(database)
    await pool.close()
    connection = await database.connection()
    for name in ("p", "p1", "p2", "p2a", "p2b"):
        asks = (await guard_of(database, catalog, name)).sql(numbered)
        for row in await database.fetch(f"select id from {name}"):
            found = [each["constraint_name"] for each in await database.fetch(asks, [row["id"]])]
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(f"delete from {name} where id = $1", row["id"])
                await connection.execute("set constraints all immediate")
                really = ""
            except asyncpg.PostgresError as refused:
                really = str(refused.sqlstate)
            finally:
                await transaction.rollback()
            assert bool(found) == bool(really), (name, row["id"], found, really)
        elsewhere = await database.fetch(f"select id from p except select id from {name}")
        assert await database.fetch(asks, [each["id"] for each in elsewhere]) == []
