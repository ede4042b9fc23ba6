"""What lasts begins first in every process, and no test is lost by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.long_ones_first import long_ones_first


def test_each_process_begins_with_its_share_of_the_long_ones() -> None:
    assert long_ones_first(list("abcDEFgh"), 2, str.isupper) == list("DFabEcgh")


@given(st.lists(st.characters(categories=["Lu", "Ll"])), st.integers(1, 9))
def test_every_test_is_run_once(tests: list[str], processes: int) -> None:
    assert sorted(long_ones_first(tests, processes, str.isupper)) == sorted(tests)
