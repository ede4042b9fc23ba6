"""Verification proves what was promised: nothing that was lost, skipped or stopped elsewhere passes for a proof."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fkdash.apply.events import Event, RunOutcome, StepDone
from fkdash.fix.plan import Plan
from tests.apply.test_faults import carry_out, gated
from tests.support.changes import workbench
from tests.support.gate import Moment
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

_BESIDE = """
create table notes (id int primary key, parent_id int not null, constraint nk foreign key (parent_id) references parents (id));
insert into notes select g, g from generate_series(1, 100) g;
"""


async def test_a_delete_that_the_key_beside_it_still_stops_is_not_said_to_work(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA + _BESIDE)
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ck", "cascade")
    (delete,) = [each for each in ended.verification if each.check == "deleting a referenced row of parents"]
    assert delete.ok is None
    assert "nk of notes (23503)" in delete.detail
    assert "still stopped by nk of notes (23503)" in ended.message
    assert (ended.outcome, ended.exit_code) == (RunOutcome.VERIFIED, 0)


# Each place where verification can lose its connection, and which of several it is.
_PLACES = [
    (b"hashtextextended(row", 1),
    (b"fkd_stage", 1),
    (b"fkd_stage", 2),
    (b"fkd_stage", 3),
    (b"from pg_temp.fkdash_", 1),
    (b"pg_postmaster_start_time", 1),
    (b"pg_postmaster_start_time", 2),
]


class _OnceDone(list[Event]):
    """Events that call `then` once every step of a plan is committed."""

    def __init__(self, plan: Plan, then: Callable[[], None]) -> None:
        super().__init__()
        self._last, self._then = plan.steps[-1].number, then

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, StepDone) and event.step.number == self._last:
            self._then()


@pytest.mark.newest_version
@pytest.mark.parametrize("answered", [False, True])
async def test_a_connection_lost_while_verifying_is_made_up_for_and_not_taken_for_something_not_tried(
    database: TestDatabase, tmp_path: Path, answered: bool
) -> None:
    await database.execute(SCHEMA)
    for number, (marker, nth) in enumerate(_PLACES):
        async with gated(database, tmp_path) as (way, bench):
            chosen = await bench.plan("ck", "restrict" if number % 2 == 0 else "no-action")
            bench.events = _OnceDone(chosen, partial(way.arm, Moment(marker, nth, answered), way.cut))
            ended = await carry_out(bench, chosen)
        assert way.happened, marker
        assert ended.outcome is RunOutcome.VERIFIED, (marker, ended.message)
        assert [each.check for each in ended.verification if each.ok is not True] == [], (
            marker,
            ended.verification,
        )


@pytest.mark.newest_version
async def test_a_connection_lost_for_good_while_verifying_is_never_done_and_verified(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with gated(database, tmp_path) as (way, bench):
        chosen = await bench.plan("ck", "restrict")
        bench.events = _OnceDone(chosen, partial(way.arm, Moment(b"fkd_stage", 2), way.cut_for_good))
        ended = await carry_out(bench, chosen, settling=0.3)
    assert way.happened
    assert (ended.outcome, ended.exit_code) == (RunOutcome.FAILED, 5)
    assert "fix resume" in ended.next_step
