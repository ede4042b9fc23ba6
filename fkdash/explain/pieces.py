"""A text cut into pieces where lines, fields and labels of any language end, and the names in a piece."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.explain.languages import CONTEXT, DETAIL, OTHER_LABELS, QUERY, STATEMENT, any_of
from fkdash.explain.sentences import QUOTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.explain.vocabulary import Vocabulary

_WORDS: Final = (*DETAIL, *CONTEXT, *STATEMENT, *QUERY, *OTHER_LABELS)
# Drivers write them with a capital only.
_LABELS: Final = any_of((*_WORDS, *(word.capitalize() for word in _WORDS)))
_PIECE: Final = re.compile(rf"\n|[\"']\s*,\s*[\"'](?=\w+[\"']\s*[:=])|(?<!\w)(?:Detail|Where|Hint|{_LABELS})\s?:")
# A translation may forget the closing mark at the end of its line, and a line may be cut off there.
_CANDIDATE: Final = re.compile(rf"(?=[{QUOTES}]\s?([^{QUOTES}\n]{{1,130}}?)\s?(?:[{QUOTES}]|$))", re.MULTILINE)
# An apostrophe inside a word quotes nothing.
_PAIR: Final = re.compile(rf"(?!(?<=\w)['\u2019])[{QUOTES}]\s?([^{QUOTES}\n]{{1,130}}?)\s?[{QUOTES}]")


def pieces(text: str, known: Vocabulary) -> Iterator[tuple[int, str]]:
    """Give the lines, and what stands in fields of one line; a name with a line break stays whole."""
    whole = [match.span() for name in known.odd if "\n" in name for match in re.finditer(re.escape(name), text)]
    start = 0
    for end in _PIECE.finditer(text):
        if any(first <= end.start() < last for first, last in whole):
            continue
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def known_names(piece: str, known: Vocabulary) -> tuple[str, ...]:
    """Give the names in quotation marks that something is called by, in order, as often as they stand there."""
    found: list[tuple[int, str]] = []
    for name in sorted(known.odd, key=len, reverse=True):
        for spelling in dict.fromkeys((name, plain(name))):
            for match in re.finditer(rf"[{QUOTES}]\s?{re.escape(spelling)}\s?[{QUOTES}]", piece):
                found.append((match.start(), name))
                piece = piece[: match.start()] + " " * len(match[0]) + piece[match.end() :]
    found += [(match.start(), match[1]) for match in _CANDIDATE.finditer(piece) if known.knows(match[1])]
    return tuple(name for _, name in sorted(found))


def quoted_names(piece: str) -> tuple[str, ...]:
    """Give what stands in pairs of quotation marks, in order, whether something is called that or not."""
    return tuple(found[1] for found in _PAIR.finditer(piece))


def bare_names(piece: str, names: Collection[str]) -> tuple[str, ...]:
    """Give those names that stand in a piece, quoted or not, in order; some scripts part words by no space."""
    found: list[tuple[int, str]] = []
    for name in sorted((name for name in names if name in piece), key=len, reverse=True):
        for match in re.finditer(rf"(?<![A-Za-z0-9_$]){re.escape(name)}(?![A-Za-z0-9_$])", piece):
            found.append((match.start(), name))
            piece = piece[: match.start()] + " " * len(match[0]) + piece[match.end() :]
    return tuple(name for _, name in sorted(found))
