"""Copying says what it tried and names a file; it never claims success."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.tui import clipboard


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "fkdash"


def files_in(folder: Path) -> list[Path]:
    assert folder.stat().st_mode & 0o777 == 0o700
    return list(folder.iterdir())


async def test_a_copy_goes_to_the_terminal_and_into_a_private_file(state: Path) -> None:
    written: list[str] = []
    message = await clipboard.copy("ALTER TABLE ö;\n", written.append, {})
    (file,) = files_in(state)
    assert file.read_text(encoding="utf-8") == "ALTER TABLE ö;\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert written == ["ALTER TABLE ö;\n"]
    assert message == f"Sent to the terminal, which may ignore it; it is also in {file}"


async def test_a_long_text_goes_only_into_the_file(state: Path) -> None:
    written: list[str] = []
    message = await clipboard.copy("x" * 60_000, written.append, {})
    assert written == []
    assert "too long" in message
    assert len(files_in(state)[0].read_text()) == 60_000


async def test_a_tmux_that_takes_nothing_is_not_named(state: Path) -> None:
    message = await clipboard.copy("x", lambda _text: None, {"TMUX": "/nonexistent,1,0"})
    assert "to tmux's buffer" not in message
    assert str(state) in message
