"""Reads fkdash.toml, the [tool.fkdash] table of pyproject.toml, and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.checking.policy import Baseline, Configuration, baseline_from, configuration_from
from fkdash.checking.team_file import IN_PYPROJECT, team_file
from fkdash.errors import UsageError, reason_of
from fkdash.reading.source import Source, parsed_json, parsed_toml
from fkdash.reading.typed import Found
from fkdash.settings_files import TeamFile

if TYPE_CHECKING:
    from fkdash.reading.lines import Path as Keys


def load_configuration(named: Path | None = None, *, start: Path | None = None) -> Configuration:
    """Give the configuration of the file that `team_file` finds; without any it is empty.

    Raises UsageError for a file that cannot be read, or with every mistake in it.
    """
    place = team_file(named, start=start)
    if place is None:
        return Configuration()
    document, source, within = _parsed(place)
    return configuration_from(document, source, within=within)


def read_team_file(path: Path) -> tuple[TeamFile, Source, Keys]:
    """Give what a file says, its source, and the keys that lead to our part; raises as `load_configuration`."""
    document, source, within = _parsed(path)
    return source.as_type(document, TeamFile, Found(), within=within), source, within


def load_baseline(path: Path) -> Baseline:
    """Give the baseline in a file; raises UsageError where it cannot be read."""
    advice = "Write one with fkdash check --write-baseline FILE."
    document, source = parsed_json(path, "baseline", next_step=advice)
    return baseline_from(document, source)


def _parsed(path: Path) -> tuple[object, Source, Keys]:
    try:
        _, source = parsed_toml(path, "configuration")
    except FileNotFoundError as error:
        raise UsageError(f"{path} cannot be read: {reason_of(error)}.", next_step="Name another.") from error
    within: Keys = IN_PYPROJECT if path.name == "pyproject.toml" else ()
    try:
        return source.part(within), source, within
    except LookupError:
        return {}, source, within
