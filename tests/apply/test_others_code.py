"""Beside its own statements a change runs nothing with a superuser's rights that another role may change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run, remaining, rows_in_the_way, what_is_true
from fkdash.apply.proof.preflight import Standing, preflight
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.apply.sandbox import sandbox
from fkdash.db.writing import open_writer
from fkdash.errors import NotRunError
from tests.apply.test_sandbox import PARENT, Scene, deleted, planted, probed
from tests.support.changes import good, workbench
from tests.support.servers import TestDatabase

_INDEXES = (
    "create index on parents ((id + evil.imm('parents'))); create index on children ((id + evil.imm('children')))"
)
_AN_ORPHAN = (
    "alter table children drop constraint ck; update children set parent_id = 999 where id = 1;"
    "alter table children add constraint ck foreign key (parent_id) references parents on delete cascade not valid"
)


@pytest.mark.parametrize(
    ("option", "words", "of"),
    [
        ("set-default", (), ()),
        ("reparent-orphans", ("parent_id=2",), ()),
        ("null-blockers", (), ("id=1",)),
        ("move-blockers", ("parent_id=2",), ("id=1",)),
        ("delete-orphans", (), ()),
    ],
)
async def test_the_preflight_reads_no_row_where_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path, option: str, words: tuple[str, ...], of: tuple[str, ...]
) -> None:
    attack = f"alter table children alter parent_id set default 3; {_AN_ORPHAN}; {_INDEXES}"
    async with planted(database, tmp_path, attack) as scene:
        chosen = await scene.bench.plan("ck", option, words=words, of=of)
        lines = await scene.bench.preflight(chosen)
        assert not await scene.ran_as_superuser()
        assert f"that would run evil.imm(text) of {scene.mallory}" in " ".join(each.what for each in lines)


@pytest.mark.parametrize("option", ["delete-orphans", "null-orphans", "recreate-parents"])
async def test_what_is_true_of_a_repair_is_not_asked_where_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path, option: str
) -> None:
    async with planted(database, tmp_path, _AN_ORPHAN) as scene:
        ended = await scene.bench.apply("ck", option)
        good(ended)
        await database.execute(f"set role {scene.mallory}; {_INDEXES}; reset role")
        await database.execute("alter sequence evil.ran_as_superuser restart")
        plan = recorded_run(ended.journal).plan
        async with workbench(database, tmp_path) as bench, bench.pool.session() as session:
            for asked in (remaining, what_is_true):
                with pytest.raises(NotRunError):
                    await asked(session, bench.catalog, plan)
        assert not await scene.ran_as_superuser()


@pytest.mark.parametrize(
    ("option", "words", "of"),
    [
        ("delete-orphans", (), ()),
        ("null-orphans", (), ()),
        ("quarantine-orphans", (), ()),
        ("recreate-parents", (), ()),
        ("reparent-orphans", ("parent_id=2",), ()),
        ("move-blockers", ("parent_id=2",), ("id=1",)),
    ],
)
async def test_no_row_is_changed_as_a_superuser_where_planning_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path, option: str, words: tuple[str, ...], of: tuple[str, ...]
) -> None:
    async with planted(database, tmp_path, f"{_AN_ORPHAN}; {_INDEXES}") as scene:
        chosen = await scene.bench.plan("ck", option, words=words, of=of)
        stops = [each for each in await scene.bench.preflight(chosen) if each.standing is Standing.STOP]
        assert f"evil.imm(text) of {scene.mallory}" in stops[0].what
        assert f"Connect as {scene.mallory}" in stops[0].next_step
        # Somebody may plant it behind the preflight: what stands by then is an empty table for the rows.
        ended = await scene.bench.carry_out(chosen, look_first=False)
        assert (ended.outcome, "evil.imm(text)" in ended.message) == (RunOutcome.FAILED, True)
        assert not await scene.ran_as_superuser()
        assert await database.value("select count(*) from children where parent_id = 999") == 1


async def test_rows_in_the_way_of_an_undo_are_not_counted_where_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, "alter table children alter parent_id set not null") as scene:
        plan = await scene.bench.plan("ck", "drop-not-null-set-null")
        await database.execute(f"set role {scene.mallory}; {_INDEXES}; reset role")
        async with workbench(database, tmp_path) as bench, bench.pool.session() as session:
            with pytest.raises(NotRunError):
                await rows_in_the_way(session, bench.catalog, plan)
            # This is asked of the catalogs alone.
            assert "0 of" in await what_is_true(session, bench.catalog, plan)
        assert not await scene.ran_as_superuser()


_WATCHED = """set role {mallory};
create function evil.watch() returns event_trigger language plpgsql as $$ begin perform evil.attack('event'); end $$;
reset role;
create event trigger watches on {event} execute function evil.watch();
select setval('evil.ran_as_superuser', 1, false)"""


async def everything_tried(scene: Scene, trusted: frozenset[str] = frozenset()) -> list[str]:
    """Look, rehearse and probe; gives what was said of each."""
    scene.bench.pool.target = replace(scene.bench.pool.target, trusted_owners=trusted)
    plan = await scene.bench.plan("ck", "restrict")
    lines = await scene.bench.preflight(plan)
    async with open_writer(scene.bench.pool.target) as writer:
        rehearsed = await rehearse(writer, scene.bench.catalog, plan)
    return [
        *(each.what for each in lines if each.standing is Standing.STOP),
        *([rehearsed.detail] if rehearsed.ok is None else []),
        *(each.detail for each in await probed(scene) if each.ok is None),
    ]


@pytest.mark.parametrize("event", ["ddl_command_start", "ddl_command_end"])
async def test_an_event_trigger_of_another_roles_function_is_not_run_as_a_superuser(
    database: TestDatabase, tmp_path: Path, event: str
) -> None:
    async with planted(database, tmp_path, "select 1") as scene:
        await database.execute(_WATCHED.format(event=event, mallory=scene.mallory))
        said = await everything_tried(scene)
        assert not await scene.ran_as_superuser()
        named = f"The event trigger watches would run evil.watch of {scene.mallory} as postgres, a superuser"
        assert said == [named, *(f"not tried: {named}.",) * 4]
        assert await everything_tried(scene, frozenset({scene.mallory})) == []
        await database.execute("drop event trigger watches")


@pytest.mark.parametrize(
    "harmless",
    [
        "drop event trigger watches; create event trigger watches on ddl_command_end when tag in ('CREATE EXTENSION') execute function evil.watch()",
        "alter function evil.watch() security definer",
        "alter function evil.watch() owner to postgres",
        "alter event trigger watches disable",
    ],
)
async def test_an_event_trigger_that_gains_nobody_anything_is_in_nobodys_way(
    database: TestDatabase, tmp_path: Path, harmless: str
) -> None:
    async with planted(database, tmp_path, "select 1") as scene:
        await database.execute(_WATCHED.format(event="ddl_command_end", mallory=scene.mallory))
        await database.execute(harmless)
        assert await everything_tried(scene) == []
        await database.execute("drop event trigger watches")


async def test_a_trigger_of_another_roles_function_keeps_no_rows_from_being_checked(
    database: TestDatabase, tmp_path: Path
) -> None:
    attack = "create trigger planted before update or delete on children for each row execute function evil.fire()"
    async with planted(database, tmp_path, attack) as scene:
        await database.execute("alter table children owner to postgres; alter table parents owner to postgres")
        good(await scene.bench.apply("ck", "restrict"))
        assert not await scene.ran()


@pytest.mark.newest_version
async def test_a_check_of_the_rows_plans_no_other_check_whatever_the_databases_owner_has_set(
    database: TestDatabase, tmp_path: Path
) -> None:
    attack = "alter table children add check (id > evil.imm('check') - 10)"
    async with planted(database, tmp_path, attack) as scene:
        await database.execute("alter table children owner to postgres; alter table parents owner to postgres")
        await database.execute(f"alter database {database.name} set constraint_exclusion = on")
        await database.execute("alter sequence evil.ran_as_superuser restart")
        good(await scene.bench.apply("ck", "restrict"))
        assert not await scene.ran_as_superuser()


async def test_what_checking_the_rows_would_run_as_a_superuser_stops_it_before_the_first_step(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _INDEXES) as scene:
        await database.execute("alter table children owner to postgres; alter table parents owner to postgres")
        plan = await scene.bench.plan("ck", "restrict")
        stops = [each for each in await scene.bench.preflight(plan) if each.standing is Standing.STOP]
        assert f"evil.imm(text) of {scene.mallory}" in stops[0].what
        assert f"--trust-owner {scene.mallory}" in stops[0].next_step
        ended = await scene.bench.carry_out(plan, look_first=False)
        assert (ended.outcome, ended.steps_done) == (RunOutcome.FAILED, (1,))
        assert not await scene.ran_as_superuser()
        target = replace(scene.bench.pool.target, trusted_owners=frozenset({scene.mallory}))
        async with open_writer(target) as writer:
            lines = await preflight(scene.bench.pool, writer, scene.bench.catalog, plan, seconds=10)
        assert not [each for each in lines if each.standing is Standing.STOP and "evil" in each.what]


@pytest.mark.newest_version
async def test_what_building_an_index_would_run_as_a_superuser_stops_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    attack = "create statistics planted on (id + evil.imm('statistics')), parent_id from children"
    async with planted(database, tmp_path, attack) as scene:
        good(await scene.bench.apply("ck", "create-index"))
        await database.execute("drop index children_parent_id_idx; alter table children owner to postgres")
        await database.execute("alter sequence evil.ran_as_superuser restart")
        plan = await scene.bench.plan("ck", "create-index")
        stops = [each for each in await scene.bench.preflight(plan) if each.standing is Standing.STOP]
        assert f"evil.imm(text) of {scene.mallory}" in stops[0].what
        ended = await scene.bench.carry_out(plan, look_first=False)
        assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
        assert not await scene.ran_as_superuser()


_IN_A_TYPE = """create domain evil.small as int check (evil.imm('domain') = 1 or value is null);
create type evil.pair as (a int, b evil.small);
create function evil.same(a int, b int) returns bool language plpgsql immutable as $$ begin perform evil.attack('operator'); return a = b; end $$;
create operator evil.=== (leftarg = int, rightarg = int, function = evil.same);
create table others (n int)"""
_OF_SUPERUSERS = {
    "a domain": "alter table children alter parent_id type evil.small",
    "a domain in a row": "alter table children add pair evil.pair",
    "an operator in a check": "alter table children add check (id operator(evil.===) id)",
    "an operator in an index": "create index on parents (id) where id operator(evil.===) 1",
    "a rule": "create rule planted as on delete to children do also select evil.attack('rule')",
    "a trigger behind a rule": "create rule planted as on delete to children do also insert into others values (old.id); create trigger planted before insert on others for each row execute function evil.fire()",
}


@pytest.mark.parametrize("what", _OF_SUPERUSERS)
async def test_whatever_a_superusers_table_has_of_other_roles_is_named_and_not_rehearsed(
    database: TestDatabase, tmp_path: Path, what: str
) -> None:
    async with planted(database, tmp_path, _IN_A_TYPE) as scene:
        await database.execute("alter table children owner to postgres; alter table parents owner to postgres")
        await database.execute(_OF_SUPERUSERS[what])
        await database.execute("alter sequence evil.ran_as_superuser restart")
        async with workbench(database, tmp_path) as bench:
            mine = Scene(database, bench, scene.mallory)
            tried = await probed(mine)
            found, _ = await deleted(mine, PARENT)
        assert not await scene.ran_as_superuser()
        assert f"belongs to {scene.mallory}, would run as postgres" in tried[0].detail
        assert found.agrees is None
        assert (
            f"belongs to {scene.mallory}, would run as postgres" in found.detail or "Not looked at" in found.detail
        )


_BEHIND_COLUMNS = """create type evil.mood as enum ('calm');
create function evil.from_mood(evil.mood) returns int language sql immutable as 'select 1';
create cast (evil.mood as int) with function evil.from_mood(evil.mood) as implicit;
create type evil.spirit as enum ('high');
create function evil.to_spirit(int) returns evil.spirit language sql immutable as 'select ''high''::evil.spirit';
create cast (int as evil.spirit) with function evil.to_spirit(int) as assignment;
create type evil.part as enum ('one');
create function evil.from_part(evil.part) returns int language sql immutable as 'select 1';
create cast (evil.part as int) with function evil.from_part(evil.part) as implicit;
create type evil.whole as (parts evil.part[]);
create function evil.apart(a int, b int) returns float8 language sql immutable as 'select 1.0::float8';
create type evil.span as range (subtype = int, subtype_diff = evil.apart);
create function evil.apart_too(a int, b int) returns float8 language sql immutable as 'select 1.0::float8';
create type evil.spell as range (subtype = int, subtype_diff = evil.apart_too, multirange_type_name = evil.spells);
create function evil.seen(id int) returns bool language sql as 'select true'"""
_OF_A_SUPERUSER = """
create type evil.step;
create function evil.neat(evil.step) returns evil.step language internal immutable strict as 'int4range_canonical';
create type evil.step as range (subtype = int, canonical = evil.neat);
alter function evil.neat(evil.step) owner to {mallory};
alter table children owner to postgres;
alter table children add mood evil.mood, add spirit evil.spirit, add whole evil.whole, add span evil.span,
  add spells evil.spells, add step evil.step, enable row level security;
create policy seen on children using (evil.seen(id));
"""
_NAMED = {
    "from_mood": "the type mood of a column of children",
    "to_spirit": "the type spirit of a column of children",
    "from_part": "the type whole of a column of children",
    "apart": "the type span of a column of children",
    "apart_too": "the type spells of a column of children",
    "neat": "the type step of a column of children",
    "seen": "an expression of children",
}


@pytest.mark.newest_version
async def test_casts_ranges_functions_and_policies_behind_a_superusers_table_are_other_roles_code(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _BEHIND_COLUMNS) as scene:
        await database.execute(_OF_A_SUPERUSER.format(mallory=scene.mallory))
        oid = await database.value("select 'children'::regclass::oid::int8")
        nothing = "begin fkd_stage := 'done'; end"
        async with sandbox(scene.bench.pool.target, [oid], nothing, lock_ms=100, statement_ms=1000) as ready:
            found = set(ready.runs_as.untrusted)
            assert ready.runs_as.refusal
        assert found == {
            f"{what}, whose function {name} belongs to {scene.mallory}" for name, what in _NAMED.items()
        }


_IN_PARTITIONS = (
    "create table parents (id int primary key); insert into parents values (1);"
    "create table children (id int primary key, parent_id int) partition by range (id);"
    "create table part partition of children for values from (0) to (1000000);"
    "insert into children select g, 1 from generate_series(1, {rows}) g;"
    "alter table children add constraint ck foreign key (parent_id) references parents on delete cascade;"
)


@pytest.mark.maximum_version(17)
@pytest.mark.parametrize(
    ("rows", "titles"),
    [(1, ["swap, check"]), (100_000, ["build", "check", "attach", "drop", "rename", "rename"])],
)
async def test_what_checks_a_partitioned_tables_key_at_once_is_not_tried_where_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path, rows: int, titles: list[str]
) -> None:
    attack = "create index on part ((id + evil.imm('part')))"
    tables = _IN_PARTITIONS.format(rows=rows)
    async with planted(database, tmp_path, attack, tables=tables) as scene:
        await database.execute("analyze children; alter sequence evil.ran_as_superuser restart")
        plan = await scene.bench.plan("ck", "restrict")
        assert [step.title for step in plan.steps] == titles
        async with open_writer(scene.bench.pool.target) as writer:
            rehearsed = await rehearse(writer, scene.bench.catalog, plan)
        assert (rehearsed.ok, "evil.imm(text)" in rehearsed.detail) == (None, True)
        if rows == 1:
            stops = [each for each in await scene.bench.preflight(plan) if each.standing is Standing.STOP]
            assert f"evil.imm(text) of {scene.mallory}" in stops[0].what
            assert f"Connect as {scene.mallory}" in stops[0].next_step
            ended = await scene.bench.carry_out(plan, look_first=False)
            assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
        else:
            good(await scene.bench.carry_out(plan))
        assert not await scene.ran_as_superuser()


_PARTS = {
    "composite": ("create type evil.word as (part evil.checked)", "(1)", "(2)"),
    "array": ("create domain evil.word as evil.checked[]", "{1}", "{2}"),
}


@pytest.mark.parametrize("kind", _PARTS)
async def test_no_default_is_spelled_where_reading_it_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path, kind: str
) -> None:
    made, one, two = _PARTS[kind]
    attack = f"""
        create function evil.fits(v int) returns bool language plpgsql immutable as $$ begin return true; end $$;
        create domain evil.checked as int check (evil.fits(value)); {made};
        create table parents (id evil.word primary key); insert into parents values ('{one}'), ('{two}');
        create table children (id int primary key, parent_id evil.word not null default '{two}',
          constraint ck foreign key (parent_id) references parents on delete set null);
        insert into children values (1, '{one}');
        create or replace function evil.fits(v int) returns bool language plpgsql immutable as
          $$ begin perform evil.attack('domain'); return true; end $$"""
    async with planted(database, tmp_path, attack, tables="select") as scene:
        plan = await scene.bench.plan("ck", "set-column-default", words=(f"parent_id={one}",))
        for each in (plan, replace(plan, steps=plan.undo)):
            async with open_writer(scene.bench.pool.target) as writer:
                rehearsed = await rehearse(writer, scene.bench.catalog, each)
            assert (rehearsed.ok, "evil.fits(integer)" in rehearsed.detail) == (None, True)
            stops = [line for line in await scene.bench.preflight(each) if line.standing is Standing.STOP]
            assert f"No default is set: evil.fits(integer) of {scene.mallory}" in stops[0].what
        ended = await scene.bench.carry_out(plan, look_first=False)
        assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
        assert not await scene.ran_as_superuser()


async def test_a_row_that_was_named_is_not_looked_for_where_that_runs_other_roles_code(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with planted(database, tmp_path, _INDEXES) as scene:
        ended = await scene.bench.apply("ck", "set-column-default", words=("parent_id=2",))
        unknown = [each.detail for each in ended.verification if each.ok is None and "has the row" in each.check]
        assert ["evil.imm(text)" in each for each in unknown] == [True]
        assert not await scene.ran_as_superuser()
