"""The configuration is found upwards from the folder, in either file; what cannot be read is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.checking.configuration_file import load_baseline, load_configuration
from fkdash.errors import UsageError
from fkdash.rules.severity import Severity


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "fkdash.toml").write_text('[rules]\nFK301 = "info"\n')
    assert load_configuration(start=below).severities == {"FK301": Severity.INFO}
    (below / "pyproject.toml").write_text('[tool.fkdash.rules]\nFK301 = "off"\n')
    assert load_configuration(start=below).severities == {"FK301": None}


def test_a_named_file_counts_instead(tmp_path: Path) -> None:
    (tmp_path / "fkdash.toml").write_text('[rules]\nFK301 = "info"\n')
    (tmp_path / "other.toml").write_text('[rules]\nFK301 = "error"\n')
    assert load_configuration(tmp_path / "other.toml", start=tmp_path).severities == {"FK301": Severity.ERROR}


@pytest.mark.parametrize("text", ["rules = ", "\x00", '[rules]\nFK999 = "off"\n'])
def test_what_cannot_be_used_is_refused_naming_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "fkdash.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        load_configuration(start=tmp_path)
    assert "fkdash.toml" in refused.value.what
    assert refused.value.next_step


def test_a_missing_file_that_was_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_configuration(tmp_path / "nothing.toml")
    with pytest.raises(UsageError):
        load_baseline(tmp_path / "nothing.json")
