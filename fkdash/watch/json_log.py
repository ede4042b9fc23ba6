"""Reads jsonlog (PostgreSQL 15 and later), and the entries in which clouds wrap it or lines of other formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fkdash.watch.finder import Finder
from fkdash.watch.record import COUNTED, LogRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fkdash.watch.clock import Clock

LONGEST_RECORD: Final = 64 * 1024 * 1024
_SIGNS: Final = (*(f'"{code}"'.encode() for code in sorted(COUNTED)), b'Payload"', b'"properties"', b'"log"')
_BEGINS: Final = b'{"timestamp":"'
_TEXTS: Final = ("textPayload", "log", "message")
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


class JsonLog:
    """Takes the bytes of one file as they come and gives the records that are of interest; a record is a line.

    `read_text` reads what an entry holds as a line of another format.
    """

    def __init__(self, clock: Clock, read_text: Callable[[str], Iterator[LogRecord]]) -> None:
        self._clock, self._read_text = clock, read_text
        self._rest = b""
        self._searched = 0
        self.left_out = 0
        """How many lines were too long or broken."""

    def take(self, data: bytes, *, final: bool = False) -> Iterator[LogRecord]:
        """Give the records that are complete; `final` says that nothing comes any more."""
        block = self._rest + data if self._rest else data
        signs = Finder(block, _SIGNS)
        place = self._searched
        while (found := signs.next(place)) >= 0:
            start = block.rfind(b"\n", 0, found) + 1
            end = block.find(b"\n", found)
            if end < 0 and not final:
                break
            end = len(block) if end < 0 else end
            yield from self._records(block[start:end])
            place = end
        start = len(block) if final else block.rfind(b"\n") + 1
        if len(block) - start > LONGEST_RECORD:
            self.left_out += 1
            start = len(block)
        self._rest, self._searched = block[start:], 0

    def _records(self, line: bytes) -> Iterator[LogRecord]:
        entry = _read(line)
        if entry is None and (again := line.rfind(_BEGINS)) > 0:
            # A server that was killed leaves half a line, on which the next one goes on.
            entry = _read(line[again:])
        self.left_out += entry is None
        if not isinstance(entry, dict):
            return
        for inner in (entry, entry.get("record"), entry.get("jsonPayload"), entry.get("properties")):
            if isinstance(inner, dict) and self._told(inner, "sqlstate"):
                yield from self._record(inner, entry)
                return
        for name in _TEXTS:
            if isinstance(entry.get(name), str):
                yield from self._read_text(entry[name])
                return

    def _record(self, entry: dict[str, Any], outer: dict[str, Any]) -> Iterator[LogRecord]:
        told = {name: self._told(entry, name) for name in _NAMES}
        moment = self._clock.read(told.pop("moment") or str(outer.get("timestamp") or outer.get("time") or ""))
        if told["sqlstate"] in COUNTED:
            yield LogRecord(str(entry.get("message") or ""), moment=moment, **told)

    def _told(self, entry: dict[str, Any], name: str) -> str:
        return next((str(entry[key]) for key in _NAMES[name] if isinstance(entry.get(key), str)), "")


def _read(line: bytes) -> Any:  # noqa: ANN401 - JSON may be anything
    try:
        return json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
