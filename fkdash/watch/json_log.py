"""Reads jsonlog (PostgreSQL 15 and later), and the entries in which clouds wrap it or lines of other formats."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from fkdash.explain.languages import ERROR, any_of
from fkdash.watch.finder import Finder
from fkdash.watch.record import COUNTED, LogRecord
from fkdash.watch.rest import LONGEST_RECORD, Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fkdash.watch.clock import Clock

_SOMETHING: Final = re.compile(r"[^\s,]")
_SIGNS: Final = (
    *(f'"{code}"'.encode() for code in sorted(COUNTED)),
    *(f"{word}:  ".encode() for word in ERROR),
    b'Payload"',
    b'"properties"',
    b'"log"',
)
_BEGINS: Final = b'{"timestamp":"'
# What a line of another format stands in: Cloud SQL, Docker, CloudWatch, journald, Supabase and others.
_TEXTS: Final = ("textPayload", "log", "message", "MESSAGE", "event_message", "msg")
_SEVERITY: Final = ("error_severity", "errorLevel")
_MOST_NESTED: Final = 8
# Azure puts a prefix of its own before the message.
_PREFIXED: Final = re.compile(rf"\d{{4}}-\d\d-\d\d [^\n]*?\b(?:{any_of(ERROR)}):  ")
# The same facts under the names of PostgreSQL, of CloudNativePG and of Azure.
_NAMES: Final = {
    "sqlstate": ("state_code", "sql_state_code", "sqlerrcode"),
    "moment": ("timestamp", "log_time"),
    "detail": ("detail",),
    "context": ("context",),
    "query": ("internal_query",),
    "statement": ("statement", "query"),
    "user": ("user", "user_name"),
    "database": ("dbname", "database_name"),
    "application": ("application_name",),
}


class JsonLog(Rest):
    """Takes the bytes of one file as they come and gives the records that are of interest; a record is a line.

    `read_text` reads what an entry holds as a line of another format.
    """

    def __init__(self, clock: Clock, read_text: Callable[[str], Iterator[LogRecord]]) -> None:
        self._clock, self._read_text = clock, read_text
        super().__init__()

    def take(self, data: bytes, *, final: bool = False) -> Iterator[LogRecord]:
        """Give the records that are complete; `final` says that nothing comes any more."""
        block = self.joined(data)
        signs = Finder(block, _SIGNS)
        place = self.searched
        while (found := signs.next(place)) >= 0:
            start = block.rfind(b"\n", 0, found) + 1
            end = block.find(b"\n", found)
            if end < 0 and not final:
                break
            end = len(block) if end < 0 else end
            yield from self._records(block[start:end])
            place = end
        start = len(block) if final else block.rfind(b"\n") + 1
        self.keep(block, start)

    def _records(self, line: bytes) -> Iterator[LogRecord]:
        entry = _read(line)
        if entry is None and (again := line.rfind(_BEGINS)) > 0:
            # A server that was killed leaves half a line, on which the next one goes on.
            entry = _read(line[again:])
        self.left_out += entry is None
        yield from self.entry(entry, entry, _MOST_NESTED)

    def entry(self, entry: Any, outer: Any, deep: int = _MOST_NESTED) -> Iterator[LogRecord]:  # noqa: ANN401 - JSON
        """Give what is of interest in a value, of which `outer` is what it stands in."""
        if isinstance(entry, list):
            for each in entry if deep else ():
                yield from self.entry(each, each if entry is outer else outer, deep - 1)
        if not isinstance(entry, dict) or not deep:
            return
        if self._told(entry, "sqlstate"):
            yield from self._record(entry, outer if isinstance(outer, dict) else {})
            return
        if any(name in entry for name in _SEVERITY):
            # The server's own entry, of an error without a SQLSTATE: there is none, or of no error.
            return
        around = entry if _text_of(entry) else outer
        found = [each for inner in entry.values() for each in self.entry(inner, around, deep - 1)]
        if found:
            yield from found
            return
        yield from self._read_text(_text_of(entry))

    def _record(self, entry: dict[str, Any], outer: dict[str, Any]) -> Iterator[LogRecord]:
        told = {name: self._told(entry, name) for name in _NAMES}
        moment = self._clock.read(told.pop("moment") or str(outer.get("timestamp") or outer.get("time") or ""))
        if told["sqlstate"] in COUNTED:
            message = _text_of(entry) or _text_of(outer)
            prefixed = _PREFIXED.match(message)
            yield LogRecord(message[prefixed.end() :] if prefixed is not None else message, moment=moment, **told)

    def _told(self, entry: dict[str, Any], name: str) -> str:
        return next((str(entry[key]) for key in _NAMES[name] if isinstance(entry.get(key), str)), "")


class JsonDocuments:
    """Takes JSON that goes over many lines (`gcloud logging read`, `aws logs`), and reads it when it has ended."""

    def __init__(self, entries: JsonLog) -> None:
        self._entries = entries
        self._parts: list[bytes] = []
        self._length = 0
        self.left_out = 0
        """How many values were broken, or too long."""

    def take(self, data: bytes, *, final: bool = False) -> Iterator[LogRecord]:
        """Give the records, once nothing comes any more."""
        self._length += len(data)
        if self._length <= LONGEST_RECORD:
            self._parts.append(data)
        if not final:
            return
        self.left_out += self._length > LONGEST_RECORD
        text = b"".join(self._parts).decode("utf-8", "replace").lstrip("\ufeff")
        place, decoder = 0, json.JSONDecoder()
        while (found := _SOMETHING.search(text, place)) is not None:
            try:
                value, place = decoder.raw_decode(text, found.start())
            except (ValueError, RecursionError):
                self.left_out += 1
                return
            yield from self._entries.entry(value, value)


def _text_of(entry: dict[str, Any]) -> str:
    return next((entry[name] for name in _TEXTS if isinstance(entry.get(name), str)), "")


def _read(line: bytes) -> Any:  # noqa: ANN401 - JSON may be anything
    try:
        return json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
