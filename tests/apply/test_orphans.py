"""Orphans repaired in each way, and really put back as they were where that is promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.apply.events import RunEnded
from fkdash.apply.journal.recovery import recorded_run, undo_plan, what_is_true
from fkdash.apply.proof.preflight import Standing
from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.errors import StoppedError, UsageError
from fkdash.report.fix.plan import plan_sql
from tests.support.changes import Workbench, good, workbench
from tests.support.pasting import carried_out
from tests.support.servers import TestDatabase

TABLES = """
create table parents (id int primary key, name text);
create table children (id int primary key generated always as identity, parent_id int, note text,
  doubled int generated always as (coalesce(parent_id, 0) * 2) stored,
  constraint ck foreign key (parent_id) references parents on delete cascade);
insert into parents select g, 'p' || g from generate_series(0, 40) g;
insert into children (parent_id, note) select g % 30, 'n' || g from generate_series(1, 200) g;
alter table children drop constraint ck;
insert into children (parent_id, note) select g, 'lost' || g from generate_series(1001, 2300) g;
alter table children add constraint ck foreign key (parent_id) references parents on delete cascade not valid;
comment on constraint ck on children is 'kept';
"""
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from children c"
_ORPHANS = "select count(*) from children c where parent_id is not null and not exists (select from parents p where p.id = c.parent_id)"
_DEFINITION = "select pg_get_constraintdef(oid) || ' ' || coalesce(obj_description(oid), '') from pg_constraint where conname = 'ck'"

_MOVED = """day = make_date(2026, 5, 6) and span = make_interval(days => -1, secs => 7384)
  and at = timestamptz '2026-05-06 10:00+00'"""


async def truth(bench: Workbench, ended: RunEnded) -> str:
    catalog = await bench.look()
    async with bench.pool.session() as session:
        return await what_is_true(session, catalog, recorded_run(ended.journal).plan)


@pytest.mark.parametrize(
    ("option", "words", "after"),
    [
        ("reparent-orphans", ["7"], "count(*) filter (where parent_id = 7) = 1307"),
        ("null-orphans", [], "count(*) filter (where parent_id is null) = 1300"),
        ("delete-orphans", [], "count(*) = 200"),
    ],
)
async def test_orphans_are_repaired_and_put_back_exactly_as_they_were(
    bench: Workbench, option: str, words: list[str], after: str
) -> None:
    rows, definition = await bench.database.value(_ROWS), await bench.database.value(_DEFINITION)
    ended = await bench.apply("ck", option, words=words)
    good(ended)
    assert await bench.database.value(f"select {after} from children")
    assert await bench.database.value(_ORPHANS) == 0
    assert await bench.database.value("select convalidated from pg_constraint where conname = 'ck'")
    assert "keeps 1,300 rows as they were." in await truth(bench, ended)
    good(await bench.undo(ended))
    assert await bench.database.value(_ROWS) == rows
    assert await bench.database.value(_DEFINITION) == definition
    assert "keeps no row" in await truth(bench, ended)


async def test_a_date_an_interval_and_a_moment_that_are_typed_are_the_same_for_looking_and_for_writing(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table days (day date, span interval, at timestamptz(3), primary key (day, span, at));"
        "insert into days select d, s, a from unnest(array['2026-05-06', '2026-06-05']::date[]) d, "
        "  unnest(array['-1 day +2:03:04', '-1 day -2:03:04']::interval[]) s, "
        "  unnest(array['2026-05-06 10:00+00', '2026-05-06 10:00+05:30']::timestamptz[]) a;"
        "create table visits (id int primary key, day date, span interval, at timestamptz);"
        "insert into visits values (1, '1999-01-01', '1 s', '1999-01-01');"
        "alter table visits add constraint vk foreign key (day, span, at) references days not valid;"
        f"alter database {database.name} set DateStyle = 'SQL, DMY';"
        f"alter database {database.name} set TimeZone = 'Asia/Kolkata';"
        f"alter database {database.name} set IntervalStyle = 'sql_standard'"
    )
    words = ["day=05/06/2026", "span=-1 2:03:04", "at=May 6, 2026 10:00 AM"]
    for settings in ({}, {"DateStyle": "SQL, DMY"}):
        async with workbench(database, tmp_path) as bench:
            bench.pool.target = replace(bench.pool.target, settings=settings)
            ended = await bench.apply("vk", "reparent-orphans", words=words)
            good(ended)
            assert await database.value(f"select {_MOVED} from visits")
            good(await bench.undo(ended))
    async with workbench(database, tmp_path) as bench:
        await carried_out(database.dsn, plan_sql(await bench.plan("vk", "reparent-orphans", words=words)))
    assert await database.value(f"select {_MOVED} from visits")


async def test_the_way_back_runs_as_a_script_too(bench: Workbench) -> None:
    rows = await bench.database.value(_ROWS)
    ended = await bench.apply("ck", "delete-orphans")
    back = undo_plan(await bench.look(), recorded_run(ended.journal).plan)
    await carried_out(bench.database.dsn, plan_sql(back))
    assert await bench.database.value(_ROWS) == rows


async def test_what_was_changed_since_the_repair_stays_and_stays_kept(bench: Workbench) -> None:
    ended = await bench.apply("ck", "reparent-orphans", words=["7"])
    good(ended)
    await bench.database.execute(
        "update children set parent_id = 8 where note = 'lost1001'; delete from children where note = 'lost1002'"
    )
    assert "; 2 stay as they are: they were changed since" in await truth(bench, ended)
    good(await bench.undo(ended))
    assert await bench.database.value("select parent_id from children where note = 'lost1001'") == 8
    assert await bench.database.value("select count(*) from children where note = 'lost1002'") == 0
    assert await bench.database.value(_ORPHANS) == 1298
    kept = kept_table(bench.key("ck")).sql
    assert await bench.database.value(f"select count(*) from {kept}") == 2


async def test_a_deleted_row_whose_place_is_taken_stays_kept(bench: Workbench) -> None:
    ended = await bench.apply("ck", "delete-orphans")
    good(ended)
    await bench.database.execute("insert into children (id, parent_id) overriding system value values (201, 1)")
    good(await bench.undo(ended))
    assert await bench.database.value("select parent_id from children where id = 201") == 1
    assert await bench.database.value(_ORPHANS) == 1299


async def test_no_orphan_slips_in_while_rows_are_put_back(bench: Workbench) -> None:
    ended = await bench.apply("ck", "null-orphans")
    good(ended)
    good(await bench.undo(ended))
    with pytest.raises(Exception, match="violates foreign key"):
        await bench.database.execute("insert into children (parent_id) values (5000)")


async def test_the_row_that_orphans_are_to_refer_to_must_be_there(bench: Workbench) -> None:
    for word, reason in {"77": "has no row id = 77", "seven": "invalid input syntax"}.items():
        chosen = await bench.plan("ck", "reparent-orphans", words=[word])
        stops = [line.what for line in await bench.preflight(chosen) if line.standing is Standing.STOP]
        assert len(stops) == 1
        assert reason in stops[0]
    with pytest.raises(UsageError, match="needs the key of an existing row of parents"):
        await bench.plan("ck", "reparent-orphans")
    with pytest.raises(UsageError, match="takes no value"):
        await bench.plan("ck", "null-orphans", words=["7"])


async def test_a_second_repair_does_not_mix_its_rows_with_those_of_the_first(bench: Workbench) -> None:
    good(await bench.apply("ck", "delete-orphans"))
    await bench.database.execute(
        "alter table children drop constraint ck; insert into children (parent_id) values (900);"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    chosen = await bench.plan("ck", "null-orphans")
    stops = [line for line in await bench.preflight(chosen) if line.standing is Standing.STOP]
    assert ["keeps rows of an earlier repair" in line.what for line in stops] == [True]
    kept = kept_table(bench.key("ck")).sql
    assert stops[0].next_step.endswith(f"DROP TABLE {kept}")
    await bench.database.execute(f"drop table {kept}")
    good(await bench.apply("ck", "null-orphans"))


async def test_without_a_primary_key_values_are_kept_but_the_undo_says_that_it_cannot(bench: Workbench) -> None:
    await bench.database.execute("alter table children drop constraint children_pkey")
    ended = await bench.apply("ck", "reparent-orphans", words=["7"])
    good(ended)
    with pytest.raises(StoppedError, match="children has no primary key that tells its rows apart"):
        await bench.undo(ended)
    kept = kept_table(bench.key("ck")).sql
    assert await bench.database.value(f"select count(*) from {kept} where parent_id > 1000") == 1300


async def test_without_the_kept_rows_there_is_no_way_back_and_it_says_so(bench: Workbench) -> None:
    ended = await bench.apply("ck", "delete-orphans")
    await bench.database.execute(f"drop table {kept_table(bench.key('ck')).sql}")
    with pytest.raises(StoppedError, match="which kept the rows, is not there any more"):
        undo_plan(await bench.look(), recorded_run(ended.journal).plan)


async def test_a_delete_says_which_other_rows_its_undo_does_not_bring_back(bench: Workbench) -> None:
    await bench.database.execute(
        "create table notes (id int primary key, child_id int references children on delete cascade)"
    )
    chosen = await bench.plan("ck", "delete-orphans")
    assert "not what the delete changes in public.notes" in chosen.undo_condition


async def test_an_operator_is_told_which_triggers_run_for_the_repaired_rows(bench: Workbench) -> None:
    await bench.database.execute(
        "create function noted() returns trigger language plpgsql as 'begin return new; end';"
        "create trigger audit before update on children for each row execute function noted()"
    )
    lines = await bench.preflight(await bench.plan("ck", "null-orphans"))
    assert any("the trigger audit of public.children runs for the rows" in line.what for line in lines)


async def test_a_key_of_two_columns_is_repaired_by_naming_both(bench: Workbench) -> None:
    await bench.database.execute(
        "create table orders (tenant int, id int, primary key (tenant, id)); insert into orders values (1, 1), (2, 5);"
        "create table lines (id int primary key, tenant int not null, order_id int); insert into lines values (1, 1, 1), (2, 9, 9), (3, 9, null);"
        "alter table lines add constraint lk foreign key (tenant, order_id) references orders not valid"
    )
    with pytest.raises(UsageError, match="No value is named for order_id"):
        await bench.plan("lk", "reparent-orphans", words=["tenant=2"])
    with pytest.raises(UsageError, match="names no column"):
        await bench.plan("lk", "reparent-orphans", words=["2", "5"])
    ended = await bench.apply("lk", "reparent-orphans", words=["order_id=5", "tenant=2"])
    good(ended)
    rows = "select array_agg(tenant || '/' || coalesce(order_id::text, '') order by id) from lines"
    assert await bench.database.value(rows) == ["1/1", "2/5", "9/"]
    good(await bench.undo(ended))
    assert await bench.database.value(rows) == ["1/1", "9/9", "9/"]


async def test_partitions_are_repaired_and_put_back_where_the_server_can_hold_an_unproven_key(
    bench: Workbench,
) -> None:
    await bench.database.execute(
        "create table parts (id int, parent_id int, primary key (id)) partition by range (id);"
        "create table parts_1 partition of parts for values from (0) to (100);"
        "create table parts_2 partition of parts for values from (100) to (200);"
        "alter table parts add constraint pk foreign key (parent_id) references parents;"
        "alter table parts_1 disable trigger all; alter table parts_2 disable trigger all;"
        "insert into parts select g, 500 + g from generate_series(1, 150) g;"
        "alter table parts_1 enable trigger all; alter table parts_2 enable trigger all"
    )
    ended = await bench.apply("pk", "reparent-orphans", words=["7"])
    good(ended)
    assert await bench.database.value("select count(*) from parts where parent_id = 7") == 150
    if bench.database.version < 18:
        with pytest.raises(StoppedError, match="before PostgreSQL 18"):
            await bench.undo(ended)
        return
    good(await bench.undo(ended))
    assert await bench.database.value("select count(*) from parts where parent_id = id + 500") == 150
    names = "select array_agg(distinct conname) from pg_constraint where contype = 'f' and conrelid::regclass::text like 'parts%'"
    assert await bench.database.value(names) == ["pk"]


@pytest.mark.minimum_version(18)
async def test_a_key_that_checked_nothing_checks_nothing_again_after_the_undo(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck;"
        "alter table children add constraint ck foreign key (parent_id) references parents not enforced"
    )
    rows = await bench.database.value(_ROWS)
    ended = await bench.apply("ck", "reparent-orphans", words=["7"])
    good(ended)
    good(await bench.undo(ended))
    assert await bench.database.value(_ROWS) == rows
    assert "NOT ENFORCED" in await bench.database.value(_DEFINITION)


@pytest.mark.minimum_version(18)
@pytest.mark.parametrize("option", ["null-orphans", "quarantine-orphans"])
async def test_a_virtual_column_that_cannot_be_computed_is_in_no_repairs_way(
    bench: Workbench, option: str
) -> None:
    await bench.database.execute("alter table children add share int generated always as (1 / (parent_id - 1001))")
    rows = "select md5(string_agg(id || coalesce(parent_id::text, '') || note || doubled, '|' order by id)) from children"
    before = await bench.database.value(rows)
    ended = await bench.apply("ck", option)
    good(ended)
    assert await bench.database.value(_ORPHANS) == 0
    assert "keeps 1,300 rows as they were." in await truth(bench, ended)
    good(await bench.undo(ended))
    assert await bench.database.value(rows) == before
    good(await bench.apply("ck", option))
