"""Undoes what programs do to a message that they print: escapes, doubled quotation marks, colours, line prefixes.

Nobody can tell how often a text was wrapped, so every layer is given, outermost first, and the reader takes the
one from which it learns most. A layer never loses a name: what only looks like an escape is still there above.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LAYERS: Final = 12
_ANSI: Final = re.compile(
    r"(?:\x1b|\\x1b|\\u001b|\\033|\^\[|#033)(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]"
    r"|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\))"
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_MEANT: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "0": ""}
_SYSLOG: Final = re.compile(r"#(0[01][0-7])")
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
            break
        bare = deeper
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
    if "\\" in text:
        text = _ESCAPE.sub(_character, text)
        if any("\ud800" <= character <= "\udfff" for character in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "#0" in text:
        text = _SYSLOG.sub(lambda found: chr(int(found[1], 8)), text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if "%" in text and _PERCENT.search(text):
        text = unquote(text)
    return text


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return _MEANT.get(found[3], found[3])
