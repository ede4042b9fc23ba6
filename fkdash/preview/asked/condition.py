"""Conditions that operators type: one boolean expression, which writes nothing.

Whether it is an expression the server says; here it is made sure that it stays one inside its parentheses, and
which names it holds. It is taken apart by PostgreSQL's lexical rules: a name is what the server will take it for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.tokens import NUMBER, QUOTED, SIGN, STRING, WORD, NotReadError, tokens_of
from fkdash.catalog.names import nearest
from fkdash.catalog.postgres.planted import operators_in
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from fkdash.catalog.files.reading.tokens import Token
    from fkdash.catalog.table_name import TableName

# Of LIKE, ILIKE, SIMILAR TO, IN, BETWEEN, CASE and IS DISTINCT FROM: the parser finds them by name.
_KEYWORD_OPERATORS: Final = ("=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~")
_ONE_CONDITION: Final = (
    "Write one condition over the table's columns, as after WHERE: created < '2020-01-01' AND NOT kept"
)
_NAMES: Final = frozenset({WORD, QUOTED})
_OPEN: Final = {"(": ")", "[": "]"}
_NOWHERE: Final = frozenset(";\\{}$")
_DEEPEST: Final = 500
# What begins a query, and what follows a WHERE and is no part of its condition.
_QUERIES: Final = frozenset({"select", "with", "values", "table"})
_AFTER_WHERE: Final = frozenset(
    {
        "order",
        "group",
        "having",
        "limit",
        "offset",
        "fetch",
        "union",
        "intersect",
        "except",
        "window",
        "as",
        "where",
    }
)
_WRITING: Final = {
    "delete": {"from"},
    "insert": {"into"},
    "merge": {"into"},
    "for": {"update", "no", "share", "key"},
}
# Words that no column is called (reserved for more than types and functions): what follows one is no type.
_BEFORE_COLUMNS: Final = frozenset(
    [
        *(
            "and",
            "or",
            "not",
            "when",
            "then",
            "else",
            "case",
            "end",
            "symmetric",
            "asymmetric",
            "in",
            "like",
            "ilike",
        ),
        *(
            "similar",
            "is",
            "distinct",
            "from",
            "select",
            "all",
            "any",
            "some",
            "where",
            "on",
            "having",
            "using",
            "only",
        ),
        *("limit", "offset", "union", "intersect", "except", "with", "array", "desc", "asc", "order", "group"),
        *("cross", "inner", "join", "left", "right", "natural", "outer", "full", "lateral", "isnull", "notnull"),
        *("overlaps", "collate"),
    ]
)
_READING: Final = frozenset({"select", "table"})
# They look up a type by a text, or turn a value into it, without naming it.
_TAKE_TYPES: Final = ("_in", "_recv", "pg_input_is_valid", "pg_input_error_info")
_READ_BY_THEMSELVES: Final = tuple(
    f"{what}_to_xml{form}"
    for what in ("table", "schema", "database", "cursor", "query")
    for form in ("", "schema", "_and_xmlschema")
)

CASTS: Final = "::"
EVERY_TYPE: Final = "*"


def checked_condition(text: str) -> str:
    """Give a condition that is one expression and writes nothing; raises UsageError otherwise.

    What it calls is looked at by the server when it is used.
    """
    tokens = _tokens(text)
    if _deepest(tokens) > _DEEPEST:
        raise UsageError(
            "The condition is nested too deeply to be read.", next_step="Write it with fewer parentheses."
        )
    if not tokens or not _is_one(tokens) or any(_writes(tokens, place) for place in range(len(tokens))):
        raise UsageError("The condition is not one boolean expression.", next_step=_ONE_CONDITION)
    return text


def _tokens(text: str) -> Sequence[Token]:
    """Give the tokens; raises UsageError for what is none, and for escapes by another sign than the backslash."""
    try:
        tokens = tokens_of(text)
    except NotReadError:
        raise UsageError("The condition cannot be read as SQL.", next_step=_ONE_CONDITION) from None
    if any(token.kind == WORD and token.value == "uescape" for token in tokens):
        raise UsageError(
            "The condition has UESCAPE, by which names are read otherwise.", next_step="Write the names out."
        )
    return tokens


def _deepest(tokens: Sequence[Token]) -> int:
    depth = deepest = 0
    for token in tokens:
        if token.kind == SIGN:
            depth += (token.value in _OPEN) - (token.value in _OPEN.values())
            deepest = max(deepest, depth)
    return deepest


def _is_one(tokens: Sequence[Token]) -> bool:
    """Tell whether nothing in it ends the parentheses around it, or stands where an expression has nothing."""
    awaited: list[str] = []
    for place, token in enumerate(tokens):
        sign = _sign(tokens, place)
        if sign in _OPEN:
            awaited.append(_OPEN[sign])
        elif sign in _OPEN.values() and (not awaited or awaited.pop() != sign):
            return False
        if sign in _NOWHERE or (token.kind == NUMBER and token.value.startswith("$")):
            return False
        ends = _AFTER_WHERE if place else _AFTER_WHERE | _QUERIES
        if not awaited and (sign == "," or (token.kind == WORD and token.value in ends)):
            return False
    return not awaited


def _writes(tokens: Sequence[Token], place: int) -> bool:
    if tokens[place].kind != WORD or place + 1 == len(tokens):
        return False
    word, following = tokens[place].value, tokens[place + 1]
    if word == "update" and following.kind in _NAMES:
        return not place or tokens[place - 1].value == "("
    return word == "into" or following.value in _WRITING.get(word, ())


def nearest_columns(condition: str, columns: Collection[str]) -> str:
    """Give a hint at the columns that the unknown names in a condition were probably meant to be; "" without."""
    names = {token.value for token in _tokens(condition) if token.kind in _NAMES}
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
    tokens = _tokens(sql)
    names: set[tuple[str, str]] = set()
    for place, token in enumerate(tokens):
        if token.kind not in _NAMES:
            continue
        behind = place > 1 and tokens[place - 1].value == "." and tokens[place - 1].kind == SIGN
        if _sign(tokens, place + 1) == "(":
            names.add((tokens[place - 2].value if behind else "", token.value))
        elif dotted and behind:
            names.add(("", token.value))
    return frozenset(names)


def reads_by_itself(condition: str) -> str:
    """Give a function that the condition calls and that reads tables which it does not name; "" without."""
    return next((name for name in called_functions(condition) if name in _READ_BY_THEMSELVES), "")


def operators_of(sql: str) -> frozenset[str]:
    """Give every operator that a statement may use: those in it, parts of them, and those of keywords."""
    return frozenset((*_KEYWORD_OPERATORS, *operators_in(sql)))


def names_schemas_of_operators(condition: str) -> bool:
    """Tell whether an operator may be another than the path leads to: OPERATOR(schema.name)."""
    return any(token.kind == WORD and token.value == "operator" for token in _tokens(condition))


def relations_in(condition: str) -> frozenset[str]:
    """Give the names of everything that a subquery in a condition may read; none without one."""
    tokens = _tokens(condition)
    if not any(token.kind == WORD and token.value in _READING for token in tokens):
        return frozenset()
    return frozenset(token.value for token in tokens if token.kind in _NAMES)


def types_in(condition: str) -> frozenset[str]:
    """Give the names that may be types which a value becomes, and signs for what does that unnamed.

    CASTS stands for a cast somewhere, written or carried out by what is called; EVERY_TYPE for a function that
    finds a type by itself.
    """
    tokens = _tokens(condition)
    found = set(_type_names(tokens))
    called = called_functions(condition)
    if called or any("||" in token.value or token.value == "::" for token in tokens if token.kind == SIGN):
        found.add(CASTS)
    if any(
        token.kind in _NAMES and place + 1 < len(tokens) and tokens[place + 1].kind == STRING
        for place, token in enumerate(tokens)
    ):
        found.add(CASTS)
    if any(name.endswith(_TAKE_TYPES) for name in called):
        found.add(EVERY_TYPE)
    return frozenset(found)


def _type_names(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the names behind `::`, before a string or a parenthesis, and behind a name: `AS type`, `x type`."""
    for place, token in enumerate(tokens):
        if token.kind not in _NAMES or _sign(tokens, place + 1) == ".":
            continue
        first = place
        while first > 1 and _sign(tokens, first - 1) == "." and tokens[first - 2].kind in _NAMES:
            first -= 2
        before = tokens[first - 1] if first else None
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        behind_name = before is not None and (
            before.kind == QUOTED or (before.kind == WORD and before.value not in _BEFORE_COLUMNS)
        )
        if (
            behind_name
            or (before is not None and before.kind == SIGN and before.value == "::")
            or (following is not None and (following.kind == STRING or _sign(tokens, place + 1) == "("))
        ):
            yield token.value


def _sign(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].value if 0 <= place < len(tokens) and tokens[place].kind == SIGN else ""


def by_own_name(condition: str, table: TableName) -> str:
    """Give the condition with schema.table.column as table.column, which is what the table is called below it.

    Nothing is changed where something else of that name may stand in it.
    """
    tokens = _tokens(condition)
    cuts: list[tuple[int, int]] = []
    for place, token in enumerate(tokens):
        if token.kind not in _NAMES or token.value != table.name:
            continue
        qualified = _sign(tokens, place - 1) == "." and place > 1 and tokens[place - 2].value == table.schema
        if _sign(tokens, place + 1) != ".":
            if not qualified and relations_in(condition):
                return condition
            continue
        if qualified:
            first = place - 2
            if _sign(tokens, first - 1) == "." and first > 1 and tokens[first - 2].kind in _NAMES:
                first -= 2
            cuts.append((tokens[first].start, token.start))
        elif _sign(tokens, place - 1) == ".":
            return condition
    for start, end in reversed(cuts):
        condition = condition[:start] + condition[end:]
    return condition
