"""Every answer of the dashboard is waited for, however busy the machine is: nothing ends at its limit in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

_LIMITS = (
    "fkdash.tui.knowledge.IMPACT_SECONDS",
    "fkdash.tui.knowledge._ANSWER_SECONDS",
    "fkdash.tui.knowledge._ORPHAN_SECONDS",
    "fkdash.tui.knowledge._ORPHANS_IN_ALL_SECONDS",
    "fkdash.tui.screens.findings.pictures._HELD_SECONDS",
    "fkdash.tui.screens.fix.options._PROMISE_SECONDS",
    "fkdash.tui.screens.fix.options._WHAT_IF_SECONDS",
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
