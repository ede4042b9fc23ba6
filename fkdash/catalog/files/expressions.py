"""Finds the columns in an expression, so that it can follow them when they are renamed or copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import Template
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, STRING, WORD, cut_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.files.reading.nodes import ExpressionSaid
    from fkdash.catalog.files.reading.tokens import Token

_NEVER_COLUMNS: Final = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "between",
        "both",
        "case",
        "cast",
        "collate",
        "current_catalog",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "false",
        "for",
        "from",
        "in",
        "is",
        "like",
        "ilike",
        "not",
        "null",
        "on",
        "or",
        "select",
        "session_user",
        "similar",
        "some",
        "symmetric",
        "then",
        "to",
        "true",
        "user",
        "using",
        "when",
        "where",
        "isnull",
        "notnull",
    ]
)


def template(said: ExpressionSaid, columns: Mapping[str, int], table: str = "") -> Template:
    """Give an expression with its columns as numbers; `columns` go by name, `table` may stand before them.

    Comments are left out, and strings are written in the one way that PostgreSQL writes them.
    """
    tokens, text = said.tokens, said.text
    if not tokens:
        return Template((text,))
    origin = tokens[0].start
    parts: list[str | int] = []
    found: set[int] = set()
    position, at, words = 0, 0, ""
    while at < len(tokens):
        token = tokens[at]
        number, length = _reference(tokens, at, columns, table)
        end = tokens[at + length - 1].end - origin if at + length <= len(tokens) else len(text)
        words += _gap(text[position : token.start - origin])
        if number is not None:
            parts += [words, number]
            found.add(number)
            words = ""
        elif token.kind == STRING:
            words += _string(text[token.start - origin : end], token.value)
        else:
            words += text[token.start - origin : end]
        position = end
        at += length
    parts.append(words)
    return Template(tuple(part for part in parts if part != ""), tuple(sorted(found)))


def _gap(between: str) -> str:
    """Give what stands between two tokens without a comment."""
    return " " if between.strip() else between


def _string(said: str, value: str) -> str:
    """Give a string in plain quotes; one of bits, or of four at a time, is written by them."""
    if said[0] in "xX":
        value = "".join(f"{int(digit, 16):04b}" for digit in value)
    return "'" + value.replace("'", "''") + "'"


def _reference(tokens: Sequence[Token], at: int, columns: Mapping[str, int], table: str) -> tuple[int | None, int]:  # noqa: PLR0911 - one line for each case
    """Give the number of the column that stands here, and how many tokens name it."""
    token = tokens[at]
    if token.kind not in {WORD, QUOTED}:
        return None, 1
    name = cut_name(token.value)
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is not None and before.kind == SIGN and before.value in {"::", "."}:
        return None, 1
    if before is not None and before.kind == WORD and before.value in {"as", "collate"}:
        return None, 1
    if after is not None and after.kind == SIGN and after.value == "." and at + 2 < len(tokens):
        field = tokens[at + 2]
        if name == table and field.kind in {WORD, QUOTED} and cut_name(field.value) in columns:
            return columns[cut_name(field.value)], 3
        return None, 3
    if after is not None and after.kind == SIGN and after.value == "(" and token.kind == WORD:
        return None, 1
    if token.kind == WORD and (token.value in _NEVER_COLUMNS or _is_type(token, after)):
        return None, 1
    if name in columns:
        if _is_field(before, after, tokens, at):
            return None, 1
        return columns[name], 1
    if name == table:
        return 0, 1
    return None, 1


def _is_type(_token: Token, after: Token | None) -> bool:
    """Tell `date '2020-01-01'` from a column of that name."""
    return after is not None and after.kind == STRING


def _is_field(before: Token | None, after: Token | None, tokens: Sequence[Token], at: int) -> bool:
    """Tell the field of EXTRACT (year FROM …) from a column of that name."""
    return (
        before is not None
        and before.value == "("
        and after is not None
        and after.kind == WORD
        and after.value == "from"
        and at > 1
        and tokens[at - 2].value == "extract"
    )
