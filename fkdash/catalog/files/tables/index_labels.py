"""What the columns of an index are called (ChooseIndexColumnNames, FigureIndexColname)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.spans import bare, closing, is_at, outermost
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, STRING, WORD, Cursor, NotReadError
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import IndexFact, Relation
    from fkdash.catalog.files.reading.nodes import ExpressionSaid
    from fkdash.catalog.files.reading.tokens import Token

_OPERATORS: Final = frozenset(
    {"and", "or", "not", "is", "isnull", "notnull", "in", "between", "like", "ilike", "similar", "operator"}
)
_NO_OPERATORS: Final = frozenset({"::", ".", "(", "[", ",", ")", "]"})
_CONSTANTS: Final = frozenset({"true", "false", "null"})
_TRIMS: Final = {"leading": "ltrim", "trailing": "rtrim"}


def label_of(taken: Sequence[str], name: str) -> str:
    """Give an index's own column a name that no other of it has (ChooseIndexColumnNames)."""
    made, number = name, 0
    while made in taken:
        number += 1
        cut = name.encode()[: 63 - len(str(number))].decode(errors="ignore")
        made = f"{cut}{number}"
    return made


def labels_now(table: Relation, fact: IndexFact) -> tuple[str, ...]:
    """Give the names of an index's own columns when it is made anew: as those of the table are called by now."""
    made: list[str] = []
    for number, label in zip((*fact.columns, *fact.include), fact.labels, strict=True):
        made.append(label_of(made, table.names.get(number, label)))
    return tuple(made)


def called(said: ExpressionSaid) -> str:
    """Give what an expression is called by (FigureIndexColname): its function, its column, else `expr`."""
    return _called(said.tokens, 0, len(said.tokens))[1] or "expr"


def _called(tokens: Sequence[Token], begin: int, end: int) -> tuple[int, str]:  # noqa: PLR0911 - one line for each form
    """Give a name, with 2 for that of a column or a function, 1 for a type's, 0 for none."""
    begin, end = bare(tokens, begin, end)
    if begin >= end:
        return 0, ""
    places = outermost(tokens, begin, end)
    collated = next((n for n in places if is_at(tokens, n, "collate")), None)
    if collated is not None:
        return _called(tokens, begin, collated)
    if is_at(tokens, begin, "case") and is_at(tokens, end - 1, "end"):
        otherwise = next((n for n in reversed(places) if is_at(tokens, n, "else")), end - 2)
        found = _called(tokens, otherwise + 1, end - 1)
        return found if found[0] > 1 else (1, "case")
    if any(tokens[n].kind in {SIGN, WORD} and tokens[n].value in _OPERATORS for n in places):
        return 0, ""
    if any(tokens[n].kind == SIGN and tokens[n].value not in _NO_OPERATORS for n in places):
        return 0, ""
    cast = next((n for n in reversed(places) if is_at(tokens, n, "::")), None)
    zone = next((n for n in places if is_at(tokens, n, "at")), None)
    if cast is not None and (zone is None or zone < cast):
        return (2, "timezone") if zone is not None else _cast(tokens, (begin, cast), cast + 1)
    if zone is not None:
        return 2, "timezone"
    return _called_alone(tokens, begin, end)


def _called_alone(tokens: Sequence[Token], begin: int, end: int) -> tuple[int, str]:  # noqa: PLR0911 - one line for each form
    """Give what a word, a dotted name, or a call is called by."""
    at = begin
    if is_at(tokens, begin, "(") and end - closing(tokens, begin) == 3:  # noqa: PLR2004 - a field of what is in them
        return (2, tokens[end - 1].value) if is_at(tokens, end - 2, ".") else (0, "")
    while is_at(tokens, at + 1, ".") and at + 2 < end:
        at += 2
    word = tokens[at]
    if word.kind not in {WORD, QUOTED} or (word.kind == WORD and word.value in _CONSTANTS):
        return 0, ""
    if at + 1 == end:
        return 2, word.value
    if is_at(tokens, at + 1, "[") and closing(tokens, at + 1) == end - 1:
        return 2, word.value
    if not is_at(tokens, at + 1, "(") or closing(tokens, at + 1) != end - 1:
        return (1, word.value) if tokens[end - 1].kind == STRING and at == begin else (0, "")
    if word.kind == WORD and word.value == "cast":
        inner = outermost(tokens, at + 2, end - 1)
        place = next((n for n in inner if is_at(tokens, n, "as")), end - 1)
        return _cast(tokens, (at + 2, place), place + 1)
    return 2, _TRIMS.get(tokens[at + 2].value, "btrim") if word.value == "trim" else word.value


def _cast(tokens: Sequence[Token], span: tuple[int, int], at: int) -> tuple[int, str]:
    found = _called(tokens, *span)
    if found[0] > 1:
        return found
    try:
        return 1, type_said(Cursor("", tokens[at:])).name[-1]
    except NotReadError:
        return 0, ""
