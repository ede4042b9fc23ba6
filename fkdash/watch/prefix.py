"""log_line_prefix as a pattern: what stands before a message on a line of the log (elog.c, log_line_prefix)."""

from __future__ import annotations

import re
from typing import Final

_MOMENT: Final = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [^\s,\[\]]{1,40}"
_ESCAPES: Final = {
    "a": r"(?P<application>[^\n]*?)",
    "u": r"(?P<user>[^\n]*?)",
    "d": r"(?P<database>[^\n]*?)",
    "r": r"[^\n]*?",
    "h": r"[^\n]*?",
    "L": r"[^\n]*?",
    "b": r"[^\n]*?",
    "p": r"(?P<pid>\d+)",
    "P": r"\d*",
    "t": rf"(?P<moment>{_MOMENT})",
    "m": rf"(?P<moment>{_MOMENT})",
    "n": r"(?P<epoch>\d+(?:\.\d+)?)",
    "i": r"[^\n]*?",
    "e": r"(?P<sqlstate>[0-9A-Z]{5})",
    "c": r"[0-9a-f]+\.[0-9a-f]+",
    "l": r"\d+",
    "s": _MOMENT,
    "v": r"(?:\d+/\d+)?",
    "x": r"\d+",
    "Q": r"-?\d+",
}
_ESCAPE: Final = re.compile(r"%(-?\d*)([a-zA-Z%])|%")
# What is tried where nobody says how lines begin: anything, in which a moment is looked for.
UNKNOWN: Final = r"(?!\t)(?P<before>[^\n]*?)"


def pattern_of(prefix: str) -> str:
    """Give the pattern of what a log_line_prefix prints; `%q` ends it for processes without a session."""
    pieces: list[str] = []
    named: set[str] = set()
    place = ends = 0
    for found in _ESCAPE.finditer(prefix):
        pieces.append(re.escape(prefix[place : found.start()]))
        place = found.end()
        letter = found[2] or ""
        if letter == "q":
            pieces.append("(?:")
            ends += 1
        elif letter == "%":
            pieces.append("%")
        else:
            pieces.append(_padded(_once(_ESCAPES.get(letter, ""), named), found[1] or ""))
    pieces.append(re.escape(prefix[place:]))
    return "".join(pieces) + ")?" * ends


def _padded(pattern: str, width: str) -> str:
    if not width.strip("-"):
        return pattern
    return pattern + " *" if width.startswith("-") else " *" + pattern


def _once(pattern: str, named: set[str]) -> str:
    """Give a pattern whose name is not in use yet: an escape may stand twice."""
    name = re.match(r"\(\?P<(\w+)>", pattern)
    if name is None:
        return pattern
    if name[1] in named:
        return "(?:" + pattern[name.end() :]
    named.add(name[1])
    return pattern
