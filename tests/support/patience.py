"""Every answer of the dashboard is waited for, however busy the machine is: nothing ends at its limit in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from unittest.mock import patch

LONG_ENOUGH = 120.0
"""For what must come at all, in seconds: only a test that fails ever waits so long, and a busy machine stands still for
longer than one would think."""

_ROUNDS_OF_A_SECOND = 400
"""How often an idle core of 2023 counts to a hundred thousand in a second."""

_LIMITS = (
    "fkdash.catalog.postgres.migrations._SECONDS",
    "fkdash.catalog.postgres.migrations._MOST_SECONDS",
    "fkdash.tui.knowledge.IMPACT_SECONDS",
    "fkdash.tui.knowledge._ANSWER_SECONDS",
    "fkdash.tui.knowledge._ORPHAN_SECONDS",
    "fkdash.tui.knowledge._ORPHANS_IN_ALL_SECONDS",
    "fkdash.tui.screens.findings.drawings._HELD_SECONDS",
    "fkdash.tui.screens.fix.options._PROMISE_SECONDS",
    "fkdash.tui.screens.fix.options._WHAT_IF_SECONDS",
    "fkdash.tui.screens.fix.rows_asked._SECONDS",
    "fkdash.tui.screens.row_search._SECONDS",
    "fkdash.tui.screens.preview.preview._SECONDS",
    "fkdash.tui.screens.preview.what_if._SECONDS",
)


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Let every limit of what screens ask be `seconds`."""
    with ExitStack() as patches:
        for limit in _LIMITS:
            patches.enter_context(patch(limit, seconds))
        yield


def in_time(seconds: float) -> float:
    """Give the time in which what takes less than `seconds` on an idle machine must come on this one, in seconds.

    For a promise: what hangs or is slow would come late, or never.
    """
    return seconds * max(1.0, _slowness())


@cache
def _slowness() -> float:
    """Give how many times slower this machine is just now; a second of counting tells."""
    rounds, ended = 0, time.monotonic() + 1
    while time.monotonic() < ended:
        for _ in range(100_000):
            pass
        rounds += 1
    return _ROUNDS_OF_A_SECOND / rounds
