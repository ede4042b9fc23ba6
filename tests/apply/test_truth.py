"""Faults at random moments; thousands of them by `python -m tests.apply.truth`."""

from __future__ import annotations

import pytest

from tests.apply.truth import try_out
from tests.apply.truth_tally import Tally
from tests.support.failover import failing_server
from tests.support.servers import is_whole_run, versions_under_test

pytestmark = pytest.mark.long

_RUNS_EACH = 12
_EXAMPLES = 40
_FAULTS = 52
"""In each part, of which CI runs two for each of two versions: it meets 208 faults at least."""


@pytest.mark.parametrize("part", range(2 if is_whole_run() else 1))
@pytest.mark.parametrize("major", sorted({min(versions_under_test()), max(versions_under_test())}))
def test_what_is_said_journaled_and_declared_is_the_same_whatever_happened(major: int, part: int) -> None:
    with failing_server(major) as server:
        tally = try_out(server, Tally(part, _FAULTS), _EXAMPLES, _RUNS_EACH, alike=True)
    assert tally.faults.total() >= _FAULTS, str(tally)
