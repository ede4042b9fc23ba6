"""Names that have broken other tools."""

from __future__ import annotations

HOSTILE = (
    "we[/b]ird",
    "[red]x",
    "x[/",
    "[@click=app.quit]orders[/]",
    'a"b',
    "back\\slash",
    "naïve",
    "表の名前",
    "n" * 63,
)
INVISIBLE = {
    "\x1b[31mred": r"\x1b[31mred",
    "line\nbreak\ttab": r"line\nbreak\ttab",
    "evil\u202egnp": r"evil\u202egnp",
    "zero\u200bwidth": r"zero\u200bwidth",
    "soft\xadhyphen": r"soft\xadhyphen",
    "heart\ufe0f": r"heart\ufe0f",
    "no\xa0break": r"no\xa0break",
    "filler\u3164": r"filler\u3164",
    "\u0301mark": r"\u0301mark",
    "\x7fdel\x9bcsi": r"\x7fdel\x9bcsi",
    "tag\U000e0041": r"tag\U000e0041",
}
