"""Rows that hold others back: moved, emptied or deleted, and back again where they still can be."""

from __future__ import annotations

import pytest

from fkdash.apply.journal.records import recorded_run
from fkdash.apply.journal.recovery import undo_plan
from fkdash.apply.proof.preflight_lines import Standing
from fkdash.errors import UsageError
from fkdash.fix.plan import Pace
from fkdash.fix.plan_file.carry import planned_here
from fkdash.fix.plan_file.document import plan_document, plan_of
from tests.support.changes import Workbench, good

TABLES = """
create table workspaces (tenant int, id int, name text, primary key (tenant, id), unique (id));
create table users (id int primary key, workspace_id int references workspaces (id),
  home_tenant int not null, home int not null, note text,
  constraint hk foreign key (home_tenant, home) references workspaces);
insert into workspaces select g % 2, g, 'w' || g from generate_series(1, 12) g;
insert into users select g, 1 + g % 12, (1 + g % 12) % 2, 1 + g % 12, 'n' || g from generate_series(1, 240) g;
"""
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from users c"
_KEY = "users_workspace_id_fkey"


async def test_blockers_are_moved_in_batches_and_come_back(bench: Workbench) -> None:
    before = await bench.database.value(_ROWS)
    plan = await bench.plan(_KEY, "move-blockers", words=["3"], of=["1", "2"], pace=Pace(batch_rows=7, pause_ms=0))
    assert planned_here(bench.catalog, plan_of(plan_document(plan))).steps == plan.steps
    ended = await bench.carry_out(plan)
    good(ended)
    assert await bench.database.value("select count(*) from users where workspace_id = 3") == 60
    assert await bench.database.value("select count(*) from users where workspace_id in (1, 2)") == 0
    assert await bench.database.value("select convalidated from pg_constraint where conname = $$" + _KEY + "$$")
    good(await bench.undo(ended))
    assert await bench.database.value(_ROWS) == before


async def test_the_way_back_is_the_same_from_the_plan_at_hand_as_from_the_journal(bench: Workbench) -> None:
    plan = await bench.plan(_KEY, "null-blockers", of=["1", "2"])
    ended = await bench.carry_out(plan)
    good(ended)
    await bench.look()
    at_hand, recorded = (undo_plan(bench.catalog, each) for each in (plan, recorded_run(ended.journal).plan))
    assert at_hand.undo == recorded.undo == plan.steps
    assert at_hand.undo_condition == recorded.undo_condition == "any time"


async def test_what_else_holds_the_rows_is_asked_with_the_table_as_it_is_called(bench: Workbench) -> None:
    await bench.database.execute(
        'create table "Spaces" (id int primary key); create table seats (s int references "Spaces");'
        'insert into "Spaces" values (1); insert into seats values (1)'
    )
    await bench.look()
    plan = await bench.plan("seats_s_fkey", "delete-blockers", of=["1"])
    assert any("fkdash preview --table 'public.\"Spaces\"'" in each for each in plan.consequences)


async def test_a_carried_plan_is_about_the_same_rows_whatever_their_keys_look_like(bench: Workbench) -> None:
    await bench.database.execute(
        "create table odd (a text, b text, primary key (a, b)); create table one (a text primary key);"
        "create table held (a text, b text, c text constraint one_key references one,"
        "  constraint odd_key foreign key (a, b) references odd);"
    )
    await bench.look()
    for key, of in (("odd_key", '{"a": "x,b=1", "b": "2"}'), ("one_key", "a=a=5")):
        plan = await bench.plan(key, "delete-blockers", of=[of])
        carried = plan_of(plan_document(plan))
        assert carried.chosen == plan.chosen
        assert planned_here(bench.catalog, carried).steps == plan.steps


async def test_only_what_can_go_back_does(bench: Workbench) -> None:
    ended = await bench.apply_of(_KEY, "null-blockers", of=["1", "2"])
    good(ended)
    assert await bench.database.value("select count(*) from users where workspace_id is null") == 40
    await bench.database.execute(
        "update users set workspace_id = 5 where id = 12; delete from users where home = 2; delete from workspaces where id = 2"
    )
    good(await bench.undo(ended))
    assert await bench.database.value("select count(*) from users where workspace_id = 1") == 19
    kept = await bench.database.value(
        "select relname from pg_class where relname like 'fkdash_blockers%' and relkind = 'r'"
    )
    assert await bench.database.value(f"select count(*) from {kept}") == 21


async def test_blockers_of_a_composite_key_are_deleted_and_come_back(bench: Workbench) -> None:
    before = await bench.database.value(_ROWS)
    ended = await bench.apply_of("hk", "delete-blockers", of=["tenant=1,id=1", "id=2,tenant=0"])
    good(ended)
    assert await bench.database.value("select count(*) from users") == 200
    good(await bench.undo(ended))
    assert await bench.database.value(_ROWS) == before


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((_KEY, "move-blockers", ["3"], []), "Of which rows of workspaces"),
        ((_KEY, "move-blockers", [], ["1"]), "needs the key of an existing row"),
        ((_KEY, "move-blockers", ["1"], ["1"]), "one of those they are moved away from"),
        ((_KEY, "null-blockers", ["1"], ["1"]), "takes no value"),
        (("hk", "null-blockers", [], ["tenant=1,id=1"]), "cannot be NULL"),
        (("hk", "delete-blockers", [], ["1"]), "names no column of the key"),
        ((_KEY, "no-action", [], ["1"]), "not about some rows"),
    ],
)
async def test_a_relief_that_cannot_be_says_why(
    bench: Workbench, asked: tuple[str, str, list[str], list[str]], said: str
) -> None:
    key, option, words, of = asked
    with pytest.raises(UsageError, match=said):
        await bench.plan(key, option, words=words, of=of)


@pytest.mark.newest_version
async def test_a_row_to_move_to_that_is_not_there_stops_the_run(bench: Workbench) -> None:
    plan = await bench.plan(_KEY, "move-blockers", words=["99"], of=["1"])
    assert any("has no row id = 99" in line.what for line in await bench.preflight(plan))


@pytest.mark.newest_version
@pytest.mark.parametrize(("of", "said"), [(["1", "99"], "has no row id = 99"), (["x"], "invalid input syntax")])
async def test_a_row_to_free_that_is_not_there_stops_the_run(bench: Workbench, of: list[str], said: str) -> None:
    plan = await bench.plan(_KEY, "delete-blockers", of=of)
    assert any(line.standing is Standing.STOP and said in line.what for line in await bench.preflight(plan))
