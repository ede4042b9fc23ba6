"""The settings of both files as commands use them; what is not used in a file is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.checking.team_file import team_file
from fkdash.cli.messages import tell
from fkdash.errors import UsageError
from fkdash.profiles import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fkdash.checking.policy import Configuration
    from fkdash.profiles import Settings

_told: set[str] = set()


def operator_settings() -> Settings:
    """Give what config.toml says; raises UsageError with every mistake in it."""
    settings = load_settings()
    _tell_once(settings.warnings)
    return settings


def team_configuration(named: Path | None = None) -> Configuration:
    """Give what the named file, else the nearest fkdash.toml, says; raises UsageError with every mistake in it."""
    from fkdash.checking.configuration_file import load_configuration  # loads every rule

    configuration = load_configuration(named)
    _tell_once(configuration.warnings)
    return configuration


def label_columns_set(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Give the label columns of both files by `schema.table`, the operator's first.

    A team's file that cannot be used keeps nobody from looking: it is said, and goes without effect.
    """
    try:
        team = team_configuration().labels if team_file() is not None else {}
    except UsageError as error:
        _tell_once([f"{error.what} Its labels are not used."])
        team = {}
    return {**team, **settings.labels}


def _tell_once(warnings: Iterable[str]) -> None:
    for warning in warnings:
        if warning not in _told:
            _told.add(warning)
            tell(f"note: {warning}")
