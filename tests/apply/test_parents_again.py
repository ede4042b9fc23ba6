"""The rows that orphans refer to, made again and taken back where nothing has come to depend on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.errors import UsageError
from fkdash.fix.plan import Pace
from fkdash.fix.plan_file.carry import planned_here
from fkdash.fix.plan_file.document import plan_document, plan_of
from tests.support.changes import Workbench, good
from tests.support.program import run

TABLES = """
create table parents (id int primary key, name text not null, made timestamptz default now());
create table children (id int primary key, parent_id bigint, note text);
create table others (id int primary key, parent_id int references parents on delete cascade);
insert into parents select g, 'p' || g from generate_series(1, 5) g;
insert into children select g, nullif(g % 20, 0), 'n' || g from generate_series(1, 100) g;
alter table children add constraint ck foreign key (parent_id) references parents on delete cascade not valid;
"""


async def test_missing_rows_are_made_again_and_only_those_go_that_nobody_uses(bench: Workbench) -> None:
    database = bench.database
    plan = await bench.plan(
        "ck", "recreate-parents", words=["name=it's = back"], pace=Pace(batch_rows=4, pause_ms=0)
    )
    assert planned_here(bench.catalog, plan_of(plan_document(plan))).steps == plan.steps
    ended = await bench.carry_out(plan)
    good(ended)
    assert await database.value("select count(*) from parents where name = 'it''s = back'") == 14
    assert await database.value("select count(*) from children") == 100
    await database.execute(
        "insert into others values (1, 10); update parents set name = 'mine' where id = 11;"
        "insert into children values (1000, 12, 'new')"
    )
    good(await bench.undo(ended))
    assert await database.value("select array_agg(id order by id) from parents where id > 5") == [10, 11, 12]
    assert await database.value("select count(*) from children") == 101
    assert await database.value("select count(*) from others") == 1
    assert not await database.value("select convalidated from pg_constraint where conname = 'ck'")


@pytest.mark.newest_version
async def test_a_value_that_is_missing_makes_nothing_and_a_column_that_is_none_is_named(bench: Workbench) -> None:
    ended = await bench.carry_out(await bench.plan("ck", "recreate-parents"), look_first=False)
    assert ended.outcome is not RunOutcome.VERIFIED
    assert "23502" in ended.message
    assert await bench.database.value("select count(*) from parents") == 5
    with pytest.raises(UsageError, match="names no column that can be given a value"):
        await bench.plan("ck", "recreate-parents", words=["id=7"])


@pytest.mark.newest_version
async def test_a_value_that_nothing_gives_is_asked_for_before_anything_begins(
    bench: Workbench, tmp_path: Path
) -> None:
    await bench.database.execute(
        "create domain named as text not null default 'none'; alter table parents add kind int not null default 0,"
        " add number int not null default 7, add own int not null generated always as identity, add word named;"
        "alter table parents alter kind drop default"
    )
    what = ("fix", "apply", "ck", bench.database.dsn, "--option", "recreate-parents", "--yes", "--confirm", "ck")
    stopped = await run(*what, state=tmp_path)
    assert (stopped.code, "The preflight stops it; nothing was changed" in stopped.err) == (4, True), stopped.err
    assert "needs a value for name, kind of every row" in stopped.err
    assert "--value name=VALUE --value kind=VALUE" in stopped.err
    await bench.database.execute(
        "create function fill() returns trigger language plpgsql as 'begin new.kind := 1; return new; end';"
        "create trigger fill before insert on parents for each row execute function fill()"
    )
    ended = await run(*what, "--value", "name=n", state=tmp_path)
    assert ended.code == 0, ended.err


@pytest.mark.newest_version
async def test_rows_made_again_look_like_one_that_is_there(bench: Workbench, tmp_path: Path) -> None:
    database = bench.database
    await database.execute(
        "alter table parents add flag bool default true, add serial serial unique, add slug text unique;"
        "update parents set flag = false, slug = 'two' where id = 2"
    )
    what = ("ck", database.dsn, "--option", "recreate-parents", "--yes", "--confirm", "ck", "--like")
    missing = await run("fix", "apply", *what, "77", state=tmp_path)
    assert (missing.code, "has no row id = 77" in missing.err) == (2, True), missing.err
    ended = await run("fix", "apply", *what, "2", "--value", "name=mine", state=tmp_path)
    assert ended.code == 0, ended.err
    assert await database.value("select count(*) from parents where id > 5 and name = 'mine' and not flag") == 14
    again = await database.value("select made from parents where id = 2")
    assert await database.value("select count(distinct made) from parents where made = $1", again) == 1
