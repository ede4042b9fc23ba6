"""Splits SQL into statements as psql does, without reading what stands in them.

A semicolon ends a statement outside of quotes, dollar quotes, comments, parentheses and BEGIN ATOMIC bodies
(psqlscan.l). Text is taken in pieces, so that of a dump no more than its longest statement is held; COPY data
is passed over line by line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.tokens import after_comment
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 32 * 1024 * 1024
"""Characters that a statement may have; what is longer is taken for one that is never closed."""

_STOPS: Final = re.compile(r"""['"$;\\()]|--|/\*""")
_ROUTINE_STOPS: Final = re.compile(_STOPS.pattern + r"|\b(?:begin|case|end)\b", re.IGNORECASE)
_DOLLAR: Final = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
_SPACE: Final = re.compile(r"\s+")
_ROUTINE: Final = re.compile(r"create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_FROM_STDIN: Final = re.compile(r"\\?copy\b[^;]*\bfrom\s+(?:p?stdin)\b", re.IGNORECASE)
_END_OF_DATA: Final = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_ESCAPES_SAID: Final = re.compile(
    r"set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|to)\s*'?(off|false|no|0)?", re.IGNORECASE
)
_STRINGS: Final = re.compile(
    r"""
    [eE]'(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | --[^\n]* | \$(\w*)\$.*?\$\1\$
    | (?P<plain>(?<!&)'(?:[^'\\]|\\.|'')*')
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME_CHARACTER: Final = re.compile(r"[A-Za-z0-9_$\x80-\U0010ffff]")


@fact
class Statement:
    """One statement without its semicolon, or one psql command (`meta`).

    `line` and `column` count from 1. `comments` are those directly above it, inside it and behind it on its last
    line. `fault` says why it is not a whole statement. `shown` is what stands in the file, where that is no SQL.
    """

    text: str
    line: int
    column: int
    comments: tuple[str, ...] = ()
    meta: bool = False
    fault: str = ""
    shown: str = ""


class _Unfinished(Exception):  # noqa: N818 - it never leaves this module
    """The text ends inside of something, which is said: more of it is needed."""


class _Text:
    """Text that comes in pieces; what stands before `start` is done with.

    `escapes` tells that plain strings have escapes, as before PostgreSQL 9.1 (standard_conforming_strings off).
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.held = ""
        self.start = 0
        self.escapes = False
        self._line, self._column, self._counted = 1, 1, 0

    def more(self) -> bool:
        """Take on as much as is held already, at least a piece; False at the end."""
        self.place(self.start)
        taken, size = [self.held[self.start :]], 0
        wanted = max(len(taken[0]), 1)
        for piece in self._pieces:
            taken.append(piece)
            size += len(piece)
            if size >= wanted:
                break
        self.held = "".join(taken)
        self.start = self._counted = 0
        return size > 0

    def place(self, at: int) -> tuple[int, int]:
        """Give line and column of a position that is not before the last one asked for."""
        lines = self.held.count("\n", self._counted, at)
        if lines:
            self._line += lines
            self._column = at - self.held.rfind("\n", self._counted, at)
        else:
            self._column += at - self._counted
        self._counted = at
        return self._line, self._column


def split(pieces: Iterator[str], *, breakpoints: str = "") -> Iterator[Statement]:
    """Give the statements of a text that comes in pieces.

    `breakpoints` is a line, such as Drizzle's, that ends a statement as well.
    """
    text = _Text(pieces)
    text.more()
    text.held = text.held.removeprefix("\ufeff")
    while True:
        statement = _next(text, breakpoints)
        if statement is None:
            return
        said = _ESCAPES_SAID.match(statement.text)
        if said is not None:
            text.escapes = said.group(1) is not None
        elif text.escapes and "\\" in statement.text and not statement.meta:
            statement = replace(statement, text=_STRINGS.sub(_marked, statement.text), shown=statement.text)
        yield statement
        if _FROM_STDIN.match(statement.text[:2000]):
            _pass_over_data(text)


def _marked(string: re.Match[str]) -> str:
    """Give a string that has escapes, without saying so, as one that does."""
    plain = string.group("plain")
    return f"E{plain}" if plain is not None and "\\" in plain else string.group()


def _next(text: _Text, breakpoints: str) -> Statement | None:
    while True:
        try:
            return _scan(text, breakpoints)
        except _Unfinished as unfinished:
            if len(text.held) - text.start > LONGEST:
                return _too_long(text)
            if not text.more():
                return _rest(text, str(unfinished))


def _rest(text: _Text, open_still: str) -> Statement | None:
    """Give what stands at the end without a semicolon."""
    begin, comments = _begin(text.held, text.start)
    body = text.held[begin:].rstrip()
    if not body:
        return None
    line, column = text.place(begin)
    text.start = len(text.held)
    fault = f"{open_still} is never closed" if open_still else ""
    return Statement(body, line, column, comments, meta=body.startswith("\\"), fault=fault)


def _too_long(text: _Text) -> Statement:
    """Give the beginning of a statement that does not end, and pass over everything behind it."""
    begin, comments = _begin(text.held, text.start)
    line, column = text.place(begin)
    head = text.held[begin : begin + 1000]
    while True:
        text.start = len(text.held)
        if not text.more():
            break
    return Statement(
        head, line, column, comments, fault=f"it does not end within {LONGEST // 1024 // 1024} million characters"
    )


def _begin(held: str, position: int) -> tuple[int, tuple[str, ...]]:
    """Give where a statement's first word stands, and the comments before it."""
    comments: list[str] = []
    size = len(held)
    while position < size:
        here = held[position]
        if here.isspace():
            space = _SPACE.match(held, position)
            position = space.end() if space else position + 1
        elif held.startswith("--", position):
            end = held.find("\n", position)
            end = size if end < 0 else end
            comments.append(held[position:end].rstrip())
            position = end
        elif held.startswith("/*", position):
            try:
                end = _after_comment(held, position)
            except _Unfinished:
                break
            comments.append(held[position:end])
            position = end
        elif here == ";":
            position += 1
            comments.clear()
        else:
            break
    return position, tuple(comments)


def _scan(text: _Text, breakpoints: str) -> Statement:
    """Give the next statement; raises _Unfinished, saying what is open."""
    held = text.held
    begin, comments = _begin(held, text.start)
    if begin >= len(held):
        raise _Unfinished
    if breakpoints:
        for number in range(len(comments), 0, -1):
            if comments[number - 1].startswith(breakpoints):
                comments = comments[number:]
                break
    meta = held[begin] == "\\"
    if meta:
        end = after = held.find("\n", begin)
        if end < 0:
            raise _Unfinished
        inner: list[str] = []
    else:
        end, after, inner = _end_of_statement(held, begin, breakpoints, escapes=text.escapes)
    line, column = text.place(begin)
    text.start = after
    return Statement(held[begin:end].rstrip(), line, column, (*comments, *inner), meta=meta)


def _end_of_statement(held: str, begin: int, breakpoints: str, *, escapes: bool) -> tuple[int, int, list[str]]:  # noqa: C901, PLR0912 - one case for each thing that can stand there
    """Give where a statement ends, where the next begins, and the comments inside."""
    stops = _ROUTINE_STOPS if _ROUTINE.match(held, begin) else _STOPS
    depth, atomic, position = 0, 0, begin
    inner: list[str] = []
    while True:
        stop = stops.search(held, position)
        if stop is None:
            raise _Unfinished("a parenthesis" if depth else "")
        found, at = stop.group(), stop.start()
        position = stop.end()
        if found == ";":
            if depth == 0 and atomic == 0:
                return at, position, inner + _behind(held, position)
        elif found == "'":
            position = _after_string(held, at, begin, escapes=escapes)
        elif found == '"':
            position = _after(held, '"', position, "a quoted name")
        elif found == "(":
            depth += 1
        elif found == ")":
            depth = max(depth - 1, 0)
        elif found == "$":
            position = _after_dollar(held, at)
        elif found == "--":
            position = _end_of_line(held, at)
            if breakpoints and held.startswith(breakpoints, at):
                return at, position, inner
            inner.append(held[at:position].rstrip())
        elif found == "/*":
            position = _after_comment(held, at)
            inner.append(held[at:position])
        elif found == "\\":
            if held.startswith(";", position):
                return at, position + 1, inner  # it is sent together with the next, but still one by itself
            # \g and its relatives send the statement; any other psql command lets it go on in the next line.
            if held.startswith("g", position):
                return at, at, inner
            position = _end_of_line(held, at)
        elif depth == 0:
            atomic = _atomic_depth(found.lower(), atomic)


def _behind(held: str, position: int) -> list[str]:
    """Give a comment that stands behind a statement's semicolon on its line."""
    end = held.find("\n", position)
    rest = held[position : end if end >= 0 else len(held)].strip()
    return [rest] if rest.startswith("--") else []


def _atomic_depth(word: str, depth: int) -> int:
    """Count BEGIN, CASE and END as psql does in the body of a routine."""
    if word == "begin":
        return depth + 1
    if depth == 0:
        return 0
    return depth + 1 if word == "case" else depth - 1


def _end_of_line(held: str, at: int) -> int:
    end = held.find("\n", at)
    if end < 0:
        raise _Unfinished
    return end


def _after(held: str, closing: str, position: int, what: str) -> int:
    end = held.find(closing, position)
    if end < 0:
        raise _Unfinished(what)
    return end + len(closing)


def _after_string(held: str, at: int, begin: int, *, escapes: bool) -> int:
    """Give the position behind a string; a doubled quote makes two strings of one, which comes to the same."""
    if at > begin and held[at - 1] in "eE":
        escapes = escapes or not (at - 1 > begin and _NAME_CHARACTER.match(held[at - 2]))
    position = at + 1
    while True:
        end = held.find("'", position)
        if end < 0:
            raise _Unfinished("a string")
        text = held[position:end]
        if not escapes or (len(text) - len(text.rstrip("\\"))) % 2 == 0:
            return end + 1
        position = end + 1


def _after_dollar(held: str, at: int) -> int:
    tag = None if at and _NAME_CHARACTER.match(held[at - 1]) else _DOLLAR.match(held, at)
    if tag is None:
        return at + 1
    return _after(held, tag.group(), tag.end(), f"the dollar quote {tag.group()}")


def _after_comment(held: str, at: int) -> int:
    end = after_comment(held, at + 2)
    if end is None:
        raise _Unfinished("a comment")
    return end


def _pass_over_data(text: _Text) -> None:
    """Let go of the data of a COPY, up to its line of a backslash and a point."""
    while (line := text.held.find("\n", text.start)) < 0:
        if not text.more():
            return
    text.start = line + 1
    while True:
        end = _END_OF_DATA.search(text.held, text.start)
        if end is not None:
            text.start = end.end()
            return
        # The last line may be the beginning of the end.
        text.start = max(text.start, text.held.rfind("\n") + 1)
        if not text.more():
            text.start = len(text.held)
            return
