"""Reads what else servers say in other languages than English, and which names no violated constraint.

Commands and types of columns are spelled in English everywhere: TRUNCATE ... CASCADE and DROP ... CASCADE stand in
the hint, GENERATED ALWAYS in what is said of identity columns. Who waited or lacks a privilege is told
by each language's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from fkdash.explain.clues import Clues, Kind
from fkdash.explain.languages import ERROR, NULL, RAISED, any_of
from fkdash.explain.local import key_columns
from fkdash.explain.pieces import bare_names, known_names, pieces
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    DEPENDENT_OBJECTS_STILL_EXIST,
    FEATURE_NOT_SUPPORTED,
    GENERATED_ALWAYS,
    NOT_NULL_VIOLATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.explain.vocabulary import Vocabulary

_TRUNCATE: Final = re.compile(r"TRUNCATE \.{2,3} ?CASCADE")
_DROP: Final = re.compile(r"DROP \.{2,3} ?CASCADE")
_LABEL: Final = re.compile(rf"(?:{any_of(ERROR)})\s?:")
_DEFAULT: Final = re.compile("DEFAULT|默认值")
_ALWAYS: Final = re.compile(r"GENERATED ALWAYS(?!\s+AS\b)")
_ROW: Final = re.compile(r"\([^()\n=]{1,1000}\) = \(")
_FARTHEST: Final = 3
_MOST_DEPENDENTS: Final = 100
_LONGEST: Final = 300
_Piece = tuple[int, str]


def local_others(text: str, known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    """Give what can be read of errors that violate neither a key nor a constraint, each with its place."""
    found = list(pieces(text, known))
    for number, (start, piece) in enumerate(found):
        before = found[max(0, number - _MOST_DEPENDENTS) : number]
        if _TRUNCATE.search(piece):
            yield from _truncated([*before[-_FARTHEST:], (start, piece)], known)
        if _DROP.search(piece):
            yield from chain.from_iterable(_depended_on(each, known) for each in before)
        for sqlstate, words in RAISED.items():
            if words.search(piece):
                table = next(iter(bare_names(piece, known.tables)), "")
                yield start, Clues(sqlstate, Kind.OTHER, table=table)
                break
        if len(piece) < _LONGEST:
            clues = _of_column(piece, found[number + 1 : number + 1 + _FARTHEST], known)
            if clues is not None:
                yield start, clues


def _truncated(found: Sequence[_Piece], known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    """Give the two tables: DETAIL names both, the hint the referencing one again."""
    tables = Counter(
        name for _, piece in found for name in known_names(piece, known) if name in known.tables
    ).most_common()
    if len(tables) > 1:
        yield (
            found[0][0],
            Clues(FEATURE_NOT_SUPPORTED, Kind.TRUNCATED, table=tables[0][0], referenced=tables[1][0]),
        )


def _depended_on(piece: _Piece, known: Vocabulary) -> Iterator[tuple[int, Clues]]:
    """Give the keys in a line of DETAIL, which names key, table and what that depends on, in quotes or not."""
    for key in bare_names(piece[1], known.keys):
        table = next(iter(bare_names(piece[1].replace(key, " "), known.tables)), "")
        if table:
            yield piece[0], Clues(DEPENDENT_OBJECTS_STILL_EXIST, Kind.DEPENDED_ON, constraint=key, table=table)


def _of_column(piece: str, following: Sequence[_Piece], known: Vocabulary) -> Clues | None:
    """Give what is said of a value for a column, a domain or a partition, which names no constraint."""
    names = known_names(piece, known)
    after = " ".join((piece, *(each for _, each in following)))
    columns = tuple(name for name in names if name in known.columns)
    if columns and _DEFAULT.search(piece) and _ALWAYS.search(after) and "OVERRIDING" not in after:
        return Clues(GENERATED_ALWAYS, Kind.IDENTITY, columns=columns[:1])
    if len(names) == 1 and names[0] in known.partitioned and _ROW.search(after) and not key_columns(piece):
        return Clues(CHECK_VIOLATION, Kind.PARTITION, table=names[0])
    if not names and _LABEL.search(piece) and NULL.search(piece):
        domains = bare_names(piece, known.domains)
        if len(domains) == 1:
            return Clues(NOT_NULL_VIOLATION, Kind.DOMAIN, constraint=domains[0])
    return None
