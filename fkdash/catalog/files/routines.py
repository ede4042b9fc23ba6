"""Functions that change the schema: what calls one of them does so too, and is not followed."""

from __future__ import annotations

import re
from typing import Final

from fkdash.catalog.files.blocks.harmless import without_harmless
from fkdash.catalog.files.built_in import is_built_in
from fkdash.catalog.files.reading.calls import calls
from fkdash.catalog.files.reading.tokens import Cursor, NotReadError

_ROUTINE: Final = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?:(?:\"[^\"]+\"|\w+)\s*\.\s*)?\"?(\w+)", re.IGNORECASE
)
_BODY: Final = re.compile(r"\bas\b\s*(?:\$|')|\bbegin\s+atomic\b", re.IGNORECASE)
_CALL_IN_BLOCK: Final = re.compile(
    r"(?:\b(?:perform|select|from|lateral)\s|:=)\s*(?:(?P<schema>\"[^\"]+\"|\w+)\s*\.\s*)?\"?(?P<name>\w+)\"?\s*\(",
    re.IGNORECASE,
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
_OF_EXTENSIONS: Final = frozenset(
    """
    akeys armor avals crosstab crypt dearmor decrypt difference digest dmetaphone earth_distance encrypt
    gen_random_bytes gen_salt hmac hstore hstore_to_json hstore_to_jsonb lca levenshtein ll_to_earth lowrite
    ltree2text metaphone nlevel populate_geometry_columns postgis_full_version postgis_version schedule set_limit
    show_limit show_trgm similarity soundex subltree subpath text2ltree unaccent unschedule uuid_generate_v1
    uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil word_similarity
    """.split()  # noqa: SIM905
)
"""Functions of extensions that change nothing which is followed; what begins with st_ is PostGIS'."""
_NO_CALL: Final = frozenset({"diagnostics", "case", "array", "not"})


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
        return next(filter(None, (self._doubt_call(*each) for each in calls(text))), "")

    def doubt_block(self, body: str) -> str:
        """Give why what a block calls may change the schema, "" where it cannot."""
        changing = self._calls_changing(body)
        if changing:
            return f"it calls {changing}, which changes the schema"
        called = (
            (each.group("schema") or "", each.group("name").lower()) for each in _CALL_IN_BLOCK.finditer(body)
        )
        return next(filter(None, (self._doubt_call(*each) for each in called)), "")

    def _calls_changing(self, text: str) -> str:
        """Give a routine that changes the schema and that a text calls, "" for none."""
        folded = text.lower()
        return next((name for name, call in self._changing.items() if name in folded and call.search(text)), "")

    def _doubt_call(self, schema: str, name: str) -> str:
        if name in self._known or name in _OF_EXTENSIONS or name in _NO_CALL or name.startswith(("st_", "_st_")):
            return ""
        if is_built_in(name) or schema == "pg_catalog":
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
        changing = body is not None and _CHANGING.search(_without_harmless(text[body.start() :])) is not None
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


def _without_harmless(said: str) -> str:
    """Give what a routine does, without the EXECUTE of what changes nothing that is followed, as GRANT."""
    try:
        cursor = Cursor(said)
        if cursor.take("as"):
            cursor = Cursor(cursor.string())
        return without_harmless(cursor, (cursor.at, len(cursor.tokens)))
    except NotReadError:
        return said
