"""Rows in the way are moved, each to the row that the operator's query picks: seen row by row, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.errors import NotRunError, UsageError
from fkdash.fix.blocker_relief import chosen_rows
from fkdash.fix.fix_for import subject_of
from fkdash.fix.plan import Pace, Plan
from fkdash.fix.plan_file.carry import planned_here
from fkdash.fix.plan_file.document import plan_document, plan_of
from fkdash.fix.planner import plan
from fkdash.fix.value_from import Picked, pick
from tests.support.changes import Workbench, good, owner_of, workbench
from tests.support.program import run
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

TABLES = """
create table spaces (id int primary key, name text);
create table users (id int primary key, email text, space_id int not null references spaces on delete set null);
create table members (user_id int references users, space_id int references spaces on delete cascade, joined int,
  primary key (user_id, space_id));
insert into spaces select g, 's' || g from generate_series(1, 9) g;
insert into users select g, 'u' || g || '@x', 1 from generate_series(1, 30) g;
insert into users select g, 'u' || g || '@x', 2 from generate_series(31, 40) g;
insert into members select g, s, 10 - s from generate_series(1, 27) g, generate_series(1, 3 + g % 3) s;
"""
_QUERY = """select space_id from members m where m.user_id = $1 and m.space_id > 2 and '$1' <> ''
  order by joined, space_id limit 1 -- the newest"""
_KEY = "users_space_id_fkey"
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from users c"
_STAY = ["28 (u28@x)", "29 (u29@x)", "30 (u30@x)"]


async def picked(bench: Workbench, sql: str, *of: str, key: str = _KEY) -> Picked:
    await bench.look()
    chosen = chosen_rows(bench.key(key), of or ("1",))
    return await pick(bench.pool, bench.catalog, bench.key(key), chosen, sql, seconds=20)


async def pairs(database: TestDatabase, sql: str) -> dict[str, str]:
    return {row[0]: row[1] for row in await database.fetch(sql)}


def moving(bench: Workbench, given: Picked, *of: str, key: str = _KEY) -> Plan:
    return plan(
        bench.catalog,
        subject_of(bench.catalog, bench.key(key), "move-blockers"),
        "move-blockers",
        of=of or ("1",),
        picks=given.picks,
        pace=Pace(batch_rows=4, pause_ms=0),
    )


async def test_each_row_goes_where_the_query_says_and_those_without_stay_by_name(bench: Workbench) -> None:
    database, before = bench.database, await bench.database.value(_ROWS)
    given = await picked(bench, _QUERY)
    assert sorted(row.named for row in given.rows if not row.then) == _STAY
    expected = await pairs(database, "select id::text, (3 + id % 3)::text from users where id < 28")
    assert {row.named.split(" ")[0]: row.then[0] for row in given.rows if row.then} == expected
    made = moving(bench, given)
    assert planned_here(bench.catalog, plan_of(plan_document(made))).steps == made.steps
    for odd in ([[], "x"], [["1"], "x"], ["1", []], ["1", ["2", "3"]], ["1", ["\ud800"]], ["\0", ["2"]]):
        with pytest.raises(UsageError, match="picked"):
            plan_of({**plan_document(made), "picked": [odd]})
    ended = await bench.carry_out(made)
    good(ended)
    assert await pairs(database, "select id::text, space_id::text from users where id < 28") == expected
    assert await database.value("select array_agg(id) from users where space_id = 1") == [28, 29, 30]
    assert await database.value("select count(*) from users where space_id = 2") == 10
    good(await bench.undo(ended))
    assert await database.value(_ROWS) == before


async def test_what_changed_between_the_preview_and_the_run_is_left_alone(bench: Workbench) -> None:
    made = moving(bench, await picked(bench, _QUERY))
    await bench.database.execute(
        "update users set space_id = 9 where id = 3; insert into users values (99, 'n', 1)"
    )
    ended = await bench.carry_out(made)
    good(ended)
    assert await bench.database.value("select space_id from users where id = 3") == 9
    assert await bench.database.value("select space_id from users where id = 99") == 1
    await bench.database.execute("update users set space_id = 8 where id = 4")
    good(await bench.undo(ended))
    assert await bench.database.value(
        "select array_agg(space_id order by id) from users where id in (3, 4, 5)"
    ) == [
        9,
        8,
        1,
    ]


async def test_a_row_whose_own_key_moves_is_moved_and_said_to_have_no_way_back(bench: Workbench) -> None:
    key = "members_space_id_fkey"
    sql = "select id from spaces s where id > 5 and $2 = 1 and not exists (select from members where user_id = $1 and space_id = s.id) order by id limit 1"
    made = moving(bench, await picked(bench, sql, key=key), key=key)
    assert "moving changes the primary key" in made.undo_condition
    good(await bench.carry_out(made))
    assert await bench.database.value("select count(*) from members where space_id = 6") == 27


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 1", "has no \\$1"),
        ("delete from users where id = $1 returning 1", "not one query that only reads"),
        ("select id from spaces where $1 = 1; drop table users", "not one query that only reads"),
        ("select id, name from spaces where $1 = 1", "gives 2 columns"),
        ("select id from spaces where $1 > 0", "picks several rows for public.users"),
        ("select 77 where $1 > 0", "picks rows that public.spaces does not have: 77"),
        ("select 'x' where $1 > 0", "The server refuses the query"),
        ("select nothing from nowhere where $1 > 0", "The server refuses the query"),
        ("select (random() * 9)::int + $1", "calls random"),
        ("select pg_advisory_lock($1) is null", "calls pg_advisory_lock"),
    ],
)
async def test_what_is_no_query_that_picks_says_why(bench: Workbench, sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        await picked(bench, sql)


async def test_code_that_somebody_planted_is_not_run(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(TABLES)
    await database.execute(
        "create table ran (what text); create function planted(int) returns int language plpgsql immutable as"
        " $$ begin perform pg_notify('ran', 'x'); return 3; end $$; create table bait (user_id int, space_id int);"
        "create index on bait ((space_id + planted(1))); create view seen as select user_id, planted(user_id) from bait;"
        "create operator @@@ (leftarg = int, rightarg = int, function = int4pl)"
    )
    role = f"planter_{database.name}"
    async with owner_of(database, "bait", "seen") as _:
        await database.execute(f"create role {role}; grant create on schema public to {role}")
        await database.execute(f"alter function planted(int) owner to {role}")
        try:
            async with workbench(database, tmp_path) as bench:
                for sql in (
                    "select planted($1)",
                    "select public.planted($1)",
                    "select space_id from bait where user_id = $1",
                ):
                    with pytest.raises(NotRunError):
                        await picked(bench, sql)
                with pytest.raises(UsageError, match="view"):
                    await picked(bench, "select user_id from seen where user_id = $1")
        finally:
            await database.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_the_command_shows_every_row_before_it_is_confirmed(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(TABLES)
    what = (_KEY, database.dsn, "--option", "move-blockers", "--of", "1", "--value-from", _QUERY)
    shown = await run("fix", "plan", *what, state=tmp_path)
    assert shown.code == 0, shown.err
    assert "3 rows of public.users get nothing, and stay:" in shown.out
    assert "  30 (u30@x): 1, the query gives no row" in shown.out
    assert "  1 (u1@x): 1 -> 4" in shown.out
    ended = await run("fix", "apply", *what, "--yes", "--confirm", _KEY, state=tmp_path)
    assert ended.code == 0, ended.err
    assert await database.value("select count(*) from users where space_id = 1") == 3
    assert "Deleting this row of public.spaces today: refused with 23502 (30 users)" in ended.err
    assert "Deleting this row of public.spaces now: refused with 23502 (3 users)" in ended.err
    assert f"fkdash watch {database.dsn}" in ended.err.replace("'", "")


async def test_checks_of_a_domain_are_not_run_to_look_for_rows(database: TestDatabase, tmp_path: Path) -> None:
    role = f"domain_{database.name}"
    await database.execute(
        "create function fine(int) returns bool language plpgsql immutable as $$ begin return true; end $$;"
        "create domain key as int check (fine(value)); create table spaces (id key primary key, name text);"
        "create table users (id key primary key, space_id key references spaces);"
        "insert into spaces select generate_series(1, 5); insert into users select g, 1 from generate_series(1, 6) g;"
        f"create role {role}; grant create on schema public to {role}; alter function fine(int) owner to {role};"
        "create or replace function fine(int) returns bool language plpgsql immutable as"
        " $$ begin raise exception 'planted code ran'; end $$"
    )
    try:
        async with workbench(database, tmp_path) as bench:
            given = await picked(bench, "select s.id from spaces s where $1 > 0 and s.id = 3", key=_KEY)
            assert {row.then for row in given.rows} == {("3",)}
            made = await bench.plan(_KEY, "move-blockers", words=["3"], of=["1"])
            assert any("has the row id = 3" in line.what for line in await bench.preflight(made))
            async with bench.pool.session() as session:
                for step in made.steps[1:]:
                    assert await session.value(str(step.total)) == 6
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_a_value_that_the_column_would_cut_to_another_rows_key_is_none(bench: Workbench) -> None:
    await bench.database.execute(
        "create table codes (code text primary key); insert into codes values ('abcdef'), ('abc'), ('old');"
        "create table uses (id int primary key, code varchar(3) constraint uk references codes);"
        "insert into uses values (1, 'old')"
    )
    with pytest.raises(UsageError, match=r"picks rows that public\.codes does not have: abcdef"):
        await picked(bench, "select 'abcdef' where $1 > 0", "old", key="uk")
    found = await picked(bench, "select 'abc' where $1 > 0", "old", key="uk")
    assert [row.then for row in found.rows] == [("abc",)]


async def test_rows_are_known_by_their_key_whatever_the_settings_of_who_picks_and_who_writes(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table spaces (id int primary key); insert into spaces values (1), (2), (3);"
        "create table visits (at timestamptz(3), day date, token bytea, during tstzrange,"
        "  space_id int not null references spaces, primary key (at, day, token, during));"
        "insert into visits select '2026-03-04 05:06:07+00'::timestamptz + g * '1 day'::interval, "
        "  date '2026-03-04' + g, decode(md5(g::text), 'hex'), "
        "  tstzrange('2026-03-04 05:06:07+00', case when g > 1 then '2026-05-06 07:08:09+00'::timestamptz end), 1 "
        "  from generate_series(1, 4) g;"
        f"alter database {database.name} set DateStyle = 'German, DMY';"
        f"alter database {database.name} set TimeZone = 'Asia/Kolkata';"
        f"alter database {database.name} set bytea_output = 'escape'"
    )
    async with workbench(database, tmp_path) as bench:
        query = (
            "select 2 + extract(day from $1 at time zone 'UTC')::int % 2 "
            "where length($3) = 16 and $2 > date '2026-01-01' and lower($4) is not null"
        )
        given = await picked(bench, query, key="visits_space_id_fkey")
        ended = await bench.carry_out(moving(bench, given, key="visits_space_id_fkey"))
        good(ended)
        found = await database.value("select array_agg(space_id order by at) from visits")
        assert found == [3, 2, 3, 2]
