"""Of real errors of generated schemas, those keys are named without which the error is gone.

Seeds of schemas on which another was named, or none: names with quotation marks, domains, references to one's own
table, partitions. `python -m tests.explain.agree` tries as many others as you like.
"""

from __future__ import annotations

import pytest

from tests.explain.agree import Tally, compare
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version


@pytest.mark.parametrize("seed", [12, 17, 42, 112])
async def test_the_keys_named_are_those_without_which_the_error_is_gone(database: TestDatabase, seed: int) -> None:
    tally = Tally()
    await compare(await database.connection(), seed, database.server.major, tally)
    assert tally.errors
    assert tally.disagreements == []
