"""Orphans moved into quarantine and changed at a chosen pace, while others write."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest

from fkdash.apply.events import Event, RunOutcome, StepProgress
from fkdash.apply.journal.recovery import recorded_run, remaining
from fkdash.apply.run.run import Wishes
from fkdash.errors import UsageError
from fkdash.fix.plan import Pace
from fkdash.fix.plan_file.document import plan_document, plan_of
from tests.support.changes import Workbench, good

TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null, note text);
insert into parents select generate_series(1, 10);
insert into children select g, g, 'n' || g from generate_series(1, 400) g;
alter table children add constraint ck foreign key (parent_id) references parents not valid;
"""
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from children c"


class StoppingAfterABatch(list[Event]):
    """Events as they come; the first batch that is done asks the run to stop."""

    def __init__(self, wishes: Wishes) -> None:
        super().__init__()
        self._wishes = wishes

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, StepProgress) and event.detail:
            self._wishes.stop_after_step = True


async def test_a_quarantine_is_its_owners_alone_says_why_and_gives_the_rows_back(bench: Workbench) -> None:
    database = bench.database
    role = f"owner_{database.name}"
    await database.execute(
        f'create role {role}; alter table children rename to "chi$$ld\'s {{x}}"; alter table "chi$$ld\'s {{x}}" owner to {role};'
        "alter default privileges grant select on tables to public"
    )
    rows = await database.value('select count(*) from "chi$$ld\'s {x}"')
    try:
        ended = await bench.apply("ck", "quarantine-orphans")
        good(ended)
        quarantine = 'fkdash_quarantine."chi$$ld\'s {x}_1"'
        assert await database.value('select count(*) from "chi$$ld\'s {x}"') == 10
        kept = await database.fetch(f"select distinct fkdash_reason, fkdash_run from {quarantine}")
        assert [tuple(each) for each in kept] == [("refers to no row of public.parents by ck", "chi$$ld's {x}_1")]
        owner, grants = (
            await database.fetch(
                "select pg_get_userbyid(relowner), (select count(*) from aclexplode(relacl) where grantee <> relowner)"
                " from pg_class where relnamespace = 'fkdash_quarantine'::regnamespace and relkind = 'r'"
            )
        )[0]
        assert (owner, grants) == (role, 0)
        good(await bench.undo(ended))
        assert await database.value('select count(*) from "chi$$ld\'s {x}"') == rows
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


@pytest.mark.newest_version
async def test_the_pace_stands_in_the_plan_and_is_kept(bench: Workbench) -> None:
    pace = Pace(batch_rows=40, pause_ms=10, rows_per_second=1000)
    plan = await bench.plan("ck", "delete-orphans", pace=pace)
    assert plan_of(plan_document(plan)).pace == pace
    began = time.monotonic()
    good(await bench.carry_out(plan))
    assert time.monotonic() - began >= 390 / 1000 * 0.9
    said = [event.detail for event in bench.events if isinstance(event, StepProgress)]
    assert any("of about 390 rows, about" in each for each in said)
    old = plan_document(plan)
    del old["pace"]
    assert plan_of(old).pace == Pace()
    (step,) = [each for each in old["steps"] if each["repeats"]]
    for other in ({"batch": None}, {"sql": f"{step['sql']} RETURNING 1"}):
        with pytest.raises(UsageError, match="does not say how the rows are counted"):
            plan_of({**old, "steps": [{**step, **other}]})


async def test_a_row_that_stopped_being_an_orphan_meanwhile_is_left_alone(bench: Workbench) -> None:
    plan = await bench.plan("ck", "delete-orphans")
    other = await asyncpg.connect(bench.database.dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("insert into parents values (77); update children set note = 'mine' where id = 77")
    run = asyncio.create_task(bench.carry_out(plan))
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    while not await bench.database.value(waiting):
        pass
    await transaction.commit()
    await other.close()
    good(await run)
    assert await bench.database.value("select array_agg(note order by id) from children where id > 10") == ["mine"]


@pytest.mark.newest_version
async def test_what_is_stopped_among_writers_is_finished_and_undone_without_losing_a_row(bench: Workbench) -> None:
    database = bench.database
    before = await database.value(_ROWS)
    stop = asyncio.Event()

    async def write(first: int) -> None:
        """Insert and delete rows of one's own, and touch others', as an application does."""
        connection = await asyncpg.connect(database.dsn)
        number = first
        try:
            while not stop.is_set():
                number += 1
                await connection.execute("insert into children values ($1, $2, 'w')", number, 1 + number % 10)
                await connection.execute("update children set note = note where id = $1", 11 + number % 380)
                await connection.execute("delete from children where id = $1", number)
        finally:
            await connection.close()

    writers = [asyncio.create_task(write(first)) for first in (1_000_000, 2_000_000)]
    try:
        plan = await bench.plan("ck", "quarantine-orphans", pace=Pace(batch_rows=50, pause_ms=0))
        wishes = Wishes()
        bench.events = StoppingAfterABatch(wishes)
        halfway = await bench.carry_out(plan, wishes=wishes)
        assert halfway.outcome is not RunOutcome.VERIFIED
        catalog = await bench.look()
        async with bench.pool.session() as session:
            rest = await remaining(session, catalog, recorded_run(halfway.journal).plan)
        over = await bench.carry_out(rest, continues=halfway.journal)
        good(over)
        good(await bench.undo(over))
    finally:
        stop.set()
        await asyncio.gather(*writers)
    assert await database.value(_ROWS) == before
