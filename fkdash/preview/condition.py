"""Conditions that operators type: one boolean expression, which writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from fkdash.catalog.names import nearest
from fkdash.catalog.planted import operators_in
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlglot.tokenizer_core import Token

# Of LIKE, ILIKE, SIMILAR TO, IN, BETWEEN, CASE and IS DISTINCT FROM: the parser finds them by name.
_KEYWORD_OPERATORS: Final = ("=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~")
_ONE_CONDITION: Final = (
    "Write one condition over the table's columns, as after WHERE: created < '2020-01-01' AND NOT kept"
)
_NAMES: Final = (TokenType.VAR, TokenType.IDENTIFIER)
_WRITING: Final = (exp.DDL, exp.DML, exp.Into, exp.Lock, exp.Command, exp.Placeholder, exp.Parameter)


def checked_condition(text: str) -> str:
    """Give a condition that is one expression and writes nothing; raises UsageError otherwise.

    What it calls is looked at by the server when it is used.
    """
    parsed = _parsed(text)
    tokens = sqlglot.tokenize(text, dialect="postgres")
    expression = parsed[0] if len(parsed) == 1 else None
    if (
        not isinstance(expression, exp.Condition)
        or any(token.token_type in (TokenType.SEMICOLON, TokenType.PARAMETER) for token in tokens)
        or any(isinstance(node, _WRITING) for node in expression.walk())
    ):
        raise UsageError("The condition is not one boolean expression.", next_step=_ONE_CONDITION)
    return text


def _parsed(text: str) -> list[exp.Expr | None]:
    try:
        return sqlglot.parse(text, dialect="postgres")
    except SqlglotError:
        raise UsageError("The condition cannot be read as SQL.", next_step=_ONE_CONDITION) from None
    except RecursionError:
        raise UsageError(
            "The condition is nested too deeply to be read.", next_step="Write it with fewer parentheses."
        ) from None


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
    return tuple(sorted({name for _, name in called_names(condition)}))


def called_names(sql: str, *, dotted: bool = False) -> frozenset[tuple[str, str]]:
    """Give schema ("" without) and name of everything that a statement or condition may call.

    With `dotted` also what stands behind a dot: a row's function can be written like a column of it (manual,
    "Field Selection", "Composite Types").
    """
    tokens = sqlglot.tokenize(sql, dialect="postgres")
    names: set[tuple[str, str]] = set()
    for place, token in enumerate(tokens):
        behind = place > 1 and tokens[place - 1].token_type is TokenType.DOT
        following = tokens[place + 1].token_type if place + 1 < len(tokens) else None
        if following is TokenType.L_PAREN:
            names.add((_folded(tokens[place - 2]) if behind else "", _folded(token)))
        elif dotted and behind:
            names.add(("", _folded(token)))
    return frozenset(names)


def operators_of(sql: str) -> frozenset[str]:
    """Give every operator that a statement may use: those in it, parts of them, and those of keywords."""
    return frozenset((*_KEYWORD_OPERATORS, *operators_in(sql)))


def types_in(condition: str) -> frozenset[str]:
    """Give the types of users that a condition turns something into, by name, and "::" where it has any cast."""
    expression = _parsed(condition)[0] or exp.Null()
    casts = [*expression.find_all(exp.Cast, exp.TryCast)]
    types = (each for each in expression.find_all(exp.DataType) if each.this is exp.DType.USERDEFINED)
    named = {each.sql(dialect="postgres").split(".")[-1].strip('"') for each in types}
    return frozenset(named | ({"::"} if casts else set()))


def _folded(token: Token) -> str:
    return str(token.text) if token.token_type is TokenType.IDENTIFIER else str(token.text).lower()
