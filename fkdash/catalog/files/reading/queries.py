"""Which relations a query reads from, told from its tokens (gram.y: from_clause, with_clause)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.spans import closing, is_at
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, cut_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.reading.nodes import Name
    from fkdash.catalog.files.reading.spans import closing, is_at
from fkdash.catalog.files.reading.tokens import Token

_ENDS: Final = frozenset(
    {
        "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "union", "intersect",
        "except", "returning", "set", "on", "when", ";", "values", "select",
    }
)  # fmt: skip
"""What stands behind FROM's list, and behind a joined relation's condition begins."""
_BEHIND_NAME: Final = frozenset(
    {"left", "right", "inner", "full", "cross", "natural", "join", "tablesample", "set", "start", "with"}
)
_NO_RELATIONS: Final = frozenset(
    {
        "rows", "lateral", "json_table", "xmltable", "old", "new", "collation", "current_catalog", "current_date",
        "current_role", "current_schema", "current_time", "current_timestamp", "current_user", "localtime",
        "localtimestamp", "session_user", "system_user", "user",
    }
)  # fmt: skip
"""Words that no relation is called without quotation marks, or that begin a function of SQL's own form."""
_BEFORE_STATEMENT: Final = frozenset({"(", ";", "also", "instead"})
_QUERIES: Final = frozenset({"select", "with", "values", "table", "insert", "update", "delete", "merge"})


def sources(tokens: Sequence[Token]) -> Iterator[tuple[Name, str]]:
    """Give the relations that stand in a FROM or a JOIN, each with what it is called there."""
    given = set(_given(tokens))
    for place in _places(tokens, ()):
        at, name = place, _name_at(tokens, place)
        if name is None or (len(name) == 1 and name[0] in given):
            continue
        while is_at(tokens, at, "only") or is_at(tokens, at, "("):
            at += 1
        at += 2 * len(name) - 1
        at += is_at(tokens, at, "*")
        at += is_at(tokens, at, "as")
        token = tokens[at] if at < len(tokens) else None
        named = token is not None and is_name(token) and not (token.kind == WORD and token.value in _BEHIND_NAME)
        yield name, cut_name(token.value) if token is not None and named else name[-1]


def read_from(tokens: Sequence[Token], also: Sequence[str] = ()) -> Iterator[Name]:
    """Give the relations that stand in a FROM or a JOIN; not functions, and not the names that WITH gives.

    `also` are words that begin such a list at the outermost level, as USING of a DELETE does.
    """
    given = set(_given(tokens))
    for at in _places(tokens, also):
        name = _name_at(tokens, at)
        if name is not None and not (len(name) == 1 and name[0] in given):
            yield name


def _given(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the names that WITH gives to queries, wherever they hold."""
    for at, token in enumerate(tokens):
        if not is_name(token) or not at:
            continue
        if tokens[at - 1].value not in {"with", "recursive", ","} or tokens[at - 1].kind == QUOTED:
            continue
        behind = at + 1
        if behind < len(tokens) and is_at(tokens, behind, "("):
            behind = closing(tokens, behind) + 1
        if is_at(tokens, behind, "as"):
            following = behind + 1
            while is_at(tokens, following, "not") or is_at(tokens, following, "materialized"):
                following += 1
            if is_at(tokens, following, "("):
                yield cut_name(token.value)


def _places(tokens: Sequence[Token], also: Sequence[str]) -> Iterator[int]:
    """Give where a relation may be named: behind FROM, JOIN, and the commas of FROM's list."""
    queries = [True]
    listing = [False]
    # Parentheses that begin together begin with the same, which is looked for once.
    together, query_in_them = -1, False
    for at, token in enumerate(tokens):
        if token.kind == SIGN and token.value == "(":
            if at > together:
                together, query_in_them = _behind_parentheses(tokens, at)
            # What stands in parentheses behind FROM may be a join or a query.
            inner = at + 1 < len(tokens) and tokens[at + 1].kind == WORD and tokens[at + 1].value in _QUERIES
            joined = listing[-1] and at and tokens[at - 1].value in {"from", "join", ",", "(", "lateral"}
            queries.append(inner or query_in_them)
            listing.append(bool(joined) and not inner)
            if listing[-1] and at == together:
                yield at + 1
        elif token.kind == SIGN and token.value == ")":
            if len(queries) > 1:
                queries.pop()
                listing.pop()
        elif token.kind == SIGN and token.value == "," and listing[-1]:
            yield at + 1
        elif token.kind == WORD:
            begins = (token.value == "from" and queries[-1] and not _is_distinct_from(tokens, at)) or (
                len(queries) == 1 and token.value in also
            )
            if _is_written(tokens, at):
                yield at + 1
            elif begins or token.value == "join":
                listing[-1] = listing[-1] or begins
                yield at + 1
            elif token.value in _ENDS and not is_at(tokens, at - 1, "."):
                # The condition of a join may have commas only in parentheses; behind it the list goes on.
                listing[-1] = listing[-1] and token.value == "on"


def _is_written(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the table follows that INSERT, MERGE or UPDATE writes to."""
    if tokens[at].value == "into":
        return is_at(tokens, at - 1, "insert") or is_at(tokens, at - 1, "merge")
    before = at == 0 or (tokens[at - 1].kind in {WORD, SIGN} and tokens[at - 1].value in _BEFORE_STATEMENT)
    return tokens[at].value == "update" and before


def _behind_parentheses(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    """Give where the last of the parentheses stands that begin here, and whether a query does in them.

    That is so in `((SELECT …) UNION …)`.
    """
    while is_at(tokens, at, "("):
        at += 1
    return at - 1, at < len(tokens) and tokens[at].kind == WORD and tokens[at].value in _QUERIES


def _is_distinct_from(tokens: Sequence[Token], at: int) -> bool:
    return is_at(tokens, at - 1, "distinct") and (is_at(tokens, at - 2, "is") or is_at(tokens, at - 2, "not"))


def _name_at(tokens: Sequence[Token], at: int) -> Name | None:
    """Give the relation that is named there, None for a function or what is no name."""
    while is_at(tokens, at, "only") or is_at(tokens, at, "("):
        at += 1
    if at >= len(tokens) or not is_name(tokens[at]):
        return None
    if tokens[at].kind == WORD and tokens[at].value in _NO_RELATIONS | _QUERIES:
        return None
    parts = [cut_name(tokens[at].value)]
    while is_at(tokens, at + 1, ".") and at + 2 < len(tokens) and tokens[at + 2].kind in {WORD, QUOTED}:
        parts.append(cut_name(tokens[at + 2].value))
        at += 2
    return None if is_at(tokens, at + 1, "(") or is_at(tokens, at + 1, ".") else tuple(parts)
