"""What an expression cannot be where it stands, as far as its words tell.

PostgreSQL refuses queries, aggregates, window functions and sets in checks, defaults, indexes and what is
generated, and what may change by itself in the last two. No types are worked out: only a column beside a plain
number or truth, or alone in a function of text, is known to have no operator or function. What files make
functions of is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.expressions import begins_query, want_columns
from fkdash.catalog.files.literals import want_literal
from fkdash.catalog.files.reading.spans import bare
from fkdash.catalog.files.reading.tokens import (
    NUMBER,
    QUOTED,
    SIGN,
    STRING,
    WORD,
    cut_name,
)
from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.steady import want_steady
from fkdash.catalog.files.types import TEXTS, base_of, takes_number, type_written
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    FEATURE_NOT_SUPPORTED,
    GROUPING_ERROR,
    INVALID_OBJECT_DEFINITION,
    SYNTAX_ERROR,
    UNDEFINED_FUNCTION,
    WINDOWING_ERROR,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.files.facts import Relation, TypeRef
    from fkdash.catalog.files.reading.nodes import ExpressionSaid
    from fkdash.catalog.files.reading.tokens import Token

_AGGREGATES: Final = frozenset(
    {
        "array_agg", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "count", "every", "json_agg",
        "json_object_agg", "jsonb_agg", "jsonb_object_agg", "max", "min", "stddev", "string_agg", "sum",
        "variance",
    }
)  # fmt: skip
_SETS: Final = frozenset({"generate_series", "jsonb_array_elements", "regexp_split_to_table", "unnest"})
_CHANGING: Final = frozenset(
    {
        "array_to_string", "clock_timestamp", "concat", "concat_ws", "current_setting", "currval", "format",
        "gen_random_uuid", "jsonb_build_object", "nextval", "now", "random", "row_to_json", "statement_timestamp",
        "timeofday", "to_char", "to_date", "to_json", "to_jsonb", "transaction_timestamp",
    }
)  # fmt: skip
_CHANGING_WORDS: Final = frozenset(
    {
        "current_date", "current_role", "current_time", "current_timestamp", "current_user", "localtime",
        "localtimestamp", "session_user",
    }
)  # fmt: skip
_COMPARED: Final = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_BEFORE_OPERAND: Final = frozenset({"(", ",", "and", "or", "not", "when", "then", "else"})
_NO_NUMBERS: Final = TEXTS | {
    "bool", "uuid", "date", "time", "timetz", "timestamp", "timestamptz", "json", "jsonb", "bytea",
}  # fmt: skip
_NUMBERS: Final = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_NO_TEXTS: Final = (_NO_NUMBERS - TEXTS) | _NUMBERS
_OF_TEXT: Final = frozenset({"lower", "upper"})
_TRUTHS: Final = frozenset({"true", "false"})


def want_expression(state: State, said: ExpressionSaid, table: Relation, *, steady: bool = False) -> None:
    """Raise where an expression over a table cannot be, or asks for a column that the table does not have."""
    want_possible(state, said, {column.name: column.type for column in table.columns}, steady=steady)
    want_columns(said, {column.name: column.number for column in table.columns}, table.name)


def want_possible(
    state: State, said: ExpressionSaid, types: Mapping[str, TypeRef], *, steady: bool = False
) -> None:
    """Raise RefusedError for an expression over such columns that cannot be; `steady` says it may not change."""
    tokens = said.tokens
    if begins_query(tokens, -1):
        raise RefusedError(SYNTAX_ERROR, "a query stands in parentheses of its own")
    if steady and not state.operators:
        want_steady(state, tokens, types)
    for at, token in enumerate(tokens):
        if token.value in state.schemas_left and _sign(tokens, at + 1) == ".":
            state.schema(token.value)
        if token.kind == SIGN:
            if token.value == "(" and begins_query(tokens, at):
                raise RefusedError(FEATURE_NOT_SUPPORTED, "a query cannot stand in it")
        elif token.kind == WORD:
            _want_word(state, tokens, at, steady=steady)
            if token.value in _OF_TEXT:
                _want_text(state, tokens, at, types)
        if token.kind == STRING:
            _want_string(state, tokens, at, types)
        if token.kind == NUMBER or (token.kind == WORD and token.value in _TRUTHS):
            _want_operator(state, tokens, at, types)


def _want_word(state: State, tokens: Sequence[Token], at: int, *, steady: bool) -> None:
    word = tokens[at].value
    before, after = _sign(tokens, at - 1), _sign(tokens, at + 1)
    if before == ")" and word == "over":
        raise RefusedError(WINDOWING_ERROR, "a window function cannot stand in it")
    if before == ")" and word == "filter" and after == "(":
        raise RefusedError(GROUPING_ERROR, "an aggregate cannot stand in it")
    if steady and word in _CHANGING_WORDS and before not in {".", "::"}:
        raise RefusedError(INVALID_OBJECT_DEFINITION, f"{word} changes by itself")
    if after != "(" or not (word in _AGGREGATES or word in _SETS or (steady and word in _CHANGING)):
        return
    if (before == "." and tokens[at - 2].value != "pg_catalog") or before == "::" or _is_made(state, word):
        return
    if word in _AGGREGATES:
        behind = tokens[_closing(tokens, at + 1) + 1 :]
        if behind and behind[0].kind == WORD and behind[0].value == "over":
            raise RefusedError(WINDOWING_ERROR, f"the window function {word} cannot stand in it")
        raise RefusedError(GROUPING_ERROR, f"the aggregate {word} cannot stand in it")
    if word in _SETS:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{word} gives a set, which cannot stand in it")
    raise RefusedError(INVALID_OBJECT_DEFINITION, f"what {word} gives changes by itself")


def _is_made(state: State, function: str) -> bool:
    """Tell whether a file makes a function of this name."""
    return any(kind == "function" and name.startswith(f"{function}(") for kind, _, name in state.hanging) or any(
        name == function for _, name in state.function_names
    )


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Give where a parenthesis ends."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(_sign(tokens, place), 0)
        if not depth:
            return place
    return len(tokens)


def _sign(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].value if 0 <= at < len(tokens) and tokens[at].kind == SIGN else ""


def _want_operator(state: State, tokens: Sequence[Token], at: int, types: Mapping[str, TypeRef]) -> None:
    """Raise RefusedError where a column is compared with a number or a truth and its type is neither.

    A cast or an operator that somebody made may be for that.
    """
    if state.operators:
        return
    place = -1
    if _sign(tokens, at - 1) in _COMPARED and _sign(tokens, at + 1) in {"", ")", ","}:
        place = at - 2
    elif at > 2 and _sign(tokens, at - 1) == "(" and tokens[at - 2].value == "in":  # noqa: PLR2004 - a column before
        place = at - (4 if tokens[at - 3].value == "not" else 3)
    type_ref = _column(tokens, place, types) if place >= 0 else None
    if type_ref is not None:
        base = base_of(state, type_ref)
        wrong = (_NO_NUMBERS if tokens[at].kind == NUMBER else _NO_NUMBERS | _NUMBERS) - (
            {"bool"} if tokens[at].kind == WORD else set()
        )
        if base.builtin in wrong and not base.array:
            raise RefusedError(
                UNDEFINED_FUNCTION, f"{tokens[place].value} cannot be compared with {tokens[at].value}"
            )


def _want_string(state: State, tokens: Sequence[Token], at: int, types: Mapping[str, TypeRef]) -> None:
    """Raise RefusedError where a column is compared with a string that is no value of its type."""
    if state.operators or _sign(tokens, at + 1) not in {"", ")", ","}:
        return
    place = -1
    if _sign(tokens, at - 1) in _COMPARED and _sign(tokens, at + 1) != ",":
        place = at - 2
    else:
        first = at
        while first > 1 and _sign(tokens, first - 1) == "," and tokens[first - 2].kind == STRING:
            first -= 2
        if first > 2 and _sign(tokens, first - 1) == "(" and tokens[first - 2].value == "in":  # noqa: PLR2004 - a column before
            place = first - (4 if tokens[first - 3].value == "not" else 3)
    type_ref = _column(tokens, place, types) if place >= 0 else None
    if type_ref is not None:
        want_literal(state, tokens[at].value, type_ref)


def _want_text(state: State, tokens: Sequence[Token], at: int, types: Mapping[str, TypeRef]) -> None:
    """Raise RefusedError where a function of text has nothing but a column of another type."""
    if _sign(tokens, at + 1) == "(" and _sign(tokens, at + 3) == ")" and not _is_made(state, tokens[at].value):
        type_ref = _column(tokens, at + 2, types)
        base = base_of(state, type_ref) if type_ref is not None else None
        if base is not None and base.builtin in _NO_TEXTS and not base.array and _sign(tokens, at - 1) != ".":
            raise RefusedError(UNDEFINED_FUNCTION, f"{tokens[at + 2].value} is no text for {tokens[at].value}")


def _column(tokens: Sequence[Token], at: int, types: Mapping[str, TypeRef]) -> TypeRef | None:
    """Give the type of a column that stands there alone, as one side of an operator or an argument."""
    token = tokens[at]
    before = tokens[at - 1] if at else None
    if token.kind not in {WORD, QUOTED} or not (
        before is None or (before.kind in {WORD, SIGN} and before.value in _BEFORE_OPERAND)
    ):
        return None
    return types.get(cut_name(token.value))


def want_condition(state: State, said: ExpressionSaid, table: Relation) -> None:
    """Raise RefusedError where a condition is nothing but a column that is neither true nor false."""
    begin, end = bare(said.tokens, 0, len(said.tokens))
    token = said.tokens[begin] if end - begin == 1 else None
    column = table.column(cut_name(token.value)) if token is not None and token.kind in {WORD, QUOTED} else None
    base = base_of(state, column.type) if column is not None else None
    if base is not None and (base.array or base.builtin not in {"", "bool"}):
        raise RefusedError(DATATYPE_MISMATCH, f"{token.value if token else ''} is neither true nor false")


def want_default(state: State, said: ExpressionSaid, type_ref: TypeRef) -> None:
    """Raise where a default cannot be: it asks for columns, or is a number or a truth of another type."""
    want_possible(state, said, {})
    try:
        want_columns(said, {}, "its table")
    except RefusedError as error:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a default cannot ask for a column") from error
    words = [token for token in said.tokens if token.kind != SIGN or token.value not in {"(", ")"}]
    if words and words[0].kind == STRING and (len(words) == 1 or words[1].value == "::"):
        cast = type_written(state, words[2:]) if len(words) > 1 else type_ref
        if cast is not None:
            want_literal(state, words[0].value, cast)
    only = words[-1] if len(words) == 1 or (len(words) == 2 and words[0].value in {"-", "+"}) else None  # noqa: PLR2004 - a sign and a number
    if only is None:
        return
    base = base_of(state, type_ref)
    if only.kind == NUMBER:
        fits = takes_number(state, type_ref)
    elif only.kind == WORD and only.value in _TRUTHS:
        unknown = bool(base.oid) and state.types[base.oid].kind not in "ecrm"
        fits = not base.array and (unknown or base.builtin in TEXTS | {"bool"})
    else:
        return
    if not fits:
        raise RefusedError(DATATYPE_MISMATCH, f"the default {only.value} is not of the type")
