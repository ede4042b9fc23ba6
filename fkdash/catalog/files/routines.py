"""Functions that change the schema: what calls one of them does so too, and is not followed."""

from __future__ import annotations

import re
from typing import Final

_ROUTINE: Final = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?:(?:\"[^\"]+\"|\w+)\s*\.\s*)?\"?(\w+)", re.IGNORECASE
)
_BODY: Final = re.compile(r"\bas\b\s*(?:\$|')|\bbegin\s+atomic\b", re.IGNORECASE)
_CALL: Final = re.compile(
    r"select\s+(?:(?P<schema>\"[^\"]+\"|\w+)\s*\.\s*)?\"?(?P<name>\w+)\"?\s*\(", re.IGNORECASE
)
_PERFORM: Final = re.compile(
    r"\bperform\s+(?:(?P<schema>\"[^\"]+\"|\w+)\s*\.\s*)?\"?(?P<name>\w+)\"?\s*\(", re.IGNORECASE
)
_CHANGING: Final = re.compile(
    r"\b(?:create|alter|drop)\s+(?!temp)(?:or\s+replace\s+)?(?:unique\s+|foreign\s+)?"
    r"(?:table|index|domain|type|schema|constraint|view)\b|\bexecute\b",
    re.IGNORECASE,
)
_OF_TRIGGER: Final = re.compile(r"returns\s+(event_)?trigger\b", re.IGNORECASE)
_EVENT_TRIGGER: Final = re.compile(
    r"create\s+event\s+trigger\b.*\bexecute\s+(?:function|procedure)\s+(?:(?:\"[^\"]+\"|\w+)\s*\.\s*)?\"?(\w+)",
    re.IGNORECASE | re.DOTALL,
)
_PATH_OF: Final = re.compile(r"alter\s+(?:role|user|database)\b.*\bsearch_path\b", re.IGNORECASE | re.DOTALL)
_PUBLIC_FIRST: Final = re.compile(
    r"search_path\"?\s*(?:to|=)\s*(?:(?:'\$user'|\"\$user\"|'\"\$user\"')\s*,\s*)?['\"]?public\b", re.IGNORECASE
)
_HARMLESS: Final = frozenset(
    [
        "setval",
        "set_config",
        "nextval",
        "currval",
        "lastval",
        "now",
        "count",
        "current_setting",
        "version",
        "coalesce",
        "exists",
        "max",
        "min",
        "sum",
        "case",
        "cast",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "jsonb_build_object",
        "json_build_object",
        "unnest",
        "generate_series",
        "lo_create",
        "lo_unlink",
        "lowrite",
        "lo_open",
        "lo_close",
        "uuid_generate_v4",
        "gen_random_uuid",
        "row_number",
        "concat",
        "format",
        "schedule",
        "unschedule",
        "diagnostics",
        "populate_geometry_columns",
        "extract",
        "overlay",
        "position",
        "substring",
        "trim",
        "lower",
        "upper",
        "length",
        "random",
        "greatest",
        "least",
        "nullif",
        "date_trunc",
        "clock_timestamp",
        "to_regclass",
        "array",
        "row",
    ]
)


class Routines:
    """Knows the functions that the files make, and which of them change the schema.

    `watching` is one that an event trigger runs at every statement from then on.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._bodies: dict[str, str] = {}
        self._changing: dict[str, re.Pattern[str]] = {}
        self._for_events: set[str] = set()
        self.watching = ""

    def doubt(self, text: str) -> str:
        """Give why a statement that was skipped may change the schema all the same, "" where it cannot."""
        if self.note(text):
            return ""
        event = _EVENT_TRIGGER.match(text)
        if event is not None and event.group(1).lower() in self._for_events:
            self.watching = event.group(1).lower()
        if _PATH_OF.match(text) and not _PUBLIC_FIRST.search(text):
            return "it changes the search path of later sessions, which is not followed"
        changing = self._calls_changing(text)
        if changing and text[:6].lower() not in {"commen", "grant ", "revoke", "alter ", "drop f"}:
            return f"it calls {changing}, which changes the schema"
        called = _CALL.match(text)
        return self._doubt_call(called) if called is not None else ""

    def doubt_block(self, body: str) -> str:
        """Give why what a block calls may change the schema, "" where it cannot."""
        changing = self._calls_changing(body)
        if changing:
            return f"it calls {changing}, which changes the schema"
        return next(filter(None, map(self._doubt_call, _PERFORM.finditer(body))), "")

    def _calls_changing(self, text: str) -> str:
        """Give a routine that changes the schema and that a text calls, "" for none."""
        folded = text.lower()
        return next((name for name, call in self._changing.items() if name in folded and call.search(text)), "")

    def _doubt_call(self, called: re.Match[str]) -> str:
        name, schema = called.group("name").lower(), (called.group("schema") or "").lower()
        if name in self._known or name in _HARMLESS or name.startswith("pg_") or schema == "pg_catalog":
            return ""
        return f"what the function {name} does is not known from files"

    def note(self, text: str) -> bool:
        """Keep what a statement that makes a routine says of it; tell whether it is one."""
        made = _ROUTINE.match(text)
        if made is None:
            return False
        name = made.group(1).lower()
        self._known.add(name)
        body = _BODY.search(text)
        trigger = _OF_TRIGGER.search(text)
        changing = body is not None and _CHANGING.search(text, body.start()) is not None
        if changing and trigger is not None and trigger.group(1):
            self._for_events.add(name)
        self._changing.pop(name, None)
        self._bodies.pop(name, None)
        if trigger is None and body is not None:
            self._bodies[name] = text[body.start() :]
            if changing or self._calls_changing(self._bodies[name]):
                self._mark(name)
        return True

    def _mark(self, name: str) -> None:
        """Keep that a routine changes the schema, and with it those that call it."""
        call = re.compile(rf'\b{re.escape(name)}\b"?\s*\(', re.IGNORECASE)
        self._changing[name] = call
        for other, body in self._bodies.items():
            if other not in self._changing and name in body.lower() and call.search(body):
                self._mark(other)
