"""Random schemas: what a guard does not find, and does not name as not asked, refuses nothing."""

from __future__ import annotations

import pytest

from tests.preview.guard_agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.long

_CASES = 60


async def test_nothing_refuses_a_delete_that_a_guard_neither_finds_nor_names(database: TestDatabase) -> None:
    tally = Tally()
    for seed in range(7001, 7001 + _CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert tally.ended["refused, really refused"] > _CASES // 5
    assert tally.ended["refused, really allowed"] <= _CASES // 30
