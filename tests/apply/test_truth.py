"""Faults at random moments; thousands of them by `python -m tests.apply.truth`."""

from __future__ import annotations

import pytest

from tests.apply.truth import try_out
from tests.support.failover import failing_server
from tests.support.servers import versions_under_test

_EXAMPLES = 24
_RUNS_EACH = 7
_SECONDS = 35.0
"""No run begins after that long, so that CI stays bounded: some forty faults on each version."""


@pytest.mark.parametrize("major", sorted({min(versions_under_test()), max(versions_under_test())}))
def test_what_is_said_journaled_and_declared_is_the_same_whatever_happened(major: int) -> None:
    with failing_server(major) as server:
        tally = try_out(server, _EXAMPLES, _RUNS_EACH, alike=True, seconds=_SECONDS)
    assert tally.faults.total() > 0, str(tally)
