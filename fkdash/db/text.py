"""Words from outside, made fit to be read: what cannot be seen is made visible, and nothing is interpreted."""

from __future__ import annotations

import re
from unicodedata import combining

# Printable according to Unicode's categories, yet nothing can be seen of them: Hangul fillers, the
# blank Braille pattern, the combining grapheme joiner, variation selectors, Mongolian separators.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def plain(text: str) -> str:
    r"""Give `text` with every control, format, separator and blank character spelt as \n, \x1b or \u202e."""
    if text.isascii():
        return text if text.isprintable() else "".join(map(_visible, text))
    # A combining mark at the start would be drawn over whatever stands before the text.
    first = escaped(text[0]) if combining(text[0]) else _visible(text[0])
    return first + "".join(map(_visible, text[1:]))


def _visible(character: str) -> str:
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    return escaped(character)


def escaped(character: str) -> str:
    r"""Give a character as its escape, such as \x1b."""
    return character.encode("unicode_escape").decode("ascii")
