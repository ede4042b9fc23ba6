"""Undoes what programs do to a message that they print: escapes, doubled quotation marks, colours, line prefixes.

Nobody can tell how often a text was wrapped, so every layer is given, outermost first, and the reader takes the
one from which it learns most. A layer never loses a name: what only looks like an escape is still there above.
"""

from __future__ import annotations

import html
import json
import re
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LAYERS: Final = 12
_LARGEST_BYTE: Final = 255
_ANSI: Final = re.compile(
    r"(?:\x1b|\\x1b|\\u001b|\\033|\^\[|#033)(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]"
    r"|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\))"
)
# A page or a chat keeps what follows the escape character, or puts another sign in its place.
_ANSI_LEFT: Final = re.compile("[\u241b\u2190\ufffd?]?\\[(?:\\d{1,3}(?:;\\d{1,3}){0,5})?m")
# A character by its number as one language or another writes it, or by its bytes one after the other.
_ESCAPE: Final = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U(00[0-9a-fA-F]{6})"
    r"|((?:x[0-9a-fA-F]{2}|[0-3][0-7]{2})(?:\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2})*)|(.))",
    re.DOTALL,
)
_MEANT: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "0": ""}
_SYSLOG: Final = re.compile(r"#0[0-3][0-7]|(?:#[23][0-7]{2}){2,}")
_BYTE: Final = re.compile(r"x([0-9a-fA-F]{2})|([0-3][0-7]{2})")
# journald and Node's Buffer print bytes that are no plain text as a list of numbers.
_NUMBERED: Final = re.compile(r"\[\s{0,99}\d{1,3}(?:\s{0,99},\s{0,99}\d{1,3}){15,}\s{0,99}\]")
# What becomes of letters and signs beyond ASCII where their bytes are read as those of a Windows code page.
_MISREAD: Final = re.compile("[\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}")
_ENTITY: Final = re.compile(r"&(?:quot|apos|amp|lt|gt|laquo|raquo|#\d+|#x[0-9a-fA-F]+);")
_PERCENT: Final = re.compile(r"%(?:22|27|28|29|20|0A|C2%A[0-9A-F])", re.IGNORECASE)
# What stands before every line of a container's, a unit's, a pod's or a test runner's output, or of a mail.
_PREFIX: Final = re.compile(
    r"(?m)^[ \t]{0,200}(?:"
    r"[\w.@/-]+[ \t]+\|[ \t]?"
    r"|[\w.@/-]+\[\d+\]:[ \t]"
    r"|(?:<\d+>)?(?:\w{3} +\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d| [A-Z]{2,5})?)[ \t]+"
    r"(?:std(?:out|err)[ \t]+[FP][ \t]+|[\w.-]+[ \t]+[\w./()-]+(?:\[\d+\])?:[ \t])"
    r"(?:\[\d+-\d+\][ \t]?)?"
    r"|[>│┃║|]+[ \t]?|E[ \t]{3}|//[ \t]|#[ \t](?!\d)"
    r")"
)
# What chats, wikis and word processors put where a space, a hyphen or nothing was.
_INVISIBLE: Final = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2011": "-", **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")}
)
_FRAME: Final = re.compile(r"(?m)[ \t]{0,200}[│┃║|][ \t]{0,200}$")
_LINE_OF_LOG: Final = re.compile("\\n\\t")
# Citus hands on what a worker said, of the shards there: their tables and constraints have a number behind.
_ON_A_WORKER: Final = "while executing command on"
_SHARD: Final = re.compile(r"(?<=\w)_\d{5,19}(?=\\*[\"”])")
_DOUBLED: Final = re.compile(r'"{2,}')


def layers(text: str) -> Iterator[str]:
    """Give the text as it is, then with one layer after another undone, at most a dozen; none twice."""
    given: set[str] = set()
    for layer in _all_layers(text):
        if layer not in given:
            given.add(layer)
            yield layer
        if len(given) >= _MOST_LAYERS:
            return


def _all_layers(text: str) -> Iterator[str]:
    yield text
    if _ON_A_WORKER in text:
        yield _SHARD.sub("", text)
    bare = text
    for _ in range(_MOST_LAYERS):
        bare = _undecorated(bare)
        yield bare
        yield _LINE_OF_LOG.sub("\n", bare)
        deeper = _unescaped(bare)
        if deeper == bare:
            deeper = _reread(bare)
        if deeper == bare:
            break
        bare = deeper
    if _ANSI_LEFT.search(bare):
        bare = _ANSI_LEFT.sub("", bare)
        yield bare
    while '""' in bare:
        bare = _DOUBLED.sub(lambda found: '"' * ((len(found[0]) + 1) // 2), bare)
        yield bare
    # A terminal or a pager breaks lines anywhere; nothing is lost if what stands apart is joined.
    yield re.sub(r"[ \t]{0,200}\n\s{0,200}", " ", bare)
    yield re.sub(r"\n[ \t]*", "", bare)


def _undecorated(text: str) -> str:
    text = _ANSI.sub("", text.replace("\r\n", "\n")).translate(_INVISIBLE)
    return _FRAME.sub("", _PREFIX.sub("", text))


def _unescaped(text: str) -> str:
    """Undo one layer of a string's escapes, whichever language wrote it."""
    text = _NUMBERED.sub(_of_numbers, text)
    if "\\" in text:
        text = _ESCAPE.sub(_character, text)
        if any("\ud800" <= character <= "\udfff" for character in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "#" in text:
        text = _SYSLOG.sub(lambda found: _of_bytes(found[0]), text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if "%" in text and _PERCENT.search(text):
        text = unquote(text)
    return text


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= sys.maxunicode else found[0]
    return _of_bytes(found[4]) if found[4] else _MEANT.get(found[5], found[5])


def _of_bytes(said: str) -> str:
    """Give what bytes mean that are written one by one, in hexadecimal or octal; alone, one is a character."""
    raw = bytes(int(each[1], 16) if each[1] else int(each[2], 8) for each in _BYTE.finditer(said))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _of_numbers(found: re.Match[str]) -> str:
    numbers = [int(each) for each in re.findall(r"\d+", found[0])]
    if max(numbers) > _LARGEST_BYTE:
        return found[0]
    return json.dumps(bytes(numbers).decode("utf-8", "replace"), ensure_ascii=False)


def _reread(text: str) -> str:
    """Read as UTF-8 what was read as a Windows code page or Latin-1, where that is possible."""
    return _MISREAD.sub(_read_again, text)


def _read_again(found: re.Match[str]) -> str:
    raw = bytearray()
    for character in found[0]:
        try:
            raw += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > _LARGEST_BYTE:
                return found[0]
            raw.append(ord(character))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return found[0]
