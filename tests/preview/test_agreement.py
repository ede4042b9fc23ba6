"""Random schemas, rows and deletes: what a preview says is what the real delete does, on every version."""

from __future__ import annotations

import pytest

from tests.preview.agree import Tally, compare
from tests.preview.many_cases import seeds_of
from tests.support.servers import TestDatabase

pytestmark = [pytest.mark.every_version, pytest.mark.long]

PER_TEST = 75


async def test_previews_agree_with_real_deletes(shared_database: TestDatabase) -> None:
    tally = Tally()
    for seed in seeds_of(shared_database.version, PER_TEST):
        await compare(await shared_database.connection(), seed, shared_database.version, tally)
    assert tally.disagreements == []
    assert tally.verdicts["allowed (really allowed)"] > PER_TEST // 10
    assert tally.verdicts["blocked (really blocked)"] > PER_TEST // 10
    assert (
        sum(count for verdict, count in tally.verdicts.items() if verdict.startswith("unknown")) < PER_TEST // 20
    )
