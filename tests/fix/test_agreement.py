"""Random schemas: what is offered can be done, does what was said, and leads back."""

from __future__ import annotations

import pytest

from tests.fix.agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.long

_CASES = 8


async def test_options_do_what_they_promise_and_lead_back(database: TestDatabase) -> None:
    tally = Tally()
    for seed in range(9001, 9001 + _CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert sum(number for how, number in tally.ended.items() if how.endswith(": verified")) > _CASES
