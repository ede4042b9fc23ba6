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
    ]
)


class Routines:
    """Knows the functions that the files make, and which of them change the schema.

    `watching` is one that an event trigger runs at every statement from then on.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
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
        for name, call in self._changing.items():
            if (
                name in text.lower()
                and call.search(text)
                and text[:6].lower() not in {"commen", "grant ", "revoke", "alter ", "drop f"}
            ):
                return f"it calls {name}, which changes the schema"
        called = _CALL.match(text)
        if called is None:
            return ""
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
        if changing and trigger is None:
            self._changing[name] = re.compile(rf'\b{re.escape(name)}\b"?\s*\(', re.IGNORECASE)
        else:
            self._changing.pop(name, None)
        return True
