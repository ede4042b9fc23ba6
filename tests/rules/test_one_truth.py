"""Findings and previews tell one truth on random schemas, both ways."""

from __future__ import annotations

import pytest

from tests.rules.one_truth import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

_CASES = 50


@pytest.mark.newest_version
async def test_what_a_finding_claims_its_preview_says_and_what_stops_a_delete_has_a_finding(
    database: TestDatabase,
) -> None:
    tally = Tally()
    for seed in range(5001, 5001 + _CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert sum(count for claim, count in tally.confirmed.items() if claim.endswith("blocked")) > _CASES // 4
    assert sum(tally.explained.values()) > _CASES // 8
