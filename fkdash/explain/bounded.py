"""Picks, from a text of any size, the places where an error can stand; what comes is read once and not kept.

Half a megabyte is kept whole. Of more, only what is around the signs of a violated constraint is kept, and of
messages that differ in numbers only the first ones, so that a log of one error a million times hides no other.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHOLE: Final = 512 * 1024
_MOST_OF_A_SIGN: Final = 24 * 1024
_LAST_OF_A_SIGN: Final = 2
_MOST_KINDS: Final = 100_000
_KIND: Final = 12
_BEFORE, _AFTER = 1_500, 6_000
_ALIKE: Final = 80
_MOST_LINES: Final = 40
_LONGEST_SIGN: Final = 40
_MOST_ALIKE: Final = 2
_NEXT: Final = 200
# Each way begins with a letter of its own, not with \b: only then a place that cannot begin one costs nothing.
_STRONG: Final = re.compile(
    rb"violates |OPERATOR\(|SQLSTATE|referential integrity|_key_constraint|removing partition|oreign ?[kK]ey"
    rb"|2(?<!\w2)3(?:50[235]|001|514|P01)\b|Null constraint|required relation|ADD FOREIGN|NOT NULL-|Not-Null-"
    + "|".join(
        ["", "Fremdschl", "clé étrangère", "foránea", "внешнего ключа", "外部キー", "外键", "estrangeira"]
    ).encode()
)
_WEAK: Final = re.compile(
    rb"\)\s?=\s?\(|" + "|".join(["ERROR", "FEHLER", "ERREUR", "ОШИБКА", "错误", "エラー", "null", "NULL"]).encode()
)
_NO_NUMBERS: Final = b"0123456789abcdef"


@fact
class Picked:
    """The text to read, and of how many bytes; `whole` False says that only parts of them are in it."""

    text: str
    size: int
    whole: bool


def picked(chunks: Iterable[bytes]) -> Picked:
    """Give what is to be read of a stream of bytes, at most 0.8 MB; binary and odd encodings are replaced."""
    kept, size = bytearray(), 0
    parts = _Parts()
    searches = (_Search(_STRONG, parts), _Search(_WEAK, parts))
    block, gone = b"", 0
    for chunk in chunks:
        size += len(chunk)
        if len(kept) < WHOLE:
            kept += chunk[: WHOLE - len(kept)]
        block += chunk
        # A sign near to the end waits for what belongs to it: it is all the same in which pieces a text comes.
        end = len(block) - _AFTER - _LONGEST_SIGN
        if end > 0:
            for search in searches:
                search.look(block, gone, end)
            cut = max(0, end - _BEFORE)
            block, gone = block[cut:], gone + cut
    for search in searches:
        search.look(block, gone, len(block))
    if size <= WHOLE:
        return Picked(_text(bytes(kept)), size, whole=True)
    return Picked(_text(b"\n\n".join(parts.given())), size, whole=False)


def picked_text(text: str) -> Picked:
    """Give the same for a text that is there already."""
    raw = text.encode("utf-8", "replace")
    step = 1024 * 1024
    return picked(raw[start : start + step] for start in range(0, len(raw), step))


def _text(raw: bytes) -> str:
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return raw.decode(encoding, "replace").replace("\x00", "")


class _Parts:
    """The parts of a long text that are kept so far: of each kind of sign the first ones, and the last ones."""

    def __init__(self) -> None:
        self._first: dict[bytes, list[bytes]] = {}
        self._last: dict[bytes, deque[bytes]] = {}
        self._sizes: dict[bytes, int] = {}

    def keep(self, sign: bytes, part: bytes) -> bool:
        size = self._sizes.get(sign, 0)
        if size < _MOST_OF_A_SIGN:
            self._sizes[sign] = size + len(part)
            self._first.setdefault(sign, []).append(part)
            return True
        self._last.setdefault(sign, deque(maxlen=_LAST_OF_A_SIGN)).append(part)
        return False

    def given(self) -> Iterator[bytes]:
        """Give the parts, those with the surest signs first."""
        for sign in sorted(self._first, reverse=True):
            yield from self._first[sign]
            yield from self._last.get(sign, ())


class _Search:
    """A search for signs through a text that comes in blocks; of lines that differ in numbers two are kept."""

    def __init__(self, signs: re.Pattern[bytes], parts: _Parts) -> None:
        self._signs = signs
        self._parts = parts
        self._place = 0
        self._alike: dict[bytes, int] = {}

    def look(self, block: bytes, gone: int, end: int) -> None:
        """Keep what is around the signs that begin before `end` and were not met yet; `gone` bytes came before."""
        place = self._place - gone
        while place < end:
            found = self._signs.search(block, max(0, place))
            if found is None or found.start() >= end:
                break
            place = self._next(block, found)
        self._place = gone + max(place, end)

    def _next(self, block: bytes, found: re.Match[bytes]) -> int:
        """Keep what is around a sign if it is to be kept, and give where the next one is looked for."""
        line = max(block.rfind(b"\n", 0, found.start()) + 1, found.start() - _BEFORE)
        alike = block[max(line, found.start() - _ALIKE) : found.end() + _ALIKE]
        alike = alike.split(b"\n", 1)[0].translate(None, _NO_NUMBERS)
        seen = self._alike.get(alike, 0)
        if len(self._alike) < _MOST_KINDS or seen:
            self._alike[alike] = seen + 1
        if seen >= _MOST_ALIKE:
            following = block.find(b"\n", found.end(), found.end() + _NEXT)
            return following if following > 0 else found.end() + _NEXT
        part = _lines(block, line, found.end() + _AFTER)
        stays = self._parts.keep(b"" if self._signs is _WEAK else _sign_of(found), part)
        # What else stands in a part that stays is kept with it.
        return max(found.end(), line + len(part) - _BEFORE) if stays else found.end()


def _lines(block: bytes, start: int, end: int) -> bytes:
    """Give what begins at `start`, as many lines as belong to one error, up to `end`."""
    stop = start
    for _ in range(_MOST_LINES):
        stop = block.find(b"\n", stop, end) + 1
        if not stop:
            return block[start:end]
    return block[start:stop]


def _sign_of(found: re.Match[bytes]) -> bytes:
    """Give which kind of error a sign is of: what is violated, where the sign is that something is."""
    if found[0] == b"violates ":
        return found.string[found.start() : found.end() + _KIND].split(b"constraint", maxsplit=1)[0]
    return found[0]
