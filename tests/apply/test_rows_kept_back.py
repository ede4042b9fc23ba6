"""Rows that triggers keep as they are, and rows whose place is taken: none is doubled, lost or said to be changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.fix.fix_for import subject_of
from fkdash.fix.options import options
from tests.support.changes import Workbench, good

TABLES = """
create table parents (id int primary key, name text);
create table children (id int primary key, parent_id int, note text);
insert into parents select g, 'p' || g from generate_series(0, 9) g;
insert into children select g, 1 + g % 3, 'n' || g from generate_series(1, 9) g;
insert into children select g, 1000 + g % 5, 'lost' || g from generate_series(10, 40) g;
alter table children add constraint ck foreign key (parent_id) references parents not valid;
"""
_ROWS = "select md5(string_agg(c::text, '|' order by c::text)) from children c"
_KEPT = "select oid::regclass::text from pg_class where relkind = 'r' and relname ~ '^fkdash_(orphans|blockers|parents)_'"


async def plant(bench: Workbench, event: str, body: str, *, tried: bool = True) -> None:
    """Plant a trigger; one that seems to reach out of the database is not tried before a run."""
    body = body if tried else f"/* dblink */ {body}"
    await bench.database.execute(
        f"create or replace function meddle() returns trigger language plpgsql as 'begin {body} end';"
        f"create or replace trigger meddling before {event} on children for each row execute function meddle()"
    )


async def kept_in(bench: Workbench) -> int:
    tables = [row[0] for row in await bench.database.fetch(_KEPT)]
    return sum([await bench.database.value(f"select count(*) from {table}") for table in tables])


async def applied(bench: Workbench, option: str, of: Sequence[str], words: Sequence[str] = ()) -> RunEnded:
    return await bench.carry_out(await bench.plan("ck", option, of=of, words=words))


@pytest.mark.parametrize("tried", [True, False], ids=["tried", "met"])
@pytest.mark.parametrize("key", ["id", ""], ids=["with a primary key", "without"])
@pytest.mark.parametrize(("option", "of"), [("delete-orphans", []), ("delete-blockers", ["1", "2"])])
async def test_rows_that_a_trigger_keeps_from_going_are_neither_kept_nor_doubled(
    bench: Workbench, key: str, option: str, of: list[str], *, tried: bool
) -> None:
    if not key:
        await bench.database.execute("alter table children drop constraint children_pkey")
    await plant(bench, "delete", "if old.id % 4 = 0 then return null; end if; return old;", tried=tried)
    rows = await bench.database.value(_ROWS)
    ended = await applied(bench, option, of)
    assert ended.outcome is not RunOutcome.VERIFIED
    assert "not become what step" in ended.message
    assert ("It was tried" in ended.message) == tried
    assert "meddling" in ended.message
    assert (await bench.database.value(_ROWS), await kept_in(bench)) == (rows, 0)


@pytest.mark.parametrize(
    ("option", "of", "words"),
    [("null-orphans", [], []), ("reparent-orphans", [], ["7"]), ("move-blockers", ["1", "2"], ["7"])],
)
@pytest.mark.parametrize("body", ["return null;", "new.parent_id := old.parent_id; return new;"])
@pytest.mark.parametrize("tried", [True, False], ids=["tried", "met"])
async def test_rows_that_a_trigger_leaves_as_they_were_end_the_run_at_once(
    bench: Workbench, option: str, of: list[str], words: list[str], body: str, *, tried: bool
) -> None:
    await plant(bench, "update", body, tried=tried)
    rows = await bench.database.value(_ROWS)
    ended = await applied(bench, option, of, words)
    assert ended.outcome is not RunOutcome.VERIFIED
    assert "not become what step" in ended.message
    assert ("It was tried" in ended.message) == tried
    assert (await bench.database.value(_ROWS), await kept_in(bench)) == (rows, 0)


@pytest.mark.parametrize(
    ("option", "of", "event"),
    [
        ("delete-orphans", [], "insert"),
        ("null-orphans", [], "update"),
        ("delete-blockers", ["1"], "insert"),
        ("null-blockers", ["1"], "update"),
    ],
)
async def test_a_row_that_a_trigger_keeps_from_coming_back_stays_kept(
    bench: Workbench, option: str, of: list[str], event: str
) -> None:
    rows = await bench.database.value(_ROWS)
    ended = await applied(bench, option, of)
    kept = await kept_in(bench)
    assert kept
    await plant(bench, event, "return null;")
    assert (await bench.undo(ended)).outcome is not RunOutcome.VERIFIED
    assert await kept_in(bench) == kept
    await bench.database.execute("drop trigger meddling on children")
    good(await bench.undo(ended))
    assert (await bench.database.value(_ROWS), await kept_in(bench)) == (rows, 0)


@pytest.mark.parametrize(
    ("option", "orphans"), [("delete-orphans", 30), ("null-orphans", 30)], ids=["deleted", "emptied"]
)
async def test_a_row_whose_place_in_another_unique_index_is_taken_stays_kept(
    bench: Workbench, option: str, orphans: int
) -> None:
    await bench.database.execute("create unique index on children (parent_id, note)")
    good(await applied(bench, option, []))
    await bench.database.execute(
        "set session_replication_role = replica; insert into children values (500, 1000, 'lost10');"
        "reset session_replication_role"
    )
    ended = next(each for each in reversed(bench.events) if isinstance(each, RunEnded))
    good(await bench.undo(ended))
    assert (
        await bench.database.value("select count(*) from children where parent_id >= 1000 and id < 500") == orphans
    )
    assert await kept_in(bench) == 1


async def test_the_way_back_takes_no_operator_from_the_applications_path(bench: Workbench) -> None:
    await bench.database.execute(
        "create schema planted; create function planted.same(varchar, varchar) returns bool language plpgsql as"
        " 'begin raise exception ''planted code ran''; end';"
        "create operator planted.= (function = planted.same, leftarg = varchar, rightarg = varchar);"
        "create table codes (code varchar(9) primary key, name varchar(9)); create table uses (id varchar(9) primary key, code varchar(9));"
        "insert into codes values ('a'), ('b'); insert into uses values ('1', 'a'), ('2', 'x'), ('3', 'y');"
        "alter table uses add constraint uk foreign key (code) references codes not valid;"
        f'alter database "{bench.database.name}" set search_path = planted, public'
    )
    rows = "select string_agg(concat(u.id, u.code), ' ' order by u.id collate \"C\") from uses u"
    before = await bench.database.value(rows)
    for option, words in (
        ("delete-orphans", []), ("null-orphans", []), ("reparent-orphans", ["b"]), ("recreate-parents", ["name=z"])
    ):  # fmt: skip
        ended = await bench.apply("uk", option, words=words)
        good(ended)
        good(await bench.undo(ended))
        assert await bench.database.value(rows) == before


@pytest.mark.parametrize(("option", "words"), [("null-blockers", []), ("move-blockers", ["25"])])
async def test_a_row_goes_to_the_partition_that_it_belongs_to_then(
    bench: Workbench, option: str, words: list[str]
) -> None:
    await bench.database.execute(
        "create table places (id int primary key); insert into places select generate_series(1, 30);"
        "create table parts (id int, place_id int constraint pk references places) partition by list (place_id);"
        "create table parts_1 partition of parts for values in (1, 2); create table parts_0 partition of parts default;"
        "insert into parts select g, 1 + g % 2 from generate_series(1, 9) g"
    )
    good(await bench.apply_of("pk", option, of=["1"], words=words))
    counts = "select array[(select count(*) from parts_1), (select count(*) from parts_0)]"
    assert await bench.database.value(counts) == [5, 4]


async def test_rows_are_made_again_under_keys_that_the_server_always_makes_itself(bench: Workbench) -> None:
    await bench.database.execute(
        "create table owners (id int primary key generated always as identity, name text);"
        "create table things (id int primary key, owner_id int); insert into things select g, g from generate_series(5, 9) g;"
        "alter table things add constraint tk foreign key (owner_id) references owners not valid"
    )
    ended = await bench.apply("tk", "recreate-parents")
    good(ended)
    assert await bench.database.value("select array_agg(id order by id) from owners") == [5, 6, 7, 8, 9]
    good(await bench.undo(ended))
    assert await bench.database.value("select count(*) from owners") == 0


async def test_no_row_is_to_be_made_again_under_a_key_that_is_computed(bench: Workbench) -> None:
    await bench.database.execute(
        "create table squares (side int, area int generated always as (side * side) stored primary key);"
        "create table uses (id int primary key, area int); insert into uses values (1, 4);"
        "alter table uses add constraint uk foreign key (area) references squares not valid"
    )
    catalog = await bench.look()
    subject = subject_of(catalog, bench.key("uk"), "recreate-parents")
    [option] = [each for each in options(catalog, subject) if each.id == "recreate-parents"]
    assert "area is generated" in option.refused
