"""Reads fkdash.toml, the [tool.fkdash] table of pyproject.toml, and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError, reason_of
from fkdash.reading.source import parsed_json, parsed_toml
from fkdash.rules.configuration import Baseline, Configuration, baseline_from, configuration_from

if TYPE_CHECKING:
    from fkdash.reading.lines import Path as Keys

_IN_PYPROJECT: Final = ("tool", "fkdash")


def load_configuration(named: Path | None = None, *, start: Path | None = None) -> Configuration:
    """Give the configuration of a named file, else of the nearest fkdash.toml or pyproject.toml upwards.

    A pyproject.toml without [tool.fkdash] is passed over. Without any file it is empty. Raises UsageError for one
    that cannot be read, or with every mistake in it.
    """
    if named is not None:
        found = _read(named)
        return found if found is not None else Configuration(origin=str(named))
    folder = (start or Path.cwd()).absolute()
    for place in (folder, *folder.parents):
        for name in ("fkdash.toml", "pyproject.toml"):
            if (place / name).is_file():
                found = _read(place / name)
                if found is not None:
                    return found
    return Configuration()


def load_baseline(path: Path) -> Baseline:
    """Give the baseline in a file; raises UsageError where it cannot be read."""
    advice = "Write one with fkdash check --write-baseline FILE."
    try:
        document, source = parsed_json(path, "baseline", next_step=advice)
    except FileNotFoundError as error:
        raise UsageError(f"The baseline {path} cannot be read: {reason_of(error)}.", next_step=advice) from error
    return baseline_from(document, source)


def _read(path: Path) -> Configuration | None:
    """Give what a file says, None for another program's pyproject.toml."""
    try:
        document, source = parsed_toml(path, "configuration")
    except FileNotFoundError as error:
        raise UsageError(f"{path} cannot be read: {reason_of(error)}.", next_step="Name another.") from error
    within: Keys = _IN_PYPROJECT if path.name == "pyproject.toml" else ()
    part: object = document
    for key in within:
        if not isinstance(part, dict) or key not in part:
            return None
        part = part[key]
    return configuration_from(part, source, within=within)
