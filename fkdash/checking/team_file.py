"""Where a team's settings stand: asked before every first frame, so that it loads nothing where there are none."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

IN_PYPROJECT: Final = ("tool", "fkdash")


def team_file(named: Path | None = None, *, start: Path | None = None) -> Path | None:
    """Give the named file, else the nearest upwards: fkdash.toml, or pyproject.toml with [tool.fkdash].

    Raises UsageError for a pyproject.toml that names fkdash and is no TOML.
    """
    if named is not None:
        return named
    folder = (start or Path.cwd()).absolute()
    for place in (folder, *folder.parents):
        if (place / "fkdash.toml").is_file():
            return place / "fkdash.toml"
        if (place / "pyproject.toml").is_file() and _is_ours(place / "pyproject.toml"):
            return place / "pyproject.toml"
    return None


def _is_ours(pyproject: Path) -> bool:
    with suppress(OSError):
        if IN_PYPROJECT[-1].encode() not in pyproject.read_bytes():
            return False
    from fkdash.reading.source import parsed_toml  # where it may be ours only

    with suppress(LookupError):
        _, source = parsed_toml(pyproject, "configuration")
        source.part(IN_PYPROJECT)
        return True
    return False
