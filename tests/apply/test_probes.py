"""What is tried out after a change holds while other sessions write to the same rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.proof.probes import probe
from fkdash.apply.proof.verified import Verified
from fkdash.db.writing import open_writer
from tests.support.changes import workbench
from tests.support.servers import TestDatabase

SCHEMA = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null, constraint ck foreign key (parent_id) references parents);
insert into parents values (1), (2), (3), (4);
insert into children values (1, 1), (2, 2);
"""


@asynccontextmanager
async def meanwhile(database: TestDatabase, statement: str) -> AsyncIterator[None]:
    """Have another session hold what the statement locks."""
    other = await asyncpg.connect(database.dsn)
    try:
        await other.execute(f"begin; {statement}")
        yield
    finally:
        await other.close()


async def probes(database: TestDatabase, folder: Path) -> dict[str, Verified]:
    async with workbench(database, folder) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=False)
    return {each.check: each for each in tried}


async def test_a_row_that_another_session_is_about_to_refer_to_does_not_pass_for_unreferenced(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with meanwhile(database, "insert into children values (3, 3)"):
        tried = await probes(database, tmp_path)
    unreferenced = tried["deleting a row of parents that no row of children refers to"]
    assert (unreferenced.ok, unreferenced.detail) == (True, "works")


async def test_a_row_that_another_session_is_changing_is_not_the_one_tried(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with meanwhile(database, "delete from children where id = 1"):
        tried = await probes(database, tmp_path)
    assert [each.ok for each in tried.values()] == [True, True, True], tried


async def test_where_every_row_is_in_use_nothing_is_said_to_be_broken(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with meanwhile(database, "select from parents for update; select from children for update"):
        tried = await probes(database, tmp_path)
    assert [each.ok for each in tried.values()] == [None, None, None], tried
    assert all(each.detail.startswith("not tried: ") for each in tried.values())


async def test_an_orphan_that_has_the_made_up_value_already_does_not_pass_for_one_that_was_accepted(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        f"{SCHEMA} set session_replication_role = replica; delete from children; insert into children values (1, 5),"
        "(2, 4); reset session_replication_role"
    )
    tried = await probes(database, tmp_path)
    missing = tried["a row of children that refers to a missing row of parents"]
    assert (missing.ok, missing.detail) == (True, "refused with 23503")


async def test_what_stops_a_delete_without_a_name_is_told_in_the_servers_words(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create table parents (id int primary key); insert into parents values (1);
        create table children (id int, parent_id int, constraint ck foreign key (parent_id) references parents on delete set null)
          partition by list (parent_id);
        create table children_1 partition of children for values in (1, 2); insert into children values (1, 1);
    """)
    async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=True)
    [deleting] = [each for each in tried if each.check == "deleting a referenced row of parents"]
    assert deleting.hindrance == 'no partition of relation "children" found for row (23514)'


async def test_what_a_domain_elsewhere_refuses_is_not_taken_for_the_key_s_own_doing(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create domain needed as int not null;
        create table parents (id int primary key); insert into parents values (1), (2);
        create table children (id int, parent_id int,
          constraint ck foreign key (parent_id) references parents on delete set null);
        create table others (id int, parent_id needed references parents on delete set null);
        insert into children values (1, 1); insert into others values (1, 1), (2, 2);
    """)
    async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=False)
    refused = "domain needed does not allow null values (23502)"
    assert [(each.ok, each.detail) for each in tried[:2]] == [
        (None, f"not by this key, but stopped by {refused}"),
        (True, f"stopped by {refused}, not by this key"),
    ]


async def test_a_row_that_takes_a_referenced_one_along_does_not_pass_for_one_that_the_key_holds_back(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create table parents (id int primary key, above int references parents on delete cascade);
        create table children (id int, parent_id int, constraint ck foreign key (parent_id) references parents);
        insert into parents values (1, null), (2, 1); insert into children values (1, 2);
    """)
    async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=False)
    assert [(each.ok, each.detail) for each in tried[:2]] == [
        (True, "refused with 23503"),
        (None, "stopped by ck of children (23503), as something refers to a row that goes with it"),
    ]


async def test_a_row_that_the_key_itself_holds_back_although_nothing_refers_to_it_is_a_broken_promise(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(f"""
        {SCHEMA} delete from children;
        create function refer() returns trigger language plpgsql as
          $$ begin insert into children values (9, old.id); return old; end $$;
        create trigger refer before delete on parents for each row execute function refer();
    """)
    tried = await probes(database, tmp_path)
    found = tried["deleting a row of parents that no row of children refers to"]
    assert (found.ok, found.detail) == (False, "stopped by ck of children (23503)")


@pytest.mark.minimum_version(15)
async def test_what_empties_half_of_a_match_full_key_promises_no_delete(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create table parents (a int, b int, primary key (a, b)); insert into parents values (1, 1);
        create table children (a int, b int,
          constraint ck foreign key (a, b) references parents match full on delete set null (b));
        insert into children values (1, 1);
    """)
    async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=False)
    assert (tried[0].ok, tried[0].detail) == (None, "refused with 23503; the next row may not be")


async def test_what_another_key_writes_into_the_key_is_not_taken_for_what_its_action_refuses(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create table parents (id int primary key, v int, unique (id, v)); insert into parents values (1, 1);
        create table children (pid int constraint empties references parents on delete set null, v int);
        alter table children
          add constraint ck foreign key (pid, v) references parents (id, v) match full on delete cascade;
        insert into children values (1, 1);
    """)
    async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
        tried = await probe(writer, bench.catalog, bench.key("ck"), nullable=False)
    assert (tried[0].ok, tried[0].detail) == (None, "not by this action, but stopped by ck of children (23503)")
