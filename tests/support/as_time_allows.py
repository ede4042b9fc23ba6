"""As many tests as there is time for: one of each kind first, and what was left out is counted, never silent.

FKDASH_TEST_MINUTES bounds a run of tests. Those of the newest PostgreSQL, or of none, come before what is asked again
of an older one; which files come first is drawn by FKDASH_TEST_ORDER, so that a machine on which there is never time
for all meets others with every change. Without a bound nothing is left out and nothing stands elsewhere.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest

LEFT_OUT: Final = "no time left"
_MINUTES, _ORDER, _UNTIL = "FKDASH_TEST_MINUTES", "FKDASH_TEST_ORDER", "FKDASH_TEST_UNTIL"


def is_bounded() -> bool:
    """Say whether this run has a bound."""
    return bool(os.environ.get(_MINUTES))


def begin() -> None:
    """Let the time begin, for the processes that run the tests too."""
    os.environ[_UNTIL] = str(time.time() + 60 * float(os.environ[_MINUTES]))


def leave_out_when_it_is_over() -> None:
    """Skip the test that is about to begin where the time is over."""
    if is_bounded() and time.time() > float(os.environ[_UNTIL]):
        pytest.skip(LEFT_OUT)


def in_order(items: Sequence[pytest.Item], newest: int, processes: int) -> list[pytest.Item]:
    """Give the tests in as many parts of a size as there are processes, in each those that come first first.

    Each process begins with a part of its own, in its order; tests of a file stay together.
    """
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    random.Random(os.environ.get(_ORDER, "")).shuffle(files)
    parts: list[list[pytest.Item]] = [[] for _ in range(max(1, processes))]
    for tests in files:
        min(parts, key=len).extend(tests)
    return [item for part in parts for item in sorted(part, key=lambda item: _is_asked_again(item, newest))]


def _is_asked_again(item: pytest.Item, newest: int) -> bool:
    asked = (
        item.callspec.params.get("server", newest)
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else newest
    )
    return bool(asked != newest)


def told(skipped: Iterable[pytest.TestReport], of: int) -> str:
    """Give the line that tells how many were left out and where, empty where none was."""
    rooms: Counter[str] = Counter()
    for report in skipped:
        if isinstance(report.longrepr, tuple) and LEFT_OUT in str(report.longrepr[-1]):
            rooms["/".join(Path(report.location[0]).parts[:2])] += 1
    if not rooms:
        return ""
    each = ", ".join(f"{room} {number:,}" for room, number in sorted(rooms.items()))
    return f"NOT RUN, there was no time left for them: {rooms.total():,} of {of:,} tests ({each})"
