"""Reads csvlog: one record may go over many lines, and a text in it may quote a whole other record.

The log is searched for SQLSTATEs between commas; only around them is a record taken apart. Where it begins is
certain: inside a quoted field every quotation mark is doubled, so that no quoted text looks like a beginning.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from fkdash.watch.finder import Finder
from fkdash.watch.record import COUNTED, LogRecord
from fkdash.watch.rest import LONGEST_RECORD, Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.watch.clock import Clock

_FIELD: Final = rb'(?:"(?!"[^"])(?:[^"]|"")*")?'
_BEGINS: Final = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^,\"\n]{1,40}," + _FIELD + b"," + _FIELD + rb",\d+," + _FIELD
    + rb",[0-9a-f]+\.[0-9a-f]+,\d+," + _FIELD + b","
)  # fmt: skip
_CODES: Final = tuple(b"," + code.encode() + b"," for code in sorted(COUNTED))
_LONGEST_CODE: Final = 8
_FEWEST_FIELDS: Final = 23
csv.field_size_limit(LONGEST_RECORD)


def begins_csv(line: bytes) -> bool:
    """Tell whether a line is the beginning of a record."""
    return _BEGINS.match(line) is not None


class CsvLog(Rest):
    """Takes the bytes of one file as they come and gives the records that are of interest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__()

    def take(self, data: bytes, *, final: bool = False) -> Iterator[LogRecord]:
        """Give the records that are complete; `final` says that nothing comes any more."""
        block = self.joined(data)
        codes = Finder(block, _CODES)
        place, earliest = self.searched, 0
        while (found := codes.next(place)) >= 0:
            start = _beginning(block, found, earliest)
            if start < 0:
                place = found + 1
                continue
            end = _end(block, start, final=final)
            if end < 0:
                self.keep(block, start, searched=found)
                return
            record = self._record(block[start:end])
            if record is not None:
                yield record
            place = earliest = end
        start = -1 if final else _beginning(block, len(block), earliest)
        if start < 0 and not final:
            start = max(earliest, block.rfind(b"\n") + 1)
        self.keep(block, start if not final else len(block), searched=len(block) - _LONGEST_CODE)

    def _record(self, raw: bytes) -> LogRecord | None:
        try:
            [fields] = csv.reader([raw.decode("utf-8", "replace").replace("\0", "").rstrip("\r")])
        except (csv.Error, ValueError):
            fields = []
        if len(fields) < _FEWEST_FIELDS:
            self.left_out += 1
            return None
        if fields[12] not in COUNTED:
            return None
        return LogRecord(
            message=fields[13],
            sqlstate=fields[12],
            moment=self._clock.read(fields[0]),
            detail=fields[14],
            query=fields[16],
            context=fields[18],
            statement=fields[19],
            user=fields[1],
            database=fields[2],
            application=fields[22],
        )


def _beginning(block: bytes, before: int, earliest: int) -> int:
    """Give where the record begins in which a place is, -1 where it is in none."""
    line = max(block.rfind(b"\n", earliest, before) + 1, earliest)
    while not _BEGINS.match(block, line):
        if line <= earliest:
            return -1
        line = max(block.rfind(b"\n", earliest, line - 1) + 1, earliest)
    return line


def _end(block: bytes, start: int, *, final: bool) -> int:
    """Give where a record ends, -1 where its end has not come yet."""
    line, quotes = start, 0
    while (end := block.find(b"\n", line)) >= 0:
        quotes += block.count(b'"', line, end)
        if quotes % 2 == 0:
            return end
        line = end + 1
        if _BEGINS.match(block, line):
            # The server was killed while it wrote; nothing closes this one.
            return end
    return len(block) if final else -1
