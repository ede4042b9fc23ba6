"""Finds the columns in an expression, so that it can follow them when they are renamed or copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import Template
from fkdash.catalog.files.reading.nodes import ExpressionSaid
from fkdash.catalog.files.reading.tokens import NUMBER, QUOTED, SIGN, STRING, WORD, cut_name
from fkdash.catalog.files.state import DoubtfulError, RefusedError
from fkdash.sqlstates import UNDEFINED_COLUMN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


_QUALIFIED: Final = 3
"""How many tokens a column behind its table's name is."""

_SQL_WORDS: Final = frozenset(
    [
        "asc", "asymmetric", "at", "bit", "by", "century", "character", "cmax", "cmin", "content",
        "ctid", "current_schema", "day", "decade", "desc", "document", "double", "dow", "doy", "epoch",
        "escape", "exists", "filter", "first", "group", "hour", "int", "integer", "interval", "isodow",
        "isoyear", "json", "julian", "keys", "last", "leading", "local", "localtime", "localtimestamp",
        "microseconds", "millennium", "milliseconds", "minute", "month", "nfc", "nfd", "nfkc", "nfkd",
        "normalized", "nulls", "object", "of", "offset", "oid", "operator", "order", "over", "overlaps",
        "partition", "placing", "position", "precision", "quarter", "row", "scalar", "second",
        "substring", "system_user", "tableoid", "text", "time", "timestamp", "timezone", "timezone_hour",
        "timezone_minute", "trailing", "unique", "unknown", "value", "variadic", "varying", "week",
        "with", "within", "without", "xmax", "xmin", "year", "zone",
    ]
)  # fmt: skip
"""Words that stand in expressions without being columns, beside the reserved ones."""


def template(said: ExpressionSaid, columns: Mapping[str, int], table: str = "") -> Template:
    """Give an expression with its columns as numbers; `columns` go by name, `table` may stand before them.

    Comments are left out, and strings and numbers are written in the one way that PostgreSQL writes them.
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
        elif token.kind == NUMBER:
            words += token.value
        else:
            words += text[token.start - origin : end]
        position = end
        at += length
    parts.append(words)
    return Template(tuple(part for part in parts if part != ""), tuple(sorted(found)))


def want_columns(said: ExpressionSaid, columns: Mapping[str, int], table: str) -> None:
    """Raise where an expression seems to name a column that the table does not have."""
    tokens = said.tokens
    at = 0
    while at < len(tokens):
        token = tokens[at]
        number, length = _reference(tokens, at, columns, table)
        if number is None and length == 1 and token.kind in {WORD, QUOTED} and _stands_alone(tokens, at):
            if token.kind == QUOTED:
                raise RefusedError(UNDEFINED_COLUMN, f"there is no column {token.value} in {table}")
            if token.value not in _NEVER_COLUMNS and token.value not in _SQL_WORDS:
                raise DoubtfulError(f"whether {token.value} is a column of {table} is not known")
        elif number is None and length == _QUALIFIED and cut_name(token.value) == table:
            _want_field(tokens, at, table)
        at += length


def _want_field(tokens: Sequence[Token], at: int, table: str) -> None:
    """Raise RefusedError where a table's name has no column of it behind it, nor is a schema with a function."""
    behind = tokens[at + _QUALIFIED] if at + _QUALIFIED < len(tokens) else None
    field = tokens[at + 2]
    if field.kind in {WORD, QUOTED} and (behind is None or behind.value not in {"(", "."}):
        raise RefusedError(UNDEFINED_COLUMN, f"there is no column {field.value} in {table}")


def begins_query(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a parenthesis holds a query."""
    words = [token.value if token.kind in {WORD, SIGN} else "" for token in tokens[at + 1 : at + 3]]
    return words[:1] in (["select"], ["with"], ["table"]) or words == ["values", "("]


def without_queries(said: ExpressionSaid) -> ExpressionSaid:
    """Give an expression without the queries in it, whose names mean what they select from."""
    kept: list[Token] = []
    depth = within = 0
    for at, token in enumerate(said.tokens):
        if token.kind == SIGN and token.value == "(":
            depth += 1
            if not within and begins_query(said.tokens, at):
                within = depth
        if not within:
            kept.append(token)
        if token.kind == SIGN and token.value == ")":
            within = 0 if within == depth else within
            depth -= 1
    return ExpressionSaid(said.text, tuple(kept))


def _stands_alone(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word is no function, no type, no schema and no name of a collation."""
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and (
        after.kind == STRING or (after.kind == SIGN and after.value in {"(", ".", "[", "=>"})
    ):
        return False
    if before is None:
        return True
    if before.kind == SIGN:
        return before.value not in {"::", "."}
    return before.value not in {"as", "collate", "operator", "interval"}


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
