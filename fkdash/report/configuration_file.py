"""Reads fkdash.toml, the [tool.fkdash] table of pyproject.toml, and baselines."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from fkdash.errors import UsageError, reason_of
from fkdash.rules.configuration import Baseline, Configuration, baseline_from, configuration_from


def load_configuration(named: Path | None = None, *, start: Path | None = None) -> Configuration:
    """Give the configuration of a named file, else of the nearest fkdash.toml or pyproject.toml upwards.

    Without any it is empty. Raises UsageError for a file that cannot be read or says what it cannot.
    """
    if named is not None:
        return _read(named)
    folder = (start or Path.cwd()).absolute()
    for place in (folder, *folder.parents):
        if (place / "fkdash.toml").is_file():
            return _read(place / "fkdash.toml")
        if (place / "pyproject.toml").is_file():
            return _read(place / "pyproject.toml")
    return Configuration()


def load_baseline(path: Path) -> Baseline:
    """Give the baseline in a file; raises UsageError where it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"The baseline {path} cannot be read: {reason_of(error)}.",
            next_step="Write one with fkdash check --write-baseline FILE.",
        ) from error
    return baseline_from(document, str(path))


def _read(path: Path) -> Configuration:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {reason_of(error)}.", next_step="Correct it, or name another."
        ) from error
    if path.name == "pyproject.toml":
        document = document.get("tool", {}).get("fkdash", {})
    return configuration_from(document, str(path))
