"""SQL with its words set apart: keywords, what an action does, the names of constraints, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.tui.widgets.painting import Part, Tone

if TYPE_CHECKING:
    from fkdash.tui.widgets.painting import Line

_QUOTED: Final = r'"(?:[^"]|"")*"'
_TOKEN: Final = re.compile(
    r"(?P<muted>--.*|/\*.*?\*/)"
    r"|(?P<literal>'(?:[^']|'')*')"
    rf"|(?P<before>\bCONSTRAINT\s+(?:IF\s+EXISTS\s+)?)(?P<name>{_QUOTED}|[a-z_][\w$]*)"
    rf"|(?P<other>{_QUOTED})"
    r"|(?P<deletes>\bON (?:DELETE|UPDATE) CASCADE\b)"
    r"|(?P<nulls>\bON (?:DELETE|UPDATE) SET (?:NULL|DEFAULT)\b)"
    r"|(?P<refuses>\bON (?:DELETE|UPDATE) (?:NO ACTION|RESTRICT)\b)"
    r"|(?P<code>\b[A-Z][A-Z]+\b)"
)
_TONES: Final[dict[str, Tone]] = {
    "muted": "muted",
    "deletes": "deletes",
    "nulls": "nulls",
    "refuses": "refuses",
    "code": "code",
}


def sql_line(text: str, indent: str = "") -> Line:
    """Give one line of SQL in parts; what none of the patterns knows stays plain."""
    parts = [Part(indent)] if indent else []
    end = 0
    for found in _TOKEN.finditer(text):
        parts.append(Part(text[end : found.start()]))
        end = found.end()
        if found["name"]:
            parts += [Part(found["before"], "code"), Part(found["name"], "name")]
        else:
            parts.append(Part(found.group(), _TONES.get(found.lastgroup or "", "plain")))
    parts.append(Part(text[end:]))
    return tuple(part for part in parts if part.text)
