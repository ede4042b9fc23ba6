"""Reads the plain log (stderr): a line for the message, lines with labels after it, tabs before what goes on.

What is a message and what is quoted in one is certain where the prefix is known: a severity must follow it, and
every line break inside a message is followed by a tab (elog.c, append_with_tabs).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from fkdash.explain.languages import CONTEXT, DETAIL, ERROR, MILDER, OTHER_LABELS, QUERY, STATEMENT, WORSE, any_of
from fkdash.watch.finder import Finder
from fkdash.watch.prefix import UNKNOWN, pattern_of
from fkdash.watch.record import COUNTED, LogRecord
from fkdash.watch.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.watch.clock import Clock

# log_line_prefix of packages and clouds; tried in this order where nobody says which it is.
_USUAL: Final = ("%m [%p] %q%u@%d ", "%t:%r:%u@%d:[%p]:", "%m [%p]: [%l-1] db=%d,user=%u ", "%m [%p] ", "%t [%p] ")
_SIGNS: Final = tuple(f"{word}:  ".encode() for word in ERROR)
_FIELDS: Final = {
    **dict.fromkeys(DETAIL, "detail"),
    **dict.fromkeys(CONTEXT, "context"),
    **dict.fromkeys(QUERY, "query"),
    **dict.fromkeys(STATEMENT, "statement"),
    **dict.fromkeys(OTHER_LABELS, ""),
}
# A line that begins with a label is no message, whatever it quotes.
_SEVERITIES: Final = rf"(?P<severity>{any_of((*ERROR, *WORSE, *MILDER, *_FIELDS))}|DEBUG\d?)\s?:  "
_LABELS: Final = rf"(?P<label>{any_of(tuple(_FIELDS))})\s?: {{0,2}}"
# What containers and pods put before every line.
_DECORATION: Final = re.compile(
    rb"(?:[\w.-]{1,80} +\| ?|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+) std(?:out|err) [FP] )"
)
_VERBOSE: Final = re.compile(r"([0-9A-Z]{5}): ")


class TextLog(Rest):
    """Takes the bytes of one file as they come and gives the errors that are, or may be, of interest.

    `prefix` is the server's log_line_prefix, None where it is not known.
    """

    def __init__(self, clock: Clock, prefix: str | None = None) -> None:
        self._clock = clock
        known = [prefix] if prefix is not None else _USUAL
        self._shapes = [_shape(pattern_of(each)) for each in known]
        self._shapes.append(_shape(UNKNOWN))
        super().__init__()

    def take(self, data: bytes, *, final: bool = False, settled: bool = False) -> Iterator[LogRecord]:
        """Give the records that are complete: after which another line began.

        `final` says that nothing comes any more, `settled` that nothing has come for a while: whole lines are then
        all there is of a record.
        """
        block = self.joined(data)
        signs = Finder(block, _SIGNS)
        place = self.searched
        while (found := signs.next(place)) >= 0:
            start = block.rfind(b"\n", 0, found) + 1
            shape, head = self._head(block, start, found)
            if head is None:
                place = found + 1
                continue
            end, complete = _end(block, head, shape)
            if not (complete or final or (settled and block.endswith(b"\n"))):
                self.keep(block, start)
                return
            yield from self._records(block[head.end() : end], head, shape)
            place = end
        self.keep(block, len(block) if final else max(place, block.rfind(b"\n") + 1))

    def _head(self, block: bytes, start: int, found: int) -> tuple[_Shape, re.Match[bytes] | None]:
        """Give the match of the line's beginning, None where the severity there is not one but quoted."""
        decoration = _DECORATION.match(block, start)
        for shape in self._shapes:
            for place in (start, decoration.end()) if decoration is not None else (start,):
                head = shape.head.match(block, place)
                if head is not None and head.start("severity") == found:
                    return shape, head
                if head is not None and head.start("severity") < found:
                    # The line has another severity, and quotes this one.
                    return shape, None
        return self._shapes[-1], None

    def _records(self, body: bytes, head: re.Match[bytes], shape: _Shape) -> Iterator[LogRecord]:
        told = {name: value.decode("utf-8", "replace") for name, value in head.groupdict().items() if value}
        fields = _fields(body, shape)
        message, sqlstate = fields.pop("message"), told.get("sqlstate", "")
        verbose = _VERBOSE.match(message)
        if verbose is not None:
            message, sqlstate = message[verbose.end() :], verbose[1]
        if sqlstate and sqlstate not in COUNTED:
            return
        yield LogRecord(
            message,
            sqlstate,
            self._moment(told),
            detail=fields.get("detail", ""),
            context=fields.get("context", ""),
            query=fields.get("query", ""),
            statement=fields.get("statement", ""),
            user=told.get("user", ""),
            database=told.get("database", ""),
            application=told.get("application", ""),
        )

    def _moment(self, told: dict[str, str]) -> datetime | None:
        if "epoch" in told:
            return datetime.fromtimestamp(float(told["epoch"]), UTC)
        return self._clock.read(told.get("moment") or told.get("before") or "")


class _Shape:
    """How lines begin: those with a severity, and those with a label."""

    def __init__(self, prefix: str) -> None:
        # Where the prefix is not known, a letter before the word means that it is another one.
        whole = r"(?<![^\W\d_])" if prefix is UNKNOWN else ""
        self.head = re.compile((prefix + whole + _SEVERITIES).encode())
        unnamed = re.sub(r"\?P<\w+>", "?:", prefix)
        self.label = re.compile((unnamed + whole + _LABELS).encode())


def _shape(prefix: str) -> _Shape:
    return _Shape(prefix)


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the lines after the first, each with its place and without what a container put before it."""
    place = body.find(b"\n") + 1
    while 0 < place < len(body):
        end = body.find(b"\n", place)
        end = len(body) if end < 0 else end
        line = body[place:end]
        decoration = _DECORATION.match(line)
        if decoration is not None:
            line = line[decoration.end() :]
        yield place, line
        place = end + 1


def _end(block: bytes, head: re.Match[bytes], shape: _Shape) -> tuple[int, bool]:
    """Give where the last line of a message ends, and whether that is certain."""
    place = block.find(b"\n", head.end()) + 1
    while 0 < place < len(block):
        end = block.find(b"\n", place)
        if not block.startswith(b"\t", place):
            line = block[place : end if end >= 0 else len(block)]
            decoration = _DECORATION.match(line)
            line = line[decoration.end() :] if decoration is not None else line
            if not line.startswith(b"\t") and shape.label.match(line) is None:
                # Half a line may still become one with a label.
                return place, end >= 0
        if end < 0:
            return len(block), False
        place = end + 1
    return len(block), False


def _fields(body: bytes, shape: _Shape) -> dict[str, str]:
    """Give the message and what stands behind labels; a line break in them is followed by a tab."""
    first, _, _ = body.partition(b"\n")
    fields: dict[str, list[bytes]] = {"message": [first.rstrip(b"\r")]}
    name = "message"
    for _, line in _lines(body):
        if line.startswith(b"\t"):
            fields[name].append(line[1:].rstrip(b"\r"))
            continue
        found = shape.label.match(line)
        if found is not None:
            name = _FIELDS[found["label"].decode()]
            fields.setdefault(name, []).append(line[found.end() :].rstrip(b"\r"))
    return {name: b"\n".join(parts).decode("utf-8", "replace") for name, parts in fields.items()}
