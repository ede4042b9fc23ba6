"""Every option on a schema that asks for it: carried out, verified, and undone where there is a way back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.proof.preflight import Standing
from fkdash.catalog.action import Statement
from fkdash.errors import UsageError
from fkdash.fix.fix_for import anything_about, subject_of, subjects_of
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from tests.support.changes import Workbench, good, workbench
from tests.support.servers import TestDatabase

TABLES = """
create table parents (id int primary key, name text);
create table children (
  id int primary key, parent_id int default 0, tenant int, wanted int not null default 0,
  constraint ck foreign key (parent_id) references parents (id) on delete cascade);
insert into parents select g, 'p' || g from generate_series(0, 40) g;
insert into children select g, g % 30, 1, g % 20 from generate_series(1, 200) g;
"""


async def definition_of(bench: Workbench, name: str) -> str:
    found = await bench.database.fetch(
        "select pg_get_constraintdef(oid) as d from pg_constraint where conname = $1", name
    )
    return found[0]["d"] if found else ""


@pytest.mark.parametrize("option", ["set-null", "set-default", "restrict", "no-action"])
async def test_an_action_is_changed_and_changed_back(bench: Workbench, option: str) -> None:
    before = await definition_of(bench, "ck")
    ended = await bench.apply("ck", option)
    good(ended)
    assert (
        "ON DELETE " + option.replace("-", " ").upper() in await definition_of(bench, "ck")
    ) or option == "no-action"
    assert all(each.ok is not False for each in ended.verification)
    good(await bench.undo(ended))
    assert await definition_of(bench, "ck") == before


async def test_a_validated_key_stands_at_every_moment_where_that_is_asked_for(bench: Workbench) -> None:
    await bench.database.execute("comment on constraint ck on children is 'kept'")
    chosen = await bench.plan("ck", "restrict", keep_validated=True)
    assert "build beside" in chosen.procedure
    good(await bench.carry_out(chosen))
    keys = await bench.database.fetch(
        "select conname, convalidated, obj_description(oid) as c from pg_constraint where contype = 'f'"
    )
    assert [tuple(row) for row in keys] == [("ck", True, "kept")]


async def test_a_role_that_may_not_look_for_orphans_gets_the_careful_way(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(TABLES)
    role = f"owner_{database.name}"
    await database.execute(
        f"create role {role} login; alter table children owner to {role}; grant references on parents to {role}"
    )
    try:
        async with workbench(database, tmp_path, dsn=database.dsn.replace("postgres@", f"{role}@")) as bench:
            chosen = await bench.plan("ck", "restrict")
            assert "no SELECT on public.parents" in chosen.procedure
            lines = await bench.preflight(chosen)
            assert any("not known" in line.what for line in lines)
            good(await bench.carry_out(chosen))
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_set_default_is_refused_where_its_row_is_missing(bench: Workbench) -> None:
    await bench.database.execute(
        "delete from parents where id = 0; alter table children alter parent_id set default 77"
    )
    chosen = await bench.plan("ck", "set-default")
    stops = [line.what for line in await bench.preflight(chosen) if line.standing is Standing.STOP]
    assert stops == ["public.parents has no row (77), which SET DEFAULT would make rows refer to"]


async def test_an_action_that_would_be_a_contradiction_is_refused_with_the_reason(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children add constraint wk foreign key (wanted) references parents (id)"
    )
    await bench.look()
    offered = {option.id: option for option in options(bench.catalog, anything_about(bench.key("wk")))}
    assert "cannot be NULL" in offered["set-null"].refused or "NOT NULL" in offered["set-null"].refused
    with pytest.raises(UsageError, match=r"set-null|SET NULL"):
        plan(bench.catalog, anything_about(bench.key("wk")), "set-null")


async def test_a_key_that_was_never_checked_is_validated_and_can_be_made_so_again(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck; "
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    ended = await bench.apply("ck", "validate")
    good(ended)
    good(await bench.undo(ended))
    assert (await definition_of(bench, "ck")).endswith("NOT VALID")


@pytest.mark.minimum_version(18)
async def test_a_key_that_checks_nothing_is_enforced_without_reading_under_a_lock(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children drop constraint ck; "
        "alter table children add constraint ck foreign key (parent_id) references parents not enforced"
    )
    chosen = await bench.plan("ck", "validate")
    assert [step.title for step in chosen.steps] == ["swap", "check"]
    ended = await bench.carry_out(chosen)
    good(ended)
    back = await bench.undo(ended)
    good(back)
    assert "not tried: ck is NOT ENFORCED, and nothing is looked for" in {
        each.detail for each in back.verification
    }
    assert (await definition_of(bench, "ck")).endswith("NOT ENFORCED")


async def test_switched_off_triggers_are_on_again_and_every_row_is_checked(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children disable trigger all; alter table parents disable trigger all"
    )
    await bench.look()
    assert subject_of(bench.catalog, bench.key("ck"), "enable-triggers").rule in {"FK203", ""}
    good(await bench.apply("ck", "enable-triggers"))
    assert await bench.database.value("select count(*) from pg_trigger where tgenabled <> 'O'") == 0


@pytest.mark.parametrize(
    ("option", "off", "asked"), [("create-index", ("children", "parents"), 2), ("drop-not-null", ("children",), 1)]
)
async def test_a_plan_that_declares_no_key_leaves_switched_off_triggers_as_they_are(
    bench: Workbench, option: str, off: tuple[str, ...], asked: int
) -> None:
    await bench.database.execute(
        "alter table children alter parent_id set not null, drop constraint ck, "
        "add constraint ck foreign key (parent_id) references parents on delete set null;"
        + "".join(f"alter table {table} disable trigger all;" for table in off)
    )
    await bench.look()
    chosen = await bench.plan("ck", option)
    assert not any("23503 again" in said for said in chosen.consequences)
    lines = await bench.preflight(chosen)
    assert [line.what for line in lines if line.standing is Standing.STOP] == []
    ended = await bench.carry_out(chosen)
    good(ended)
    not_tried = [each for each in ended.verification if "triggers of ck are switched off" in each.detail]
    assert len(not_tried) == asked
    silent = "select count(distinct tgrelid) from pg_trigger where tgenabled = 'D'"
    assert await bench.database.value(silent) == len(off)


@pytest.mark.parametrize(("option", "left"), [("delete-orphans", 200), ("null-orphans", 210)])
async def test_orphans_are_repaired_kept_and_the_key_is_proven(bench: Workbench, option: str, left: int) -> None:
    await bench.database.execute(
        "alter table children disable trigger all; insert into children select g, g, 1, 0 from generate_series(1001, 1010) g;"
        "alter table children enable trigger all"
    )
    await bench.look()
    stops = [
        line
        for line in await bench.preflight(await bench.plan("ck", "restrict"))
        if line.standing is Standing.STOP
    ]
    assert "10 rows refer" in stops[0].what
    ended = await bench.apply("ck", option)
    good(ended)
    assert await bench.database.value("select count(*) from children") == left
    kept = await bench.database.value("select relname from pg_class where relname like 'fkdash_orphans_%'")
    assert await bench.database.value(f"select count(*) from {kept} where parent_id > 1000") == 10


async def test_the_missing_index_is_built_and_dropped_again(bench: Workbench) -> None:
    ended = await bench.apply("ck", "create-index")
    good(ended)
    built = "select count(*) from pg_index where indexrelid = to_regclass('children_parent_id_idx') and indisvalid"
    assert await bench.database.value(built) == 1
    good(await bench.undo(ended))
    assert await bench.database.value(built) == 0


async def test_what_a_failed_index_build_left_is_removed_before_the_next_try(bench: Workbench) -> None:
    await bench.database.execute("insert into children select 900 + g, 5, 1, 0 from generate_series(1, 2) g")
    connection = await bench.database.connection()
    with pytest.raises(Exception, match="could not create unique index"):
        await connection.execute("create unique index concurrently children_parent_id_idx on children (parent_id)")
    assert await bench.database.value("select count(*) from pg_index where not indisvalid") == 1
    good(await bench.apply("ck", "create-index"))
    assert await bench.database.value("select count(*) from pg_index where not indisvalid") == 0
    assert (
        await bench.database.value(
            "select indisunique from pg_index where indexrelid = 'children_parent_id_idx'::regclass"
        )
        is False
    )


async def test_a_cancelled_index_build_leaves_nothing_behind(bench: Workbench) -> None:
    chosen = await bench.plan("ck", "create-index")
    blocker = await bench.database.connection()
    await blocker.execute("begin; update children set tenant = 2 where id = 1")
    running = asyncio.create_task(bench.carry_out(chosen))
    async with workbench(bench.database, bench.folder) as watcher, watcher.pool.session() as session:
        while not await session.value(
            "select exists (select from pg_stat_activity where query like 'CREATE INDEX CONC%' and wait_event_type = 'Lock')"
        ):
            await session.value("select pg_sleep(0.01), pg_stat_clear_snapshot()")
    running.cancel()
    await blocker.execute("rollback")
    ended = await running
    # Between the cancellation and its arrival the build may have come to its end.
    built = await bench.database.value("select to_regclass('children_parent_id_idx') is not null")
    said = (RunOutcome.STOPPED, 5, (1,)) if built else (RunOutcome.ROLLED_BACK, 4, ())
    assert (ended.outcome, ended.exit_code, ended.steps_done) == said, ended.message
    assert await bench.database.value("select count(*) from pg_index where not indisvalid") == 0


async def test_a_duplicate_is_dropped_and_its_twin_goes_on(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children add constraint twin foreign key (parent_id) references parents (id)"
    )
    await bench.database.execute("comment on constraint twin on children is 'second'")
    ended = await bench.apply("twin", "drop-duplicate")
    good(ended)
    assert await definition_of(bench, "twin") == ""
    good(await bench.undo(ended))
    assert (
        await bench.database.value("select obj_description(oid) from pg_constraint where conname = 'twin'")
        == "second"
    )


async def test_a_duplicate_is_not_dropped_where_its_twin_guarantees_less(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children add constraint twin foreign key (parent_id) references parents (id) not valid"
    )
    with pytest.raises(UsageError, match="validate it first"):
        await bench.plan("ck", "drop-duplicate")


async def test_the_column_list_of_set_null_leaves_out_what_cannot_be_null(bench: Workbench) -> None:
    await bench.database.execute(
        "create table orders (tenant int, id int, primary key (tenant, id)); insert into orders values (1, 1), (1, 2);"
        "create table lines (id int primary key, tenant int not null, order_id int, constraint lk foreign key "
        "(tenant, order_id) references orders on delete set null); insert into lines values (1, 1, 1)"
    )
    if bench.database.version < 15:
        with pytest.raises(UsageError, match="from PostgreSQL 15 on"):
            await bench.plan("lk", "set-null-columns")
        return
    ended = await bench.apply("lk", "set-null-columns")
    good(ended)
    assert "SET NULL (order_id)" in await definition_of(bench, "lk")
    good(await bench.undo(ended))


async def test_not_null_is_restored_as_long_as_no_null_was_written(bench: Workbench) -> None:
    await bench.database.execute(
        "alter table children add constraint wk foreign key (wanted) references parents (id) on delete set null"
    )
    ended = await bench.apply("wk", "drop-not-null")
    good(ended)
    good(await bench.undo(ended))
    assert await bench.database.value(
        "select attnotnull from pg_attribute where attrelid = 'children'::regclass and attname = 'wanted'"
    )
    assert await bench.database.value("select count(*) from pg_constraint where conname like 'fkdash%'") == 0


@pytest.mark.minimum_version(18)
async def test_a_not_null_that_was_not_valid_comes_back_as_it_was_with_the_nulls_there_are(
    bench: Workbench,
) -> None:
    await bench.database.execute(
        "alter table children add constraint wk foreign key (wanted) references parents (id) on delete set null,"
        " alter wanted drop not null; insert into children (id, wanted) values (-1, null);"
        "alter table children add constraint new_ones not null wanted not valid"
    )
    assert (await bench.plan("wk", "drop-not-null")).undo_condition == "any time"
    ended = await bench.apply("wk", "drop-not-null")
    good(ended)
    good(await bench.undo(ended))
    [constraint] = await bench.database.fetch(
        "select conname, convalidated from pg_constraint where contype = 'n' and conrelid = 'children'::regclass"
        " and conname = 'new_ones'"
    )
    assert tuple(constraint) == ("new_ones", False)


_BELOW = """
create table whole (id int not null, wanted int not null) partition by range (id);
create table part partition of whole for values from (0) to (100);
create table upper (id int, wanted int not null); create table heir () inherits (upper);
"""


@pytest.mark.parametrize(
    ("table", "prepare", "reason"),
    [
        ("whole", "alter table part add primary key (wanted, id)", "part of the primary key of public.part"),
        (
            "whole",
            "create unique index ri on part (wanted); alter table part replica identity using index ri",
            "part of the replica identity of public.part",
        ),
        ("part", "", "NOT NULL in public.whole, of which public.part is a partition"),
    ],
)
async def test_not_null_that_a_table_above_or_below_keeps_is_refused_with_the_reason(
    bench: Workbench, table: str, prepare: str, reason: str
) -> None:
    await _refused_not_null(bench, table, prepare, reason)


@pytest.mark.parametrize(
    ("prepare", "kept"),
    [
        ("alter table heir add primary key (wanted)", "primary key of public.heir"),
        (
            "create table last () inherits (heir); alter table last add primary key (wanted)",
            "primary key of public.last",
        ),
        (
            "create unique index ri on heir (wanted); alter table heir replica identity using index ri",
            "replica identity of public.heir",
        ),
    ],
)
async def test_not_null_that_an_inheriting_table_keeps_is_refused_with_the_reason(
    bench: Workbench, prepare: str, kept: str
) -> None:
    await _refused_not_null(bench, "upper", prepare, f"part of the {kept}")


@pytest.mark.minimum_version(18)
@pytest.mark.parametrize(
    "heir",
    [
        "create table other (wanted int primary key) inherits (upper)",
        "create table other (wanted int not null) inherits (upper); create table last () inherits (other); alter table last add primary key (wanted)",
        "create table beside (wanted int not null); create table other () inherits (upper, beside); alter table other add primary key (wanted)",
    ],
    ids=["its own", "one between", "two above"],
)
async def test_not_null_goes_where_an_inheriting_table_has_one_of_its_own(bench: Workbench, heir: str) -> None:
    await bench.database.execute(
        f"{_BELOW}{heir}; alter table upper add constraint wk foreign key (wanted) references parents (id)"
        " on delete set null"
    )
    ended = await bench.apply("wk", "drop-not-null")
    good(ended)
    good(await bench.undo(ended))


async def _refused_not_null(bench: Workbench, table: str, prepare: str, reason: str) -> None:
    await bench.database.execute(
        f"{_BELOW}{prepare}; alter table {table} add constraint wk foreign key (wanted) references parents (id)"
        " on delete set null"
    )
    with pytest.raises(asyncpg.PostgresError):
        await bench.database.execute(f"alter table {table} alter wanted drop not null")
    with pytest.raises(UsageError, match=reason):
        await bench.plan("wk", "drop-not-null")


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ("alter table children drop constraint children_pkey, add primary key (wanted, id)", "primary key"),
        ("alter table children alter wanted drop default, alter wanted add generated by default as identity", "identity"),
        ("create domain solid as int not null; alter table children alter wanted type solid", "NOT NULL domain"),
    ],
)  # fmt: skip
async def test_not_null_that_cannot_go_is_refused_with_the_reason(
    bench: Workbench, prepare: str, reason: str
) -> None:
    await bench.database.execute(prepare)
    await bench.database.execute(
        "alter table children add constraint wk foreign key (wanted) references parents (id) on delete set null"
    )
    await bench.look()
    offered = {option.id: option for option in options(bench.catalog, subject_of(bench.catalog, bench.key("wk")))}
    assert reason in offered["drop-not-null"].refused


async def test_the_defaults_of_partitions_and_heirs_stay_and_the_own_one_comes_back(bench: Workbench) -> None:
    await bench.database.execute("""
        create table parted (id int, parent_id int default 7, constraint ck2 foreign key (parent_id) references parents)
          partition by list (id);
        create table parted_1 (id int, parent_id int); alter table parted attach partition parted_1 for values in (1);
        create table heir (parent_id int default 9) inherits (children);
    """)

    async def defaults() -> dict[str, str | None]:
        found = await bench.database.fetch("""
            select attrelid::regclass::text as name, pg_get_expr(adbin, adrelid) as text
              from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
             where attname = 'parent_id' and attrelid::regclass::text ~ '^(parted|children|heir)'
        """)
        return {row["name"]: row["text"] for row in found}

    before = await defaults()
    for key, table in (("ck2", "parted"), ("ck", "children")):
        ended = await bench.apply(key, "set-column-default", words=["3"])
        good(ended)
        assert await defaults() == {**before, table: "3"}
        good(await bench.undo(ended))
        assert await defaults() == before


async def test_a_rule_is_quiet_where_what_it_still_says_is_of_the_other_action(bench: Workbench) -> None:
    await bench.database.execute("""
        create table tops (id int primary key);
        create table middles (id int, top_id int unique,
          constraint mk foreign key (top_id) references tops on delete set null on update cascade);
        create table bottoms (top_id int references middles (top_id));
        insert into tops values (1); insert into middles values (1, 1); insert into bottoms values (1);
    """)
    await bench.look()
    subject = next(
        each
        for each in subjects_of(bench.catalog, bench.key("mk"))
        if each.rule == "FK115" and Statement.DELETE in each.statements
    )
    ended = await bench.carry_out(plan(bench.catalog, subject, "no-action"))
    good(ended)
    assert "FK115 is quiet about ON DELETE" in {each.check for each in ended.verification}


async def test_following_the_change_of_a_key_is_no_fix_for_a_change_that_is_refused_further_on(
    bench: Workbench,
) -> None:
    await bench.database.execute("""
        create table tops (id int primary key);
        create table middles (top_id int unique, constraint mk foreign key (top_id) references tops on update set null);
        create table bottoms (top_id int references middles (top_id));
    """)
    await bench.look()
    [subject] = [each for each in subjects_of(bench.catalog, bench.key("mk")) if each.rule == "FK115"]
    assert {option.id for option in options(bench.catalog, subject)} == {"no-action", "restrict"}
