"""Casts to the type that a column has already: PostgreSQL keeps the column alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.reading.nodes import ExpressionSaid
from fkdash.catalog.files.reading.spans import bare, is_at, outermost
from fkdash.catalog.files.reading.tokens import QUOTED, WORD, cut_name
from fkdash.catalog.files.state import State
from fkdash.catalog.files.types import type_written

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation


def without_idle_cast(state: State, said: ExpressionSaid, table: Relation) -> ExpressionSaid:
    """Give an expression as it is, or the column in it where nothing else is left of it."""
    tokens = said.tokens
    begin, end = bare(tokens, 0, len(tokens))
    places = outermost(tokens, begin, end)
    cast = next((n for n in places if is_at(tokens, n, "::")), None)
    if cast is None:
        call = is_at(tokens, begin, "cast") and is_at(tokens, begin + 1, "(") and len(places) == 2  # noqa: PLR2004 - cast (…)
        inner = outermost(tokens, begin + 2, end - 1) if call else []
        cast = next((n for n in inner if is_at(tokens, n, "as")), None)
        begin, end = begin + 2, end - 1
    if cast is None:
        return _called_as_function(said, table)
    first, last = bare(tokens, begin, cast)
    column = table.column(cut_name(tokens[first].value)) if last - first == 1 else None
    if column is None or tokens[first].kind not in {WORD, QUOTED}:
        return said
    wanted = type_written(state, tokens[cast + 1 : end])
    if wanted is None or wanted not in (column.type, replace(column.type, modifier="")):
        return said
    token = tokens[first]
    return ExpressionSaid(said.text[token.start - tokens[0].start : token.end - tokens[0].start], (token,))


def _called_as_function(said: ExpressionSaid, table: Relation) -> ExpressionSaid:
    """Give the column of `date(column)` where it is a date: a type's name is a cast where no function has it."""
    tokens = said.tokens
    begin, end = bare(tokens, 0, len(tokens))
    if end - begin != 4 or not is_at(tokens, begin + 1, "(") or tokens[begin].kind != WORD:  # noqa: PLR2004 - type ( column )
        return said
    token = tokens[begin + 2]
    column = table.column(cut_name(token.value)) if token.kind in {WORD, QUOTED} else None
    if column is None or column.type.array or column.type.builtin != tokens[begin].value:
        return said
    return ExpressionSaid(said.text[token.start - tokens[0].start : token.end - tokens[0].start], (token,))
