"""A run that is bounded leaves no test out in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def _run_of_pictures(minutes: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "tests/pictures"],
        env={**os.environ, "FKDASH_TEST_MINUTES": minutes, "FKDASH_TEST_VERSIONS": "18"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_what_there_is_no_time_for_is_counted_by_its_room() -> None:
    told = _run_of_pictures("0")
    count = told.rpartition(" skipped in")[0].split()[-1]
    assert f"NOT RUN, there was no time left for them: {count} of {count} tests (tests/pictures {count})" in told


def test_where_there_is_time_every_test_is_run() -> None:
    told = _run_of_pictures("60")
    assert "NOT RUN" not in told
    assert "skipped" not in told
