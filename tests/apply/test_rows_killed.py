"""Every change of rows ended at a batch while others write: finished or taken back. The command has all moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.rows_killed import CHANGES, ENDS, Example, tried
from tests.support.gate import Moment
from tests.support.servers import TestDatabase

# The server is shared with other tests: it is not killed here.
_HANDS = ("kill", "terminate", "kill", "interrupt", "cancel")


@pytest.mark.newest_version
@pytest.mark.parametrize("number", range(len(CHANGES)), ids=lambda number: str(CHANGES[number]))
async def test_a_change_of_rows_ended_at_a_batch_is_finished_and_taken_back(
    database: TestDatabase, tmp_path: Path, number: int
) -> None:
    change = CHANGES[number]
    marker = b"COMMIT\x00" if number % 2 else change.statement
    moment = Moment(marker, 2 + number % 3, answered=number % 4 < 2)
    example = Example(change, moment, _HANDS[number % len(_HANDS)], ENDS[number % len(ENDS)])
    assert await tried(database, tmp_path, example), "the moment came"
