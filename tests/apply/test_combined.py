"""Plans that change columns and the action together: allow NULL with SET NULL, a default with SET DEFAULT."""

from __future__ import annotations

import json

import pytest

from fkdash.apply.events import Event, RunOutcome
from fkdash.apply.journal.recovery import recorded_run, rows_in_the_way
from fkdash.apply.proof.preflight import Standing
from fkdash.apply.run.run import Wishes
from fkdash.errors import UsageError
from fkdash.fix.fix_for import subject_of
from fkdash.fix.options import options
from fkdash.fix.plan_file.document import plan_document, plan_of
from tests.support.changes import Workbench, good

TABLES = """
create table parents (id int primary key, name text);
create table children (id int primary key, parent_id int not null, other_id int not null default 3 check (other_id < 30),
  constraint ck foreign key (parent_id) references parents,
  constraint ok foreign key (other_id) references parents on delete set default);
insert into parents select g, 'p' || g from generate_series(0, 40) g;
insert into children select g, g % 30, g % 30 from generate_series(1, 200) g;
"""
_STATE = """select pg_get_constraintdef(k.oid) || case when a.attnotnull then ' not null' else '' end
  || coalesce(' default ' || (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = conrelid and adnum = a.attnum), '')
  from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1] where conname = $1"""


async def state(bench: Workbench, name: str) -> str:
    return str((await bench.database.fetch(_STATE, name))[0][0])


async def test_set_null_and_its_nullable_column_come_in_one_plan_and_go_together(bench: Workbench) -> None:
    before = await state(bench, "ck")
    chosen = await bench.plan("ck", "drop-not-null-set-null")
    assert [step.title for step in chosen.steps] == ["allow NULL", "swap", "check"]
    assert plan_of(json.loads(json.dumps(plan_document(chosen)))) == chosen
    ended = await bench.carry_out(chosen)
    good(ended)
    assert "SET NULL" in await state(bench, "ck")
    assert "not null" not in await state(bench, "ck")
    good(await bench.undo(ended))
    assert await state(bench, "ck") == before


async def test_a_null_written_since_stands_in_the_way_of_the_whole_undo(bench: Workbench) -> None:
    ended = await bench.apply("ck", "drop-not-null-set-null")
    await bench.database.execute("update children set parent_id = null where id = 6")
    async with bench.pool.session() as session:
        counts = await rows_in_the_way(session, await bench.look(), recorded_run(ended.journal).plan)
    assert counts == {"public.children.parent_id": 1}


async def test_stopped_between_the_two_it_leads_back_to_not_null(bench: Workbench) -> None:
    before = await state(bench, "ck")
    chosen = await bench.plan("ck", "drop-not-null-set-null")
    wishes = Wishes()
    bench.events = StopsAfterFirst(wishes)
    ended = await bench.carry_out(chosen, wishes=wishes)
    assert ended.outcome is RunOutcome.STOPPED
    assert ended.steps_done == (1,)
    good(await bench.undo(ended))
    assert await state(bench, "ck") == before


class StopsAfterFirst(list[Event]):
    """Asks the run to stop as soon as it tells of anything."""

    def __init__(self, wishes: Wishes) -> None:
        super().__init__()
        self.wishes = wishes

    def append(self, event: Event) -> None:
        self.wishes.stop_after_step = True
        super().append(event)


async def test_not_null_that_cannot_go_refuses_the_pair_with_the_reason(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint children_pkey, add primary key (parent_id, id)"
    )
    with pytest.raises(UsageError, match="part of the primary key"):
        await bench.plan("ck", "drop-not-null-set-null")


async def test_a_default_is_named_for_a_key_that_has_none_and_taken_back(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck; alter table children alter other_id drop default"
    )
    await bench.look()
    subject = subject_of(bench.catalog, bench.key("ok"), "set-column-default")
    assert subject.rule == "FK105"
    assert "set-column-default" in {option.id for option in options(bench.catalog, subject)}
    before = await state(bench, "ok")
    ended = await bench.apply("ok", "set-column-default", words=["4"])
    good(ended)
    assert await state(bench, "ok") == f"{before} default 4"
    assert (
        await bench.database.value(
            "with gone as (delete from parents where id = 9 returning 1) select count(*) from gone"
        )
        == 1
    )
    good(await bench.undo(ended))
    assert await state(bench, "ok") == before


async def test_a_default_that_refers_to_nothing_is_replaced_by_one_that_does(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children alter other_id set default 29; delete from children where 29 in (parent_id, other_id); delete from parents where id = 29"
    )
    ended = await bench.apply("ok", "set-column-default", words=["4"])
    good(ended)
    good(await bench.undo(ended))
    assert (await state(bench, "ok")).endswith("default 29")


async def test_a_key_that_does_nothing_gets_the_default_and_the_action(bench: Workbench) -> None:
    before = await state(bench, "ck")
    ended = await bench.apply("ck", "set-column-default", words=["4"])
    good(ended)
    assert "SET DEFAULT not null default 4" in await state(bench, "ck")
    good(await bench.undo(ended))
    assert await state(bench, "ck") == before


async def test_a_default_must_be_a_row_and_must_pass_the_checks(bench: Workbench) -> None:
    chosen = await bench.plan("ok", "set-column-default", words=["28"])
    await bench.database.execute(
        "delete from children where 28 in (parent_id, other_id); delete from parents where id = 28"
    )
    stops = [line.what for line in await bench.preflight(chosen) if line.standing is Standing.STOP]
    assert stops == ["public.parents has no row id = 28"]
    with pytest.raises(UsageError, match="CHECK"):
        await bench.plan("ok", "set-column-default", words=["35"])
    with pytest.raises(UsageError, match=r"is so already: .* is the default"):
        await bench.plan("ok", "set-column-default", words=["3"])


async def test_a_value_that_the_columns_type_would_cut_short_is_not_taken_for_the_row(bench: Workbench) -> None:
    await bench.database.execute(
        "create table codes (code text primary key); insert into codes values ('abcdef');"
        "create table uses (id int primary key, code varchar(3) default 'x' constraint uk references codes on delete set default)"
    )
    chosen = await bench.plan("uk", "set-column-default", words=["abcdef"])
    assert [line.what for line in await bench.preflight(chosen) if line.standing is Standing.STOP] == [
        "public.codes has no row code = abcdef"
    ]
