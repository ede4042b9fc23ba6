"""What tests of this room work on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.servers import EMBEDDED_VERSIONS, TestServer, versions_under_test


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, state and the folder that commands run in are the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def contrib_server(server_of: Callable[[int], TestServer]) -> TestServer:
    """The newest server under test that ships PostgreSQL's own extensions; the embedded ones do not."""
    for version in reversed(versions_under_test()):
        if version not in EMBEDDED_VERSIONS:
            return server_of(version)
    pytest.skip("none of the servers under test ships PostgreSQL's own extensions")
