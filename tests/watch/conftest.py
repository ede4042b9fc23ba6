"""A server that logs in every format that it has, for the tests of the watch."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.servers import TestServer, versions_under_test
from tests.watch.servers import logging_server


@pytest.fixture(scope="module")
def logging() -> Iterator[TestServer]:
    with logging_server(versions_under_test()[-1]) as server:
        yield server


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """End a watch that never ends by itself as a failure."""

    def gave_up(_signal: int, _frame: object) -> None:
        raise TimeoutError("the watch does not end")

    before = signal.signal(signal.SIGALRM, gave_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
