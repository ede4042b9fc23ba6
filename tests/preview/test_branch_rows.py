"""The rows on a branch of a delete's way: exactly those that the preview counted there, page by page."""

from __future__ import annotations

import pytest

from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.preview.model import DeleteTarget, Limits
from fkdash.preview.preview import preview
from fkdash.preview.rows.blocked import RowIdentity
from fkdash.preview.rows.branch import branch_rows
from fkdash.preview.rows.in_the_way import rows_in_the_way
from fkdash.preview.tree import branches
from tests.support.looking import looking_over
from tests.support.servers import TestDatabase

SCHEMA = """
    CREATE TABLE p(id int PRIMARY KEY, name text);
    CREATE TABLE a(id int PRIMARY KEY, p int CONSTRAINT a_p REFERENCES p ON DELETE CASCADE);
    CREATE TABLE b(x int, y int, name text, a int CONSTRAINT b_a REFERENCES a, PRIMARY KEY (x, y));
    CREATE TABLE n(
        id int PRIMARY KEY, p int CONSTRAINT n_p REFERENCES p ON DELETE SET NULL, CHECK (p IS NOT NULL OR id > 5)
    );
    CREATE TABLE boss(id int PRIMARY KEY, boss int CONSTRAINT boss_boss REFERENCES boss);
    INSERT INTO p VALUES (1), (2);
    INSERT INTO a SELECT i, 1 + i % 2 FROM generate_series(1, 10) AS i;
    INSERT INTO b SELECT i / 10, i % 10, 'b ' || i, 1 + i % 10 FROM generate_series(1, 30) AS i;
    INSERT INTO n SELECT i, 1 FROM generate_series(1, 10) AS i;
    INSERT INTO boss VALUES (1, 1), (2, 1), (3, 2), (4, 1);
"""


async def _rows(
    database: TestDatabase,
    target: DeleteTarget,
    constraint: str,
    *,
    blocking: bool = True,
    labels: tuple[str, ...] = (),
    limit: int = 100,
) -> list[RowIdentity]:
    connection = await database.connection()
    async with looking_over(connection) as session:
        catalog = await read_catalog(session)
        [key] = [key for key in catalog.foreign_keys if key.name == constraint]
        found: list[RowIdentity] = []
        more = True
        while more:
            page = await branch_rows(
                session,
                catalog,
                target,
                key,
                labels,
                blocking=blocking,
                after=found[-1] if found else None,
                limit=limit,
            )
            assert len(page.items) <= limit
            found += page.items
            more = page.more
        return found


def _one(table: str, number: int) -> DeleteTarget:
    return DeleteTarget(TableName("public", table), keys=({"id": number},))


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_the_blocking_rows_two_levels_down_come_in_pages_by_key(database: TestDatabase, limit: int) -> None:
    await database.execute(SCHEMA)
    truth = await database.fetch(
        "SELECT x::text, y::text, b.name FROM b JOIN a ON a.id = b.a WHERE a.p = 1 ORDER BY x, y"
    )
    found = await _rows(database, _one("p", 1), "b_a", labels=("name",), limit=limit)
    assert [(*row.key, *row.labels) for row in found] == [tuple(row) for row in truth]


async def test_only_rows_that_a_constraint_refuses_are_in_the_way_of_set_null(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    assert [row.key for row in await _rows(database, _one("p", 1), "n_p")] == [(str(i),) for i in range(1, 6)]
    every = await _rows(database, _one("p", 1), "n_p", blocking=False)
    assert [row.key for row in every] == [(str(i),) for i in range(1, 11)]


async def test_rows_that_are_deleted_along_are_listed(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    found = await _rows(database, _one("p", 1), "a_p", blocking=False)
    assert [row.key for row in found] == [("2",), ("4",), ("6",), ("8",), ("10",)]


async def test_a_row_that_goes_itself_is_not_in_the_way(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    assert [row.key for row in await _rows(database, _one("boss", 1), "boss_boss")] == [("2",), ("4",)]


async def test_a_condition_selects_what_is_deleted(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    target = DeleteTarget(TableName("public", "p"), condition="id > 1 -- the others")
    found = await _rows(database, target, "a_p", blocking=False, limit=2)
    assert [row.key for row in found] == [("1",), ("3",), ("5",), ("7",), ("9",)]


async def test_rows_that_only_the_queue_can_tell_are_found_by_following_it(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);"
        "CREATE TABLE d(id int PRIMARY KEY, name text, p int DEFAULT 1 CONSTRAINT d_p REFERENCES p"
        " ON DELETE SET DEFAULT) PARTITION BY RANGE (id);"
        "CREATE TABLE d2 PARTITION OF d FOR VALUES FROM (5) TO (99);"
        "CREATE TABLE d1 PARTITION OF d FOR VALUES FROM (0) TO (5);"
        "INSERT INTO d SELECT i, 'd ' || i, 1 FROM generate_series(1, 9) AS i; INSERT INTO d VALUES (50, 'x', 2)"
    )
    for blocking in (True, False):
        found = await _rows(database, _one("p", 1), "d_p", blocking=blocking, labels=("name",), limit=4)
        assert [(*row.key, *row.labels) for row in found] == [(str(i), f"d {i}") for i in range(1, 10)]


async def test_what_a_partition_refuses_is_found_under_its_table(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);"
        "CREATE TABLE c(id int PRIMARY KEY, p int CONSTRAINT c_p REFERENCES p ON DELETE SET NULL)"
        " PARTITION BY RANGE (id); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (5);"
        "CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (5) TO (9); ALTER TABLE c2 ALTER p SET NOT NULL;"
        "INSERT INTO c SELECT i, 1 FROM generate_series(1, 8) AS i"
    )
    connection = await database.connection()
    async with looking_over(connection) as session:
        catalog = await read_catalog(session)
        answer = await preview(session, _one("p", 1), Limits())
        [branch] = [branch for branch in branches(catalog, answer) if branch.key is not None]
        assert [(each.table.name, each.sqlstate, each.rows) for each in branch.blockers] == [("c", "23502", 4)]
        assert [each.partition for each in branch.blockers] == [TableName("public", "c2")]
        [listed] = (await rows_in_the_way(session, catalog, answer, limit=10)).values()
    assert [row.key for row in listed.rows] == [("5",), ("6",), ("7",), ("8",)]
