"""What tests of this room work on."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the test's own in which fkdash keeps its state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path
