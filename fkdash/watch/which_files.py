"""Which files of a log's folder are read: of the same messages in several formats one that is still written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

PACKED: Final = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")
"""What a packed file's name ends with; those that are not gzip are named, and not read."""
# Where the server writes several formats, they hold the same messages: one of them is read.
_FORMATS: Final = (".csv", ".json", "")
# syslogger.c, logfile_getname: of a log_filename the other formats replace `.log`, and no other ending.
_NAME: Final = re.compile(r"(.+?)(\.csv|\.json|\.log)?((?:[.-]\d{1,14})?)(\.(?:gz|bz2|xz|zst|lz4|zip))?$")
_TOGETHER_SECONDS: Final = 0.02
"""A message is written in all formats at once. To take two for apart that are not costs reading both, no more."""


def chosen_names(
    before: Mapping[str, float],
    now: Mapping[str, float],
    grown: Container[str] = (),
    current: Container[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Give the files to be read, each with those that hold some of its messages as well and are read beside it.

    Both are listings of names with the moments of the last change in seconds, one taken after the other. Of
    several formats one is enough while all are written. Where one of them has ended or begun (log_destination was
    changed) they were not changed at the same time; where that is just now, one is `grown` and the other not, or
    one is `current`, written now as the server says, and the other not.
    """
    by_name: dict[tuple[str, str], dict[str, str]] = {}
    for name in now.keys() & before.keys():
        found = _NAME.fullmatch(name)
        if found is not None:
            ending = found[2] if found[2] in _FORMATS else ""
            by_name.setdefault((found[1], found[3]), {})[ending] = name
    chosen: dict[str, tuple[str, ...]] = {}
    for formats in by_name.values():
        read: list[str] = []
        for name in (formats[ending] for ending in _FORMATS if ending in formats):
            if all(
                _apart(before, now, each, name)
                or (name in grown) > (each in grown)
                or (name in current) > (each in current)
                for each in read
            ):
                read.append(name)
        chosen |= {name: tuple(each for each in read if each != name) for name in read}
    return chosen


def _apart(before: Mapping[str, float], now: Mapping[str, float], one: str, other: str) -> bool:
    return now[one] + _TOGETHER_SECONDS < before[other] or now[other] + _TOGETHER_SECONDS < before[one]
