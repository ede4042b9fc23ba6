"""Reads CREATE of what is not a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.hanging import hanging
from fkdash.catalog.files.reading.naming import names_read, naming
from fkdash.catalog.files.reading.nodes import (
    SKIPPED,
    CreateDomain,
    CreateIndex,
    CreateOther,
    Doubtful,
)
from fkdash.catalog.files.reading.parts import (
    column_constraints,
    column_said,
    expression,
    index_part,
)
from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.table import create_table
from fkdash.catalog.files.reading.tokens import END, SIGN, WORD, Cursor, NotReadError
from fkdash.catalog.files.reading.triggers import create_function, create_rule, create_trigger
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fkdash.catalog.files.reading.nodes import Name, Node
    from fkdash.catalog.files.reading.tokens import Token

_WHOEVER: Final = frozenset({"current_user", "current_role", "session_user", "user"})
_BEFORE_ALL: Final = frozenset({"select", "all", "distinct", ")", ",", "."})
_WORDS: Final = re.compile(r"[A-Za-z_]+")
SKIPPED_OBJECTS: Final = frozenset(
    {
        "function", "procedure", "aggregate", "operator", "cast", "collation", "conversion", "language", "text",
        "policy", "role", "user", "group", "database", "tablespace", "publication", "subscription", "event",
        "statistics", "access", "transform", "trusted", "procedural", "constraint", "large", "default",
        "system", "routine", "rule",
    }
)  # fmt: skip
"""What can be made, changed and dropped without touching anything that is followed."""


def read_create(text: str, _second: str) -> Node:  # noqa: PLR0911 - one line for each kind
    """Read CREATE of anything."""
    words = [word.lower() for word in _WORDS.findall(text[:200])[1:8]]
    if words[:2] == ["or", "replace"]:
        words = words[2:]
    kind = words[0] if words else ""
    if kind == "constraint" and words[1:2] == ["trigger"]:
        kind = "trigger"
    elif kind == "function":
        made = create_function(text)
        return made if made is not SKIPPED else hanging(text)
    elif kind in {"policy", "publication", "procedure"}:
        return hanging(text)
    elif kind == "statistics":
        return naming(text, "create")
    elif (kind == "foreign" and words[1:2] == ["data"]) or kind in SKIPPED_OBJECTS - {"rule"}:
        return CreateOther("operator", (kind,)) if kind in {"cast", "operator"} else SKIPPED
    cursor = Cursor(text)
    cursor.want("create")
    replacing = cursor.take("or", "replace")
    while cursor.sees_any({"temp", "temporary", "local", "global", "unlogged", "recursive"}):
        following = cursor.ahead(1).value
        if following == "table":
            break
        cursor.at += 1
    kind = cursor.now.value
    if kind in {"table", "unlogged", "temp", "temporary", "local", "global"}:
        return create_table(cursor)
    if kind == "foreign" and cursor.ahead(1).value == "table":
        return create_table(cursor)
    making = _MAKERS.get(kind)
    if making is None:
        raise NotReadError(f"CREATE {kind.upper()} is not understood")
    return making(cursor, text, replacing)


def _create_index(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001 - one signature for all
    unique = cursor.take("unique")
    cursor.want("index")
    cursor.take("concurrently")
    exists = cursor.take("if", "not", "exists")
    name = None if cursor.sees("on") else cursor.qualified()[-1]
    cursor.want("on")
    only = cursor.take("only")
    table = cursor.qualified()
    method = cursor.name() if cursor.take("using") else "btree"
    cursor.want("(")
    parts = [index_part(cursor)]
    while cursor.take(","):
        parts.append(index_part(cursor))
    cursor.want(")")
    include = cursor.names() if cursor.take("include") else ()
    distinct = cursor.take("nulls", "not", "distinct")
    cursor.take("nulls", "distinct")
    if cursor.take("with"):
        cursor.pass_parentheses()
    if cursor.take("tablespace"):
        cursor.name()
    predicate = None
    if cursor.take("where"):
        predicate = expression(cursor, cursor.rest())
    cursor.finish()
    return CreateIndex(table, tuple(parts), name, unique, exists, only, method, include, distinct, predicate)


def _create_named(cursor: Cursor, text: str, replacing: bool) -> Node:  # noqa: FBT001
    kind = cursor.word()
    if kind == "materialized":
        cursor.want("view")
        kind = "materialized view"
    exists = cursor.take("if", "not", "exists")
    name = cursor.qualified()
    temporary = re.match(r"create\s+(?:or\s+replace\s+)?temp", text, re.IGNORECASE) is not None
    if kind == "extension":
        cursor.take("with")
        schema = cursor.name() if cursor.take("schema") else ""
        return CreateOther(kind, name, exists, schema=schema)
    if kind == "server":
        return CreateOther(kind, name, exists)
    if kind == "sequence":
        return CreateOther(kind, name, exists, replacing, temporary, owner=_owner(cursor))
    detail = "named" if cursor.sees("(") else ""
    while not cursor.done and not cursor.take("as"):
        cursor.at += 1
    rest = tuple(cursor.tokens[cursor.at :])
    named = tuple(each for each in names_read(rest) if each.name != name)  # a recursive view reads from itself
    words = frozenset(_words(rest))
    return CreateOther(kind, name, exists, replacing, temporary, detail, words=words, named=named, query=rest)


def _owner(cursor: Cursor) -> Name:
    """Give the column that a new sequence is said to go with, nothing for none."""
    while not cursor.done:
        if cursor.take("owned", "by"):
            name = cursor.qualified()
            return name if name != ("none",) else ()
        cursor.at += 1
    return ()


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the names and words of a view's query, and `*` where it takes all columns of something."""
    before = ""
    for token in tokens:
        if is_name(token) or (token.value == "*" and before in _BEFORE_ALL):
            yield token.value
        before = token.value


def _create_schema(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("schema")
    exists = cursor.take("if", "not", "exists")
    named = None if cursor.sees("authorization") else cursor.name()
    role = ""
    if cursor.take("authorization"):
        unsaid = cursor.now.kind == WORD and cursor.now.value in _WHOEVER
        role = cursor.name()
        if named is None and unsaid:
            return Doubtful("the schema is called as the role that runs this, which files do not say")
    name = role if named is None else named
    return CreateOther("schema", (name,), exists, inner=tuple(_elements(cursor)))


def _elements(cursor: Cursor) -> Iterator[Node]:
    """Give what CREATE SCHEMA makes in the schema: statements that nothing parts but their first words."""
    begin, depth = cursor.at, 0
    while not cursor.done:
        depth += {"(": 1, ")": -1}.get(cursor.now.value, 0) if cursor.now.kind == SIGN else 0
        cursor.at += 1
        if cursor.now.kind == END or (depth == 0 and cursor.sees_any({"create", "grant"})):
            text = cursor.source((begin, cursor.at))
            if text[:5].lower() != "grant":
                yield read_create(text, "")
            begin = cursor.at


def _create_type(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("type")
    name = cursor.qualified()
    if cursor.done or cursor.sees("("):
        return CreateOther("type", name, detail="base" if not cursor.done else "shell")
    cursor.want("as")
    if cursor.take("enum"):
        return CreateOther("type", name, detail="enum", labels=tuple(_labels(cursor)))
    if cursor.take("range"):
        begin, end = cursor.pass_parentheses()
        inner = Cursor(cursor.text, cursor.tokens[begin:end])
        multi = ""
        while not inner.done:
            if inner.take("multirange_type_name", "="):
                multi = inner.qualified()[-1]
            else:
                inner.at += 1
        return CreateOther("type", name, detail="range", schema=multi)
    columns = []
    cursor.want("(")
    while not cursor.sees(")"):
        columns.append(column_said(cursor))
        cursor.take(",")
    cursor.want(")")
    return CreateOther("type", name, detail="composite", columns=tuple(columns))


def _labels(cursor: Cursor) -> Iterator[str]:
    cursor.want("(")
    while not cursor.take(")"):
        yield cursor.string()
        cursor.take(",")


def _create_domain(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("domain")
    name = cursor.qualified()
    cursor.take("as")
    said = type_said(cursor)
    return CreateDomain(name, said, column_constraints(cursor))


_MAKERS: Final[dict[str, Callable[[Cursor, str, bool], Node]]] = {
    "index": _create_index,
    "unique": _create_index,
    "view": _create_named,
    "materialized": _create_named,
    "sequence": _create_named,
    "extension": _create_named,
    "server": _create_named,
    "schema": _create_schema,
    "type": _create_type,
    "domain": _create_domain,
    "trigger": create_trigger,
    "constraint": create_trigger,
    "rule": create_rule,
}
