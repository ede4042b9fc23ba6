"""Reads the messages of servers that do not speak English, by what is the same in every language.

Names stand in quotation marks, key columns in (…)=(…), NULL is called NULL everywhere. The first sentence of a
foreign key violation names two tables when a row is still referred to, and one when a reference leads nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.languages import DETAIL, FOREIGN_KEY, NULL, VIOLATES, any_of
from fkdash.explain.sentences import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.explain.vocabulary import Vocabulary

_PIECE: Final = re.compile(rf"\n|[\"']\s*,\s*[\"'](?=\w+[\"']\s*[:=])|(?:Detail|{any_of(DETAIL)})\s*:")
# A translation may forget the closing mark at the end of its line, and a line may be cut off there.
_CANDIDATE: Final = re.compile(rf"(?=[{QUOTES}]\s?([^{QUOTES}\n]{{1,130}}?)\s?(?:[{QUOTES}]|$))", re.MULTILINE)
_KEY_COLUMNS: Final = re.compile(r"\(([^()\n=]{1,1000})\)\s?=\s?\(")
_PAIR: Final = re.compile(rf"[{QUOTES}]\s?([^{QUOTES}\n]{{1,130}}?)\s?[{QUOTES}]")
_DECLARED: Final = re.compile(r"FOREIGN\s+KEY\s*\(|REFERENCES\s", re.IGNORECASE)
_FARTHEST_DETAIL: Final = 6


def key_columns(text: str) -> tuple[str, ...]:
    """Give the columns of the first (…)=(…) in a text, as it is in DETAIL; empty without one."""
    found = _KEY_COLUMNS.search(text)
    return tuple(name.strip() for name in found[1].split(",")) if found else ()


def local_errors(text: str, known: Vocabulary, *, sqlstate: str = "") -> Iterator[tuple[int, Clues]]:
    """Give what can be read of constraint violations in any language, each with its place in the text."""
    pieces = [(start, piece, _names(piece, known)) for start, piece in _pieces(text, known)]
    for number, (start, piece, names) in enumerate(pieces):
        if not names or _KEY_COLUMNS.search(piece):
            continue
        around = [
            piece,
            *(other for _, other, _ in pieces[number + 1 : number + 1 + _FARTHEST_DETAIL]),
            *(other for _, other, _ in reversed(pieces[max(0, number - _FARTHEST_DETAIL) : number])),
        ]
        detail = next((other for other in around if _KEY_COLUMNS.search(other)), "")
        clues = _clues(piece, names, detail, known, sqlstate)
        if clues is not None:
            yield start, clues


def _pieces(text: str, known: Vocabulary) -> Iterator[tuple[int, str]]:
    """Give the lines, and what stands in fields of one line; a name with a line break stays whole."""
    whole = [match.span() for name in known.odd if "\n" in name for match in re.finditer(re.escape(name), text)]
    start = 0
    for end in _PIECE.finditer(text):
        if any(first <= end.start() < last for first, last in whole):
            continue
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _names(piece: str, known: Vocabulary) -> tuple[str, ...]:
    """Give the names in quotation marks that something is called by, in order, as often as they stand there."""
    found: list[tuple[int, str]] = []
    for name in sorted(known.odd, key=len, reverse=True):
        for spelling in dict.fromkeys((name, plain(name))):
            for match in re.finditer(rf"[{QUOTES}]\s?{re.escape(spelling)}\s?[{QUOTES}]", piece):
                found.append((match.start(), name))
                piece = piece[: match.start()] + " " * len(match[0]) + piece[match.end() :]
    found += [(match.start(), match[1]) for match in _CANDIDATE.finditer(piece) if known.knows(match[1])]
    return tuple(name for _, name in sorted(found))


def _clues(piece: str, names: Sequence[str], detail: str, known: Vocabulary, sqlstate: str) -> Clues | None:
    unquoted = piece
    for name in names:
        unquoted = unquoted.replace(name, " ")
    columns = [name for name in names if name in known.columns]
    if _DECLARED.search(piece):
        return None
    violated = VIOLATES.search(unquoted) is not None
    if columns and violated and NULL.search(unquoted) and sqlstate in {"", "23502"}:
        table = next((name for name in names if name in known.tables and [name] != columns[:1]), "")
        if table or not _names_something_else(piece, columns[0], known):
            return Clues("23502", Kind.NULL, table=table, columns=tuple(columns), names=tuple(names))
    keys = [name for name in names if name in known.keys]
    told = (
        (violated and FOREIGN_KEY.search(unquoted))
        or sqlstate in {"23503", "23001"}
        or (detail and (violated or len(names) > 1))
    )
    if keys and told and sqlstate in {"", "23503", "23001"}:
        return _violated_key(keys, names, detail, known, sqlstate)
    constraints = [name for name in names if name in known.others]
    if constraints and violated and not keys and sqlstate in {"", "23514", "23505", "23P01", "23502"}:
        table = next((name for name in names if name in known.tables and name not in constraints[:1]), "")
        kind = Kind.UNIQUE if detail and not table else Kind.CHECK
        return Clues(sqlstate, kind, constraint=constraints[-1], table=table, names=tuple(names))
    return None


def _names_something_else(piece: str, first: str, known: Vocabulary) -> bool:
    """Tell whether another name stands behind the first one that is known: of a table that is not here, say."""
    start = piece.find(first)
    return any(
        not known.knows(found[1]) and found[1].isidentifier() for found in _PAIR.finditer(piece, max(0, start - 2))
    )


def _violated_key(
    keys: Sequence[str], names: Sequence[str], detail: str, known: Vocabulary, sqlstate: str
) -> Clues:
    others = list(names)
    others.remove(keys[-1])
    tables = [name for name in others if name in known.tables]
    kind = {0: Kind.KEY, 1: Kind.MISSING}.get(len(tables), Kind.HELD)
    there = _names(detail, known) if detail else ()
    return Clues(
        sqlstate or "23503",
        kind,
        constraint=keys[-1],
        table=tables[0] if kind is Kind.MISSING else "",
        referenced=there[0] if there and kind is Kind.MISSING else "",
        columns=key_columns(detail),
        names=(*names, *there),
    )
