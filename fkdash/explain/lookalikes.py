"""Reads what a program made of a screenshot: letters that look alike exchanged, marks lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.explain.sentences import QUOTES
from fkdash.explain.vocabulary import vocabulary
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog

_MARKS: Final = re.compile(rf"[{QUOTES}*°]|(?<!\w)_+(?!\w)")
_LONGEST: Final = 20_000
_MOST_WORDS: Final = 24
_WORD: Final = re.compile(r"[|!]{0,3}[^\W_](?:[^\W_]|[|!])*")
_SENTENCES: Final = (
    "update or delete on table", "insert or update on table", "removing partition", "violates RESTRICT setting of",
    "violates", "foreign key constraint", "on table", "null value in column", "of relation", "not-null constraint",
    "check constraint", "new row for relation", "ERROR", "DETAIL", "Key", "is still referenced from table",
    "is not present in table", "cannot truncate a table referenced in a", "SQL statement", "CONTEXT", "STATEMENT",
)  # fmt: skip
"""What PostgreSQL says of a foreign key, in pieces between which names stand."""
_ALIKE: Final = str.maketrans({**dict.fromkeys("iIl1|!", "l"), **dict.fromkeys("0O", "o")})


def _folded(text: str) -> tuple[str, ...]:
    """Give the words of a text in which letters that look alike are one."""
    return tuple(_letters(found[0]) for found in _WORD.finditer(text))


def _letters(word: str) -> str:
    return word.translate(_ALIKE).lower().replace("rn", "m").replace("vv", "w")


_SAID: Final = {_folded(each): each for each in _SENTENCES}
_WORDS: Final = {_letters(each): each.lower() for said in _SENTENCES for each in re.split(r"[ -]", said)}


def is_misspelt(text: str) -> bool:
    """Tell whether one of PostgreSQL's words stands there with letters that only look like its own."""
    found = (each[0] for each in _WORD.finditer(text[:_LONGEST]))
    return any(_WORDS.get(_letters(word), word.lower()) != word.lower() for word in found)


def put_right(catalog: Catalog, text: str) -> str:
    """Give a text with PostgreSQL's words and the catalog's names as they are meant, "" where nothing is changed.

    Names are given quotation marks. What can be more than one name is left as it stands, as is a text of more than
    20,000 characters: nobody reads that from a screenshot.
    """
    if len(text) > _LONGEST:
        return ""
    places = [found.span() for found in _WORD.finditer(text)]
    words = tuple(_letters(text[begin:end]) for begin, end in places)
    if "vlolates" not in words:
        return ""
    done: list[str] = []
    copied = 0
    whole = [_stands_apart(text, *place) for place in places]
    for first, last, meant in _replaced(words, whole, _names(catalog)):
        done += (_between(text[copied : places[first][0]]), meant)
        copied = places[last][1]
    read = "".join((*done, _between(text[copied:])))
    return read if done and read != text else ""


def _stands_apart(text: str, begin: int, end: int) -> tuple[bool, bool]:
    """Tell whether a word begins and ends a name: an underscore goes on with it."""
    return text[begin - 1 : begin] != "_", text[end : end + 1] != "_"


def _replaced(
    words: tuple[str, ...], whole: Sequence[tuple[bool, bool]], names: Mapping[tuple[str, ...], str]
) -> Iterator[tuple[int, int, str]]:
    """Give which words mean what, the first and the last of them by number, the longest first."""
    at = 0
    while at < len(words):
        for size in range(min(_MOST_WORDS, len(words) - at), 0, -1):
            part = words[at : at + size]
            meant = _SAID.get(part) or (f'"{names[part]}"' if names.get(part) else "")
            if meant and whole[at][0] and whole[at + size - 1][1]:
                yield at, at + size - 1, meant
                at += size
                break
        else:
            at += 1


def _between(text: str) -> str:
    """Give what stands between words that are put right, without what is left of the marks around names."""
    return _MARKS.sub("", text)


@once_per_catalog
def _names(catalog: Catalog) -> Mapping[tuple[str, ...], str]:
    """Give the names by what is left of them, "" for what is left of more than one."""
    known = vocabulary(catalog)
    found: dict[tuple[str, ...], str] = {}
    for name in sorted(known.keys | known.tables | known.columns | known.others):
        words = _folded(name)
        if words and words not in _SAID:
            found[words] = "" if words in found else name
    return found
