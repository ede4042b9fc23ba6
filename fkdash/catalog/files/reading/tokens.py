"""Takes a statement apart into words, names, strings and signs, and walks over them.

The lexical rules are PostgreSQL's (SQL Syntax, "Lexical Structure"): unquoted names fold to lower case in
ASCII only, and names are cut to 63 bytes.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NAME_BYTES: Final = 63

_TOKEN: Final = re.compile(
    r"""
    (?>(?:\s+|--[^\n]*)*)
    (?: (?P<comment>/\*)
    | (?P<string>(?:[eE]'(?:[^'\\]|\\.|'')*'|(?:[nNbBxX]|[uU]&)?'(?:[^']|'')*'))
    | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*")
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
    | (?P<number>0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+
        |(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?|\$\d+)
    | (?P<sign>::|:=|=>|\.\.|[-+*/<>=~!@\#%^&|`?]+|[()\[\],;.:{}$\\])
    | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_ENDS: Final = re.compile(r"/\*|\*/")
_UPPER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE: Final = re.compile(r"\\([0-9a-fA-F]{4}|\+[0-9a-fA-F]{6}|\\)")

WORD, QUOTED, STRING, NUMBER, SIGN, END = "word", "quoted", "string", "number", "sign", "end"


class NotReadError(Exception):
    """A statement is not understood; the words say what it stumbles over."""


class Token(NamedTuple):
    """A piece of a statement: `value` is a word folded, a name or string without its quotes."""

    kind: str
    value: str
    start: int
    end: int


_AFTER_ALL: Final = Token(END, "", -1, -1)


def cut_name(name: str) -> str:
    """Give a name cut to what PostgreSQL keeps of it, never within a character."""
    raw = name.encode()
    return name if len(raw) <= NAME_BYTES else raw[:NAME_BYTES].decode(errors="ignore")


def folded(word: str) -> str:
    """Give a word in lower case as PostgreSQL makes it: letters of ASCII only."""
    return word.lower() if word.isascii() else word.translate(_UPPER)


def tokens_of(text: str) -> list[Token]:
    """Give the tokens of a statement; raises NotReadError for what is none."""
    found: list[Token] = []
    position, size = 0, len(text)
    match = _TOKEN.match
    while position < size:
        one = match(text, position)
        if one is None:
            raise NotReadError(f"it cannot be taken apart at {text[position : position + 20]!r}")
        kind = one.lastgroup
        if kind is None:
            break  # nothing but blanks and comments is left
        start, end = one.span(kind)
        if kind == "word":
            found.append(Token(WORD, folded(one.group(kind)), start, end))
        elif kind == "sign":
            sign = one.group(kind)
            if len(sign) > 1:
                sign = _without_comment(sign)
                end = start + len(sign)
            found.append(Token(SIGN, sign, start, end))
        elif kind == "quoted":
            found.append(Token(QUOTED, _unquoted(one.group(kind)), start, end))
        elif kind == "number":
            found.append(Token(NUMBER, _number(one.group(kind)), start, end))
        elif kind == "comment":
            ended = after_comment(text, end)
            if ended is None:
                raise NotReadError("a comment is never closed")
            end = ended
        elif kind in {"string", "dollar"}:
            _add_string(found, text, start, end)
        position = end
    return found


def _number(literal: str) -> str:
    """Give a number in decimal, as PostgreSQL keeps it."""
    plain = literal.replace("_", "")
    return str(int(plain, 0)) if plain[1:2] in {"x", "X", "o", "O", "b", "B"} else plain


def _without_comment(sign: str) -> str:
    """Give an operator without the comment that may begin within it."""
    return sign.partition("--")[0].partition("/*")[0]


def _add_string(found: list[Token], text: str, position: int, end: int) -> None:
    """Add a string; one that only a line break parts from the last one goes on with it."""
    value = string_value(text[position:end])
    if found and found[-1].kind == STRING and text[position] == "'":
        between = text[found[-1].end : position]
        if "\n" in between:
            last = found.pop()
            found.append(Token(STRING, last.value + value, last.start, end))
            return
    found.append(Token(STRING, value, position, end))


def string_value(literal: str) -> str:
    """Give what a string literal means, with or without escapes or dollars."""
    if literal[0] == "$":
        tag = literal.index("$", 1) + 1
        return literal[tag:-tag]
    prefix, _, body = literal[:-1].partition("'")
    body = body.replace("''", "'")
    if prefix in {"e", "E"}:
        return _whole(_ESCAPE.sub(_escaped, body))
    if prefix in {"u&", "U&"}:
        return _whole(_UNICODE.sub(_unicode, body))
    return body


def _whole(text: str) -> str:
    """Give a text with surrogates paired, as PostgreSQL has it; raises NotReadError for a single one, or NUL."""
    if text.isascii() and "\0" not in text:
        return text
    try:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        whole = "\0"
    if "\0" in whole:
        raise NotReadError("a character that is written by its number is none")
    return whole


def _escaped(match: re.Match[str]) -> str:
    what = match.group(1)
    if what[0] in "uUx" and len(what) > 1:
        return _character(int(what[1:], 16))
    if what[0] in "01234567":
        return _character(int(what, 8))
    return _ESCAPES.get(what, what)


def _unicode(match: re.Match[str]) -> str:
    what = match.group(1)
    return "\\" if what == "\\" else _character(int(what.removeprefix("+"), 16))


def _character(number: int) -> str:
    return chr(number) if number <= sys.maxunicode else "\0"


def _unquoted(text: str) -> str:
    if text.endswith('""') and text.lower() in {'""', 'u&""'}:
        raise NotReadError("a name in quotes is empty")
    if text[0] in "uU":
        return cut_name(_whole(_UNICODE.sub(_unicode, text[3:-1].replace('""', '"'))))
    return cut_name(text[1:-1].replace('""', '"'))


def after_comment(text: str, position: int) -> int | None:
    """Give where a comment ends, nested ones within it, from behind its beginning; None where it does not."""
    depth = 1
    while depth:
        found = _COMMENT_ENDS.search(text, position)
        if found is None:
            return None
        depth += 1 if found.group() == "/*" else -1
        position = found.end()
    return position


class Cursor:
    """Walks over the tokens of a statement; every method that wants something raises NotReadError without it."""

    def __init__(self, text: str, tokens: Sequence[Token] | None = None) -> None:
        self.text = text
        self.tokens = tokens_of(text) if tokens is None else tokens
        self.at = 0

    @property
    def now(self) -> Token:
        """The token that comes next, one of kind END behind the last."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _AFTER_ALL

    def ahead(self, count: int) -> Token:
        """Give a token further on."""
        return self.tokens[self.at + count] if self.at + count < len(self.tokens) else _AFTER_ALL

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    def sees(self, *words: str) -> bool:
        """Tell whether these words or signs come next."""
        tokens, at = self.tokens, self.at
        if at + len(words) > len(tokens):
            return False
        for word in words:
            kind, value, _, _ = tokens[at]
            if value != word or (kind != WORD and kind != SIGN):  # noqa: PLR1714 - asked for every word there is
                return False
            at += 1
        return True

    def sees_any(self, words: Collection[str]) -> bool:
        """Tell whether one of these words comes next."""
        now = self.now
        return now.kind in {WORD, SIGN} and now.value in words

    def take(self, *words: str) -> bool:
        """Pass over these words or signs, if they come next."""
        if self.sees(*words):
            self.at += len(words)
            return True
        return False

    def want(self, *words: str) -> None:
        """Pass over these words or signs."""
        if not self.take(*words):
            raise self.stumbled()

    def stumbled(self) -> NotReadError:
        """Give the error that says what stands here."""
        now = self.now
        if now.kind == END:
            return NotReadError("it ends too early")
        return NotReadError(f"it is not understood at {self.text[now.start : now.start + 40]!r}")

    def finish(self) -> None:
        """Want the end of the statement."""
        if not self.done:
            raise self.stumbled()

    def word(self) -> str:
        """Take any word."""
        if self.now.kind != WORD:
            raise self.stumbled()
        self.at += 1
        return self.tokens[self.at - 1].value

    def name(self) -> str:
        """Take a name as the catalog stores it."""
        now = self.now
        if now.kind == WORD:
            self.at += 1
            return cut_name(now.value)
        if now.kind == QUOTED:
            self.at += 1
            return now.value
        raise self.stumbled()

    def qualified(self) -> tuple[str, ...]:
        """Take a dotted name."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return tuple(parts)

    def names(self) -> tuple[str, ...]:
        """Take a list of names in parentheses."""
        self.want("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.want(")")
        return tuple(found)

    def string(self) -> str:
        """Take a string."""
        if self.now.kind != STRING:
            raise self.stumbled()
        self.at += 1
        return self.tokens[self.at - 1].value

    def pass_parentheses(self) -> tuple[int, int]:
        """Pass over parentheses and give the tokens between them, from and to."""
        self.want("(")
        begin, depth = self.at, 1
        while depth:
            now = self.now
            if now.kind == END:
                raise self.stumbled()
            if now.kind == SIGN and now.value in {"(", "["}:
                depth += 1
            elif now.kind == SIGN and now.value in {")", "]"}:
                depth -= 1
            self.at += 1
        return begin, self.at - 1

    def pass_until(self, stops: Collection[str], *, least: int = 1) -> tuple[int, int]:
        """Pass over an expression up to a word or sign that stops it outside of parentheses and CASE."""
        begin, depth = self.at, 0
        while not self.done:
            now = self.now
            plain = now.kind in {WORD, SIGN}
            if depth == 0 and self.at - begin >= least and plain and now.value in stops:
                break
            if plain and now.value in {"(", "[", "case"}:
                depth += 1
            elif plain and (now.value in {")", "]"} or (now.value == "end" and depth > 0)):
                if depth == 0:
                    break
                depth -= 1
            self.at += 1
        if self.at == begin:
            raise self.stumbled()
        return begin, self.at

    def rest(self) -> tuple[int, int]:
        """Pass over everything that is left."""
        begin, self.at = self.at, len(self.tokens)
        return begin, self.at

    def source(self, span: tuple[int, int]) -> str:
        """Give what stands in the text for these tokens."""
        begin, end = span
        if begin >= end:
            return ""
        return self.text[self.tokens[begin].start : self.tokens[end - 1].end]
