"""Reads what only hangs on tables and types, and so keeps them from going: policies, functions, publications."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.named_nodes import Named
from fkdash.catalog.files.reading.naming import names_read, query_names
from fkdash.catalog.files.reading.nodes import SKIPPED, ExpressionSaid, HangsOn
from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, Cursor, NotReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.reading.nodes import Name, Node
    from fkdash.catalog.files.reading.tokens import Token

_BODY: Final = re.compile(r"\bas\s*(?:\$|[eE]?'|[uU]&')", re.IGNORECASE)
_ATOMIC: Final = re.compile(r"\bbegin\s+atomic\b|\)\s*return\b|\breturns\b[^$']*\breturn\b", re.IGNORECASE)
_OF_SQL: Final = re.compile(r"\blanguage\s+(?:sql\b|'sql')", re.IGNORECASE)
_MODES: Final = frozenset({"in", "out", "inout", "variadic", "setof"})
_BEHIND_TYPE: Final = frozenset({"default", "=", ":="})


def hanging(text: str) -> Node:
    """Read CREATE, ALTER and DROP of a policy or a publication, and CREATE of a function."""
    try:
        cursor = Cursor(text if "function" not in text[:60].lower() else _head(text))
        doing = cursor.word()
        replacing = cursor.take("or", "replace")
        kind = cursor.word()
        if kind == "policy":
            return _policy(cursor, doing)
        if kind == "publication":
            return _publication(cursor, doing)
        if doing != "create":
            return SKIPPED
        return replace(_routine(cursor, _of_body(text), _steady(text)), or_replace=replacing)
    except NotReadError:
        return SKIPPED  # nothing that is followed changes, whatever it says


def _head(text: str) -> str:
    """Give a function without its body, unless the body is read when the function is made."""
    body = _BODY.search(text)
    return text[: body.start()] if body is not None else text


def _policy(cursor: Cursor, doing: str) -> Node:
    if_exists = doing == "drop" and cursor.take("if", "exists")
    name = cursor.name()
    cursor.want("on")
    table = cursor.qualified()
    if doing == "drop":
        return HangsOn("policy", (name,), doing, table=table, if_exists=if_exists)
    if cursor.take("rename", "to"):
        return HangsOn("policy", (name,), doing, table=table, renamed=cursor.name())
    words = frozenset(_words(cursor.tokens[cursor.at :]))
    conditions = tuple(_conditions(cursor))
    named = tuple(each for said in conditions for each in names_read(said.tokens))
    return HangsOn("policy", (name,), doing, table=table, words=words, conditions=conditions, named=named)


def _conditions(cursor: Cursor) -> Iterator[ExpressionSaid]:
    """Give what stands behind USING and WITH CHECK."""
    while not cursor.done:
        if cursor.take("using") or cursor.take("with", "check"):
            begin, end = cursor.pass_parentheses()
            yield ExpressionSaid(cursor.source((begin, end)), tuple(cursor.tokens[begin:end]))
        else:
            cursor.at += 1


def _publication(cursor: Cursor, doing: str) -> Node:
    if_exists = doing == "drop" and cursor.take("if", "exists")
    name = cursor.name()
    if doing == "drop":
        others = []
        while cursor.take(","):
            others.append(cursor.name())
        return HangsOn("publication", (name,), doing, if_exists=if_exists, others=tuple(others))
    if cursor.take("rename", "to"):
        return HangsOn("publication", (name,), doing, renamed=cursor.name())
    adding = cursor.take("add")
    begin = cursor.at
    while not cursor.done and not cursor.sees("with"):
        cursor.at += 1
    said = cursor.tokens[begin : cursor.at]
    words = frozenset(_words(said))
    named = tuple(_published(Cursor(cursor.text, said)))
    return HangsOn("publication", (name,), "alter" if adding else doing, words=words, named=named)


def _published(cursor: Cursor) -> Iterator[Named]:
    """Give the tables, columns and schemas that a publication names."""
    cursor.take("for") or cursor.take("set")
    if cursor.take("tables", "in", "schema"):
        while not cursor.done and not cursor.sees_any({"current_schema", "table", "tables"}):
            yield Named("schema", (cursor.name(),))
            cursor.take(",")
        return
    while cursor.take("table") or cursor.take(","):
        if cursor.sees_any({"table", "tables"}):
            continue
        cursor.take("only")
        name = cursor.qualified()
        cursor.take("*")
        yield Named("relation", name, "rp", cursor.names() if cursor.sees("(") else ())
        if cursor.take("where"):
            cursor.pass_parentheses()


def _steady(text: str) -> str:
    """Tell whether a function is said to be IMMUTABLE, or is one of SQL, which may take its place."""
    said = {token.value for token in Cursor(text).tokens if token.kind == WORD}
    return "immutable" if "immutable" in said else "sql" if _OF_SQL.search(text) or "return" in said else ""


def _routine(cursor: Cursor, named: tuple[Named, ...], steady: str) -> HangsOn:
    name = cursor.qualified()
    before = cursor.at
    said = signature(cursor)
    types = list(_types(cursor.tokens[before + 1 : cursor.at - 1]))
    if cursor.take("returns"):
        if cursor.take("table"):
            begin, end = cursor.pass_parentheses()
            types += _types(cursor.tokens[begin:end])
        else:
            cursor.take("setof")
            types.append(cursor.qualified())
    rest = cursor.source(cursor.rest())
    body = frozenset(_words(cursor.tokens)) if _ATOMIC.search(rest) else frozenset[str]()
    return HangsOn("function", name, "create", (), body, tuple(types), said, named=named, steady=steady)


def signature(cursor: Cursor) -> str:
    """Take a function's arguments; give their types but those that only come out, which tell no two apart."""
    begin, end = cursor.pass_parentheses()
    return " ".join(".".join(each) for each in _types(cursor.tokens[begin:end], going_in=True))


def _of_body(text: str) -> tuple[Named, ...]:
    """Give what the body of a SQL function reads from: it is read when the function is made."""
    if _OF_SQL.search(text) is None:
        return ()
    body = _BODY.search(text)
    cursor = Cursor(text[body.start() :]) if body is not None else Cursor(text)
    if body is None:
        return names_read(cursor.tokens) if _ATOMIC.search(text) else ()
    cursor.want("as")
    return query_names(cursor.string())


def _types(tokens: Sequence[Token], *, going_in: bool = False) -> Iterator[Name]:
    """Give the types of arguments, whose names and modes may stand before them, or only of those that go in."""
    part: list[Token] = []
    depth = 0
    for token in (*tokens, None):
        depth += {"(": 1, ")": -1}.get(token.value, 0) if token is not None and token.kind == SIGN else 0
        if token is None or (token.value == "," and depth == 0):
            comes_out = any(each.kind == WORD and each.value == "out" for each in part[:2])
            yield from () if going_in and comes_out else _type_of(part)
            part = []
        else:
            part.append(token)


def _type_of(part: Sequence[Token]) -> Iterator[Name]:
    said = [each for each in part if each.kind == QUOTED or each.value not in _MODES]
    ends = next((at for at, each in enumerate(said) if each.kind != QUOTED and each.value in _BEHIND_TYPE), None)
    said = said[:ends]
    named = len(said) > 1 and said[1].kind in {WORD, QUOTED}
    cursor = Cursor("", said[1:] if named else said)
    if cursor.now.kind in {WORD, QUOTED}:
        yield cursor.qualified()


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the names and words of conditions and bodies."""
    return (token.value for token in tokens if is_name(token))
