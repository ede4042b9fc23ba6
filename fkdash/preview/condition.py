"""Conditions that operators type: one boolean expression, which writes nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from fkdash.catalog.names import nearest
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

_ONE_CONDITION: Final = (
    "Write one condition over the table's columns, as after WHERE: created < '2020-01-01' AND NOT kept"
)
_NAMES: Final = (TokenType.VAR, TokenType.IDENTIFIER)
_WRITING: Final = (exp.DDL, exp.DML, exp.Into, exp.Lock, exp.Command, exp.Placeholder, exp.Parameter)


def checked_condition(text: str) -> str:
    """Give a condition that is one expression and writes nothing; raises UsageError otherwise.

    What it calls is looked at by the server when it is used.
    """
    try:
        parsed = sqlglot.parse(text, dialect="postgres")
        tokens = sqlglot.tokenize(text, dialect="postgres")
    except SqlglotError:
        raise UsageError("The condition cannot be read as SQL.", next_step=_ONE_CONDITION) from None
    expression = parsed[0] if len(parsed) == 1 else None
    if (
        not isinstance(expression, exp.Condition)
        or any(token.token_type in (TokenType.SEMICOLON, TokenType.PARAMETER) for token in tokens)
        or any(isinstance(node, _WRITING) for node in expression.walk())
    ):
        raise UsageError("The condition is not one boolean expression.", next_step=_ONE_CONDITION)
    return text


def nearest_columns(condition: str, columns: Collection[str]) -> str:
    """Give a hint at the columns that the unknown names in a condition were probably meant to be; "" without."""
    names = {
        token.text if token.token_type is TokenType.IDENTIFIER else token.text.lower()
        for token in sqlglot.tokenize(condition, dialect="postgres")
        if token.token_type in _NAMES
    }
    unknown = sorted(names.difference(columns))
    return next((hint for name in unknown if (hint := nearest(name, columns))), "")


def called_functions(condition: str) -> tuple[str, ...]:
    """Give the names of everything that a condition may call, as the catalog would store them."""
    tokens = sqlglot.tokenize(condition, dialect="postgres")
    names = {
        token.text if token.token_type is TokenType.IDENTIFIER else token.text.lower()
        for token, following in pairwise(tokens)
        if following.token_type is TokenType.L_PAREN
    }
    return tuple(sorted(names))
