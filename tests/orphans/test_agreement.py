"""Random schemas whose referenced rows are gone: counts, repairs and ways back are what the server says they are."""

from __future__ import annotations

import pytest

from tests.orphans.agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.long

_CASES = 12


async def test_orphans_are_what_the_server_refuses_and_a_repair_ends_as_its_preflight_said(
    database: TestDatabase,
) -> None:
    tally = Tally()
    for seed in range(6001, 6001 + _CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert tally.ended["orphans"] > _CASES
    assert tally.ended["way back: verified"] > _CASES // 3
