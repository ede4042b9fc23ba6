"""Takes what log files hold as it comes, and counts; one reader for each file, whatever its format."""

from __future__ import annotations

import codecs
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from fkdash.reading.compressed import GZIP, compression_of
from fkdash.watch.csv_log import CsvLog, begins_csv
from fkdash.watch.json_log import JsonDocuments, JsonLog
from fkdash.watch.text_log import TextLog

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from datetime import datetime

    from fkdash.watch.classify import Classifier
    from fkdash.watch.clock import Clock
    from fkdash.watch.counts import Counts
    from fkdash.watch.record import LogRecord

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_SNIFFED: Final = 4096
_UNPACKED: Final = 4 * 1024 * 1024
_LINES_LOOKED_AT: Final = 200
_SECOND: Final = timedelta(microseconds=999_999)


class _Reader(Protocol):
    left_out: int

    def take(self, data: bytes, *, final: bool = False) -> Iterator[LogRecord]: ...


class Reading:
    """All files of one watch. `prefix` is log_line_prefix, None where it is not known."""

    def __init__(self, classifier: Classifier, counts: Counts, clock: Clock, prefix: str | None = None) -> None:
        self.counts, self.clock = counts, clock
        self._classifier, self._prefix = classifier, prefix
        self._readers: dict[Hashable, _Reader] = {}
        self._unpacking: dict[Hashable, zlib._Decompress] = {}
        self._decoding: dict[Hashable, codecs.IncrementalDecoder] = {}
        self._unreadable: set[Hashable] = set()
        self._begun: dict[Hashable, bytes] = {}
        self._last: dict[Hashable, datetime] = {}
        self._exact: set[Hashable] = set()
        self._beside: dict[Hashable, dict[Hashable, None]] = {}
        self._gone = 0
        self.plain = False
        """Whether something was read that is in the plain format."""
        self.took_anything = False
        """Whether there was anything to read."""
        self.broken: list[str] = []
        """What is wrong with packed files that could not be read."""

    @property
    def left_out(self) -> int:
        """How many records were too long or broken."""
        return self._gone + sum(reader.left_out for reader in self._readers.values())

    def take(self, file: Hashable, data: bytes, *, final: bool = False, beside: Iterable[Hashable] = ()) -> int:
        """Read on in a file; `final` says that nothing comes any more. Gives how many violations were counted.

        What was read of the files in `beside`, which hold some of its messages as well, is not counted again.
        """
        self.took_anything = self.took_anything or bool(data)
        for each in beside:
            self._beside.setdefault(file, {})[each] = self._beside.setdefault(each, {})[file] = None
        # What waits there for lines that might follow comes before what is read here.
        counted = sum(self._settled(each) for each in self._beside.get(file, ()))
        counted += sum(self._take(file, part, final=False) for part in self._unpacked(file, data))
        return counted + (self._take(file, b"", final=True) if final else 0)

    def _take(self, file: Hashable, data: bytes, *, final: bool) -> int:
        reader = self._readers.get(file)
        if reader is None:
            data = self._begun.pop(file, b"") + data
            if len(data) < _SNIFFED and b"\n" not in data and not final:
                self._begun[file] = data
                return 0
            reader = self._readers[file] = self._reader_of(data)
        counted = self._count(file, reader.take(data, final=final))
        if final:
            self._gone += reader.left_out
            del self._readers[file]
        return counted

    def _count(self, file: Hashable, records: Iterable[LogRecord]) -> int:
        held = [
            # A moment in whole seconds (%t) is any moment of its second.
            self._last[each] if each in self._exact else self._last[each] + _SECOND
            for each in self._beside.get(file, ())
            if each in self._last
        ]
        counted, after = 0, max(held, default=None)
        for record in records:
            if record.moment is not None:
                if after is not None and record.moment <= after:
                    continue
                self._last[file] = max(record.moment, self._last.get(file, record.moment))
                if record.moment.microsecond:
                    self._exact.add(file)
            violation = self._classifier.violation(record)
            if violation is not None:
                counted += self.counts.add(record, violation)
        return counted

    def settled(self) -> int:
        """Take what waits for lines that might have followed: nothing has come for a while."""
        return sum(self._settled(file) for file in list(self._readers))

    def _settled(self, file: Hashable) -> int:
        reader = self._readers.get(file)
        return self._count(file, reader.take(b"", settled=True)) if isinstance(reader, TextLog) else 0

    def _unpacked(self, file: Hashable, data: bytes) -> Iterator[bytes]:
        """Give data as it is, of a packed file what it holds, in parts of bounded size."""
        if data and file not in self._readers and file not in self._begun:
            self._begin(file, data)
        if file in self._unreadable:
            return
        decoding = self._decoding.get(file)
        if decoding is not None:
            yield decoding.decode(data).encode()
            return
        unpacking = self._unpacking.get(file)
        if unpacking is None:
            yield data
            return
        while data:
            try:
                yield unpacking.decompress(data, _UNPACKED)
            except zlib.error as error:
                self.broken.append(str(error))
                return
            data = unpacking.unconsumed_tail
            if unpacking.eof:
                # Files that were packed one after the other are one file.
                data = unpacking.unused_data
                unpacking = self._unpacking[file] = zlib.decompressobj(wbits=31)

    def _begin(self, file: Hashable, data: bytes) -> None:
        """Look how a file is packed or encoded."""
        compression = compression_of(data)
        if compression == GZIP:
            self._unpacking[file] = zlib.decompressobj(wbits=31)
        elif data.startswith(_UTF_16):
            # What PowerShell writes.
            self._decoding[file] = codecs.getincrementaldecoder("utf-16")("replace")
        elif compression:
            self._unreadable.add(file)
            self.broken.append(f"it is packed with {compression}; unpack it into --log -")

    def _reader_of(self, data: bytes) -> _Reader:
        begun = data.lstrip(b"\xef\xbb\xbf \r\n")
        if begun.startswith((b"{", b"[{", b"[\n", b"[\r\n", b"[ ")):
            entries = JsonLog(
                self.clock, lambda line: TextLog(self.clock, self._prefix).take(line.encode(), final=True)
            )
            whole = begun.startswith(b"{") and not begun.startswith((b"{\n", b"{\r\n"))
            return entries if whole else JsonDocuments(entries)
        # A file may begin in the middle of a record.
        if any(map(begins_csv, data.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT])):
            return CsvLog(self.clock)
        self.plain = True
        return TextLog(self.clock, self._prefix)
