"""Reads the messages of servers that do not speak English, by what is the same in every language.

Names stand in quotation marks, key columns in (…)=(…), NULL is called NULL everywhere. The first sentence of a
foreign key violation names two tables when a row is still referred to, and one when a reference leads nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.explain.clues import Clues, Kind
from fkdash.explain.languages import FOREIGN_KEY, NULL, VIOLATES
from fkdash.explain.pieces import bare_names, known_names, pieces, quoted_names
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    EXCLUSION_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    NOT_NULL_VIOLATION,
    RESTRICT_VIOLATION,
    UNIQUE_VIOLATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.explain.vocabulary import Vocabulary

_KEY_COLUMNS: Final = re.compile(r"\(([^()\n=]{1,1000})\)\s?=\s?\(")
_DECLARED: Final = re.compile(r"FOREIGN\s+KEY\s*\(|REFERENCES\s", re.IGNORECASE)
_FARTHEST_DETAIL: Final = 6
_OF_CONSTRAINTS: Final = frozenset(
    {"", CHECK_VIOLATION, UNIQUE_VIOLATION, EXCLUSION_VIOLATION, NOT_NULL_VIOLATION}
)


def key_columns(text: str) -> tuple[str, ...]:
    """Give the columns of the first (…)=(…) in a text, as it is in DETAIL; empty without one."""
    found = _KEY_COLUMNS.search(text)
    return tuple(name.strip() for name in found[1].split(",")) if found else ()


def local_errors(text: str, known: Vocabulary, *, sqlstate: str = "") -> Iterator[tuple[int, Clues]]:
    """Give what can be read of constraint violations in any language, each with its place in the text."""
    found = [(start, piece, known_names(piece, known)) for start, piece in pieces(text, known)]
    for number, (start, piece, names) in enumerate(found):
        if not names or _KEY_COLUMNS.search(piece):
            continue
        around = [
            piece,
            *(other for _, other, _ in found[number + 1 : number + 1 + _FARTHEST_DETAIL]),
            *(other for _, other, _ in reversed(found[max(0, number - _FARTHEST_DETAIL) : number])),
        ]
        detail = next((other for other in around if _KEY_COLUMNS.search(other)), "")
        clues = _clues(piece, names, detail, known, sqlstate)
        if clues is not None:
            yield start, clues


def _clues(piece: str, names: Sequence[str], detail: str, known: Vocabulary, sqlstate: str) -> Clues | None:
    unquoted = piece
    for name in names:
        unquoted = unquoted.replace(name, " ")
    columns = [name for name in names if name in known.columns]
    if _DECLARED.search(piece):
        return None
    violated = VIOLATES.search(unquoted) is not None
    if columns and violated and NULL.search(unquoted) and sqlstate in {"", NOT_NULL_VIOLATION}:
        table = next((name for name in names if name in known.tables and [name] != columns[:1]), "")
        if table or not _names_something_else(piece, columns[0], known):
            return Clues(NOT_NULL_VIOLATION, Kind.NULL, table=table, columns=tuple(columns), names=tuple(names))
    keys = [name for name in names if name in known.keys]
    of_key = violated and FOREIGN_KEY.search(unquoted) is not None
    told = (
        of_key
        or sqlstate in {FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION}
        or (detail and (violated or len(names) > 1))
    )
    if keys and told and sqlstate in {"", FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION}:
        return _violated_key(keys[-1], names, detail, known, sqlstate)
    if of_key and detail and sqlstate in {"", FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION}:
        # One that could not be added, or that is not here any more.
        unknown = [name for name in quoted_names(piece) if not known.knows(name)]
        if len(unknown) == 1:
            return _violated_key(unknown[0], (*names, unknown[0]), detail, known, sqlstate)
    constraints = [name for name in names if name in known.others]
    if constraints and violated and not keys and sqlstate in _OF_CONSTRAINTS:
        return _violated_constraint(constraints, piece, names, known, sqlstate)
    return None


def _violated_constraint(
    constraints: Sequence[str], piece: str, names: Sequence[str], known: Vocabulary, sqlstate: str
) -> Clues:
    name = constraints[-1]
    if name in known.excluding:
        return Clues(sqlstate or EXCLUSION_VIOLATION, Kind.UNIQUE, constraint=name, names=tuple(names))
    if name in known.unique:
        return Clues(sqlstate or UNIQUE_VIOLATION, Kind.UNIQUE, constraint=name, names=tuple(names))
    table = next((each for each in names if each in known.tables and each not in constraints[:1]), "")
    domain = next(iter(bare_names(piece, known.domains - {name})), "") if not table else ""
    kind = Kind.DOMAIN if domain else Kind.CHECK
    return Clues(sqlstate or CHECK_VIOLATION, kind, constraint=name, table=table or domain, names=tuple(names))


def _names_something_else(piece: str, first: str, known: Vocabulary) -> bool:
    """Tell whether another name stands behind the first one that is known: of a table that is not here, say."""
    start = piece.find(first)
    return any(not known.knows(name) and name.isidentifier() for name in quoted_names(piece[max(0, start - 2) :]))


def _violated_key(key: str, names: Sequence[str], detail: str, known: Vocabulary, sqlstate: str) -> Clues:
    others = list(names)
    others.remove(key)
    tables = [name for name in others if name in known.tables]
    kind = {0: Kind.KEY, 1: Kind.MISSING}.get(len(tables), Kind.HELD)
    if kind is Kind.MISSING and known.is_held(key, tables[0]):
        # Cut off before the second table.
        kind = Kind.HELD
    there = known_names(detail, known) if detail else ()
    return Clues(
        sqlstate or FOREIGN_KEY_VIOLATION,
        kind,
        constraint=key,
        table=tables[0] if kind is Kind.MISSING else "",
        referenced=there[0] if there and kind is Kind.MISSING else "",
        columns=key_columns(detail),
        names=(*names, *there),
    )
