"""Random schemas: a plan takes the locks that it announces, on the tables that it names, and no others."""

from __future__ import annotations

import pytest

from tests.fix.locks_agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.long

_CASES = 30


async def test_a_plan_takes_the_locks_that_it_announces(database: TestDatabase) -> None:
    tally = Tally()
    for seed in range(8001, 8001 + _CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert sum(number for how, number in tally.seen.items() if not how.endswith("not run")) > 3 * _CASES
