"""What statements name, typed tables and steady expressions: a server and the reader take and refuse the same."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.script import Script
from tests.catalog.files.test_scripts import BASE, read
from tests.support.servers import TestDatabase

_FOLDER = Path(__file__).parent / "naming"


async def _disagreed(database: TestDatabase, text: str, *, doubted: int = 0) -> list[str]:
    """Give the statements of which one side is right and the other wrong; so many may be doubted that are taken."""
    connection = await database.connection()
    script = Script(connection.get_server_version().major)
    script.begin_file("a.sql")
    found, doubts = [], 0
    for statement in split(iter([text])):
        before = len(script.incomplete)
        script.run(statement)
        ours = [each.reason for each in script.incomplete[before:]]
        theirs = ""
        try:
            await connection.execute(statement.text)
        except asyncpg.PostgresError as error:
            theirs = f"{error.sqlstate} {error}"
        refused = any(each.startswith("PostgreSQL would refuse") for each in ours)
        doubts += bool(ours) and not refused and not theirs
        if bool(theirs) != bool(ours) and (refused or theirs):
            found.append(f"{statement.text}: files {ours}, server {theirs or 'takes it'}")
    if doubts > doubted:
        found.append(f"{doubts} statements are doubted that the server takes")
    return found


@pytest.mark.parametrize("name", ["refused", "taken", "typed", "impossible", "merged", "shapes"])
async def test_what_a_server_refuses_is_refused_and_what_it_takes_is_taken(
    emptied: TestDatabase, name: str
) -> None:
    assert await _disagreed(emptied, (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")) == []


async def test_what_changes_by_itself_is_told_by_the_types_that_it_is_made_of(emptied: TestDatabase) -> None:
    # What a function of SQL does takes its place: that is not followed.
    assert await _disagreed(emptied, (_FOLDER / "steady.sql").read_text(encoding="utf-8"), doubted=1) == []


@pytest.mark.parametrize(
    "text",
    [
        "create view v as select 'p' as c, 1 as p_id from p; alter table c drop p_id cascade; drop table c; drop view v;",
        "create view v as select id from c; drop table c;",
        "create view v as select x.id as more from c x; alter table c drop p_id cascade; alter table c drop id; drop view v;",
        "create view v as select c.id, p.id as other from c join p on true; alter table c drop p_id cascade; drop view v;",
        "create view v as select * from c; alter table c drop p_id cascade; drop view v;",
        "create view v as with q as (select id from p) select q.id from q; drop table c cascade; drop view v;",
        "create temp view v as select 1 as one; select * from v; drop view v; select * from v;",
        "create policy o on c using (exists (select from p)); alter table p add x int; alter table p drop x; drop policy o on c;",
        "begin; truncate p; rollback; begin; truncate p, c; rollback; truncate c; truncate p cascade;",
        (
            "do $$ begin insert into nowhere values (1); exception when undefined_table then alter table c add x int; end $$; "
            "alter table c drop x;"
        ),
        "do $$ begin if false then insert into nowhere values (1); end if; end $$;",
        'do $$ begin delete from c where c.nope = 1; end $$; do $$ begin update c set p_id = "No"; end $$;',
        (
            "create unique index on c (p_id) where id > 0; insert into c (id, p_id) values (1, 5) on conflict (p_id) where id > 0 "
            "do nothing; insert into c (id, p_id) values (2, 6) on conflict (p_id) do nothing;"
        ),
        (
            "set check_function_bodies = off; create function f() returns int language sql as 'select 1 from nowhere'; "
            "set check_function_bodies = on; create function g() returns int language sql as 'select 1 from nowhere';"
        ),
        "create table d (k uuid) partition by list (k); create table d1 partition of d for values in (1);",
    ],
)  # fmt: skip
async def test_what_depends_on_what_goes_is_told_by_what_it_reads(emptied: TestDatabase, text: str) -> None:
    assert await _disagreed(emptied, BASE + text) == []


@pytest.mark.parametrize(
    "text",
    [
        "insert into spatial_ref_sys (srid) values (1);",
        "select cron.schedule('a', 'b', 'c'); update cron.job set active = false;",
        "comment on table partman.part_config is 'x';",
    ],
)
def test_what_an_extension_may_have_brought_is_not_missed(text: str) -> None:
    assert read(f'{BASE}create extension "some_extension"; {text}', 18).incomplete == []


def test_what_a_migration_tool_made_is_not_missed() -> None:
    text = (
        "insert into schema_migrations (version) values ('1'); insert into alembic_version values ('a');"
        'insert into drizzle.__drizzle_migrations (hash) values (1); delete from "SequelizeMeta" where name = 1;'
    )
    assert read(BASE + text, 18).incomplete == []


def test_what_may_have_been_made_before_is_doubted_and_not_refused() -> None:
    script = read(f"{BASE}select make_everything(); insert into other values (1);", 18)
    assert [each.reason.startswith("whether there is a table other") for each in script.incomplete] == [
        False,
        True,
    ]
