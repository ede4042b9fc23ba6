"""Partitioned tables: no long lock, names kept, indexes on every leaf."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run, remaining, undo_plan
from fkdash.apply.run.run import Wishes
from tests.support.changes import workbench
from tests.support.servers import TestDatabase

_PARTITIONED = """
create table parents (id int primary key);
create table events (id int, at int, parent_id int, constraint ek foreign key (parent_id) references parents on delete cascade)
  partition by range (at);
create table events_1 partition of events for values from (0) to (10);
create table events_2 partition of events for values from (10) to (20) partition by list (id);
create table events_2a partition of events_2 for values in (1, 2, 3);
create table events_2b partition of events_2 default;
create table loose (id int, at int, parent_id int, constraint loose_own foreign key (parent_id) references parents on delete cascade);
alter table events attach partition loose for values from (20) to (30);
insert into parents select generate_series(1, 20);
insert into events select g, g % 30, 1 + g % 10 from generate_series(1, 300) g;
comment on constraint ek on events is 'the reason';
"""
_NAMES = "select conrelid::regclass::text as t, conname, confdeltype::text as d, convalidated from pg_constraint where contype = 'f' order by 1, 2"


async def keys_of(database: TestDatabase) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await database.fetch(_NAMES)]


async def test_the_action_of_a_partitioned_table_changes_with_every_name_kept(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_PARTITIONED)
    before = await keys_of(database)
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ek", "restrict")
        assert ("build on the partitions" in chosen.procedure) == (database.version < 18)
        ended = await bench.carry_out(chosen)
        assert ended.outcome is RunOutcome.VERIFIED, ended.message
        expected = [(table, name, "r", valid) for table, name, _, valid in before]
        assert await keys_of(database) == expected
        await bench.look()
        back = await bench.carry_out(undo_plan(bench.catalog, recorded_run(ended.journal).plan))
        assert back.outcome is RunOutcome.VERIFIED, back.message
    assert await keys_of(database) == before


@pytest.mark.maximum_version(17)
@pytest.mark.parametrize("steps", [1, 3, 9, 10])
async def test_building_on_partitions_can_be_finished_or_abandoned_from_anywhere(
    database: TestDatabase, tmp_path: Path, steps: int
) -> None:
    await database.execute(_PARTITIONED)
    before = await keys_of(database)
    async with workbench(database, tmp_path) as bench:
        for finish in (False, True):
            chosen = await bench.plan("ek", "restrict")
            wishes = Wishes()
            bench.events = _StopAfter(wishes, steps)  # type: ignore[assignment] # only appended to
            ended = await bench.carry_out(chosen, wishes=wishes)
            assert (ended.outcome, ended.exit_code) == (RunOutcome.STOPPED, 5)
            plan = recorded_run(ended.journal).plan
            await bench.look()
            if finish:
                async with bench.pool.session() as session:
                    way = await remaining(session, bench.catalog, plan)
                assert len(way.steps) == len(plan.steps) - len(ended.steps_done)
            else:
                way = undo_plan(bench.catalog, plan)
            over = await bench.carry_out(way, continues=ended.journal)
            assert over.outcome is RunOutcome.VERIFIED, over.message
            if not finish:
                assert await keys_of(database) == before
    assert {row[2] for row in await keys_of(database)} == {"r"}


@pytest.mark.maximum_version(17)
@pytest.mark.parametrize("under", ["events", "events_2"])
async def test_a_partition_that_came_meanwhile_is_not_read_while_writers_wait(
    database: TestDatabase, tmp_path: Path, under: str
) -> None:
    await database.execute(_PARTITIONED)
    before = await keys_of(database)
    values = "from (40) to (50)" if under == "events" else "in (7)"
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ek", "restrict")
        wishes = Wishes()
        built = sum(step.title in {"build", "check"} for step in chosen.steps)
        bench.events = _StopAfter(wishes, built)  # type: ignore[assignment] # only appended to
        ended = await bench.carry_out(chosen, wishes=wishes)
        assert len(ended.steps_done) == built
        await database.execute(f"create table late partition of {under} for values {values}")
        await bench.look()
        async with bench.pool.session() as session:
            rest = await remaining(session, bench.catalog, recorded_run(ended.journal).plan)
        over = await bench.carry_out(rest, continues=ended.journal)
        assert over.outcome is not RunOutcome.VERIFIED
        assert f"late became a partition of {under} after the new key was built" in over.message
        await database.execute("drop table late")
        await bench.look()
        back = await bench.carry_out(undo_plan(bench.catalog, chosen), continues=ended.journal)
        assert back.outcome is RunOutcome.VERIFIED, back.message
    assert await keys_of(database) == before


class _StopAfter(list[object]):
    def __init__(self, wishes: Wishes, steps: int) -> None:
        super().__init__()
        self._wishes, self._steps = wishes, steps

    def append(self, event: object) -> None:
        super().append(event)
        if (
            type(event).__name__ == "StepDone"
            and len([e for e in self if type(e).__name__ == "StepDone"]) >= self._steps
        ):
            self._wishes.stop_after_step = True


async def test_every_leaf_gets_its_index_and_the_whole_is_valid(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_PARTITIONED)
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ek", "create-index")
        assert ended.outcome is RunOutcome.VERIFIED, ended.message
        assert await database.value("select count(*) from pg_index where not indisvalid") == 0
        assert (
            await database.value(
                "select count(*) from pg_inherits i join pg_class c on c.oid = inhrelid where relkind in ('i', 'I')"
            )
            == 5
        )
        await bench.look()
        back = await bench.carry_out(undo_plan(bench.catalog, recorded_run(ended.journal).plan))
        assert back.outcome is RunOutcome.VERIFIED, back.message
    assert await database.value("select count(*) from pg_class where relname like '%parent_id_idx'") == 0


async def test_a_small_partitioned_table_is_changed_at_once(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_PARTITIONED)
    await database.execute("analyze")
    async with workbench(database, tmp_path) as bench:
        chosen = await bench.plan("ek", "restrict")
        if database.version < 18:
            assert "reading about 300 rows" in chosen.procedure
        assert (await bench.carry_out(chosen)).outcome is RunOutcome.VERIFIED


async def test_a_partitioned_referenced_table_is_no_obstacle(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(
        "create table parents (id int primary key) partition by hash (id);"
        "create table parents_0 partition of parents for values with (modulus 2, remainder 0);"
        "create table parents_1 partition of parents for values with (modulus 2, remainder 1);"
        "create table children (id int, parent_id int, constraint ck foreign key (parent_id) references parents);"
        "insert into parents select generate_series(1, 20); insert into children select g, g % 19 + 1 from generate_series(1, 50) g"
    )
    async with workbench(database, tmp_path) as bench:
        for option in ("cascade", "no-action"):
            ended = await bench.apply("ck", option, keep_validated=option == "cascade")
            assert ended.outcome is RunOutcome.VERIFIED, ended.message
