"""Reads a statement: skipped by its first words where it can touch nothing that is followed, else taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.changes import read_alter, read_drop
from fkdash.catalog.files.reading.create import read_create
from fkdash.catalog.files.reading.named_nodes import Names
from fkdash.catalog.files.reading.naming import naming, query_names
from fkdash.catalog.files.reading.nodes import (
    SKIPPED,
    CommentOnConstraint,
    CreateTable,
    Do,
    Doubtful,
    SetPath,
    Transaction,
)
from fkdash.catalog.files.reading.parts import (
    string_or_name,
)
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, STRING, WORD, Cursor, NotReadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.reading.nodes import Node

_WORDS: Final = re.compile(r"[A-Za-z_]+")
_SKIPPED: Final = frozenset(
    {
        "insert", "update", "delete", "merge", "copy", "grant", "revoke", "analyze", "analyse", "vacuum",
        "security",
        "lock", "notify", "listen", "unlisten", "explain", "reindex", "cluster", "refresh", "checkpoint", "show",
        "values", "table", "declare", "fetch", "move", "close", "execute", "deallocate", "load", "truncate",
        "reassign",
    }
)  # fmt: skip
_SET_CONFIG: Final = re.compile(
    r"select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*'search_path'\s*,\s*'((?:[^']|'')*)'\s*,\s*(true|false)",
    re.IGNORECASE,
)


def read(text: str) -> Node:
    """Give what a statement says; raises NotReadError for one that matters and is not understood."""
    head = [word.lower() for word in _WORDS.findall(text[:120])[:4]]
    if not head:
        raise NotReadError("it does not begin with a word")
    first = head[0]
    if first in _SKIPPED:
        return naming(text, first)
    second = head[1] if len(head) > 1 else ""
    reader = _READERS.get(first)
    if reader is None:
        raise NotReadError(f"there is no statement {first.upper()}")
    return reader(text, second)


_INTO: Final = re.compile(r"\binto\b", re.IGNORECASE)
_BEFORE_INTO: Final = frozenset({"insert", "merge"})


def _query(text: str, _second: str) -> Node:
    """Read a query: one with INTO makes a table of it."""
    if _INTO.search(text) is None:
        return _reading(text)
    tokens = Cursor(text).tokens
    depth = 0
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind == SIGN else 0
        if token.kind != WORD or token.value != "into" or depth:
            continue
        if at and tokens[at - 1].value in _BEFORE_INTO:
            return _reading(text)
        cursor = Cursor(text, tokens[at + 1 :])
        temporary = cursor.sees_any({"temp", "temporary", "local", "global"})
        while cursor.sees_any({"temp", "temporary", "local", "global", "unlogged", "table"}):
            cursor.at += 1
        return CreateTable(cursor.qualified(), temporary=temporary, query=text)
    return _reading(text)


def _reading(text: str) -> Node:
    named = query_names(text)
    return Names(named) if named else SKIPPED


def _prepare(_text: str, second: str) -> Node:
    return Transaction("prepare") if second == "transaction" else SKIPPED


def _discard(_text: str, second: str) -> Node:
    return SetPath(None) if second == "all" else SKIPPED


def _select(text: str, second: str) -> Node:
    path = _SET_CONFIG.match(text)
    if path is not None:
        return SetPath(_path_of(path.group(1).replace("''", "'")), local=path.group(2).lower() == "true")
    return _query(text, second)


def _path_of(text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    cursor = Cursor(text)
    found = [cursor.name()]
    while cursor.take(","):
        found.append(cursor.name())
    return tuple(each for each in found if each)


def _set(text: str, second: str) -> Node:  # noqa: PLR0911 - one line for each case
    if not re.match(
        r"(?:set|reset)\s+(?:(?:session|local)\s+)?\"?(?:search_path|schema|all)\b", text, re.IGNORECASE
    ):
        return SKIPPED
    if second == "session" and re.match(r"set\s+session\s+authorization", text, re.IGNORECASE):
        return SKIPPED
    cursor = Cursor(text)
    if cursor.take("reset"):
        return SetPath(None)
    cursor.want("set")
    local = cursor.take("local")
    cursor.take("session")
    if cursor.take("schema"):
        return SetPath((cursor.string(),), local=local)
    cursor.name()
    if not cursor.take("to"):
        cursor.want("=")
    if cursor.take("default"):
        return SetPath(None, local=local)
    if cursor.take("from", "current"):
        return SKIPPED
    found = [string_or_name(cursor)]
    while cursor.take(","):
        found.append(string_or_name(cursor))
    cursor.finish()
    return SetPath(tuple(each for each in found if each), local=local)


def _begin(text: str, second: str) -> Node:
    if text[:5].lower() == "start" and second != "transaction":
        raise NotReadError("START is not understood")
    return Transaction("begin")


def _end(text: str, second: str) -> Node:
    first = _WORDS.findall(text[:20])[0].lower()
    if second == "prepared" or "prepared" in text[:40].lower():
        return Doubtful("a prepared transaction ends elsewhere")
    what = "commit" if first in {"commit", "end"} else "rollback"
    cursor = Cursor(text)
    cursor.word()
    cursor.take("work") or cursor.take("transaction")
    if cursor.take("to"):
        cursor.take("savepoint")
        return Transaction("rollback to", cursor.name())
    return Transaction(f"{what} and chain" if cursor.take("and", "chain") else what)


def _savepoint(text: str, _second: str) -> Node:
    cursor = Cursor(text)
    cursor.want("savepoint")
    return Transaction("savepoint", cursor.name())


def _release(text: str, _second: str) -> Node:
    cursor = Cursor(text)
    cursor.want("release")
    cursor.take("savepoint")
    return Transaction("release", cursor.name())


def _do(text: str, _second: str) -> Node:
    cursor = Cursor(text)
    cursor.want("do")
    language, body = "plpgsql", None
    while not cursor.done:
        if cursor.take("language"):
            language = string_or_name(cursor).lower()
        else:
            body = cursor.string()
    if body is None:
        raise NotReadError("DO has no body")
    return Do(body, language)


def _comment(text: str, second: str) -> Node:
    if second != "on" or not re.match(r"comment\s+on\s+constraint\b", text, re.IGNORECASE):
        return naming(text, "comment")
    cursor = Cursor(text)
    cursor.want("comment", "on", "constraint")
    name = cursor.name()
    cursor.want("on")
    if cursor.sees("domain") and cursor.ahead(1).kind in {WORD, QUOTED} and cursor.ahead(1).value != "is":
        return SKIPPED
    table = cursor.qualified()
    cursor.want("is")
    return CommentOnConstraint(name, table, cursor.string() if cursor.now.kind == STRING else None)


def _import(_text: str, _second: str) -> Node:
    return Doubtful("IMPORT FOREIGN SCHEMA makes tables that only the other server knows")


def _call(_text: str, _second: str) -> Node:
    return Doubtful("what a procedure does is not followed")


_READERS: Final[dict[str, Callable[[str, str], Node]]] = {
    "select": _select,
    "with": _query,
    "prepare": _prepare,
    "discard": _discard,
    "set": _set,
    "reset": _set,
    "begin": _begin,
    "start": _begin,
    "commit": _end,
    "end": _end,
    "rollback": _end,
    "abort": _end,
    "savepoint": _savepoint,
    "release": _release,
    "do": _do,
    "comment": _comment,
    "import": _import,
    "call": _call,
    "create": read_create,
    "drop": read_drop,
    "alter": read_alter,
}
