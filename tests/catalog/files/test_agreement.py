"""Written migrations, run on a server and read from files: the catalogs are the same, on every version."""

from __future__ import annotations

import pytest

from tests.catalog.files.agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

CASES = 30


async def test_what_files_add_up_to_is_what_the_server_has(database: TestDatabase) -> None:
    tally = Tally()
    first = database.version * 1000
    for seed in range(first, first + CASES):
        await compare(await database.connection(), seed, database.version, tally)
    assert tally.disagreements == []
    assert tally.counts["compared"] > CASES * 3 // 4
    assert tally.counts["foreign keys"] > CASES
