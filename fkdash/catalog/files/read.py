"""Reads a statement: skipped by its first words where it can touch nothing that is followed, else taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.nodes import (
    SKIPPED,
    Act,
    AlterDomain,
    AlterOther,
    AlterTable,
    CommentOnConstraint,
    CreateDomain,
    CreateIndex,
    CreateOther,
    CreateRule,
    CreateTrigger,
    Do,
    Doubtful,
    Drop,
    SetPath,
    Transaction,
)
from fkdash.catalog.files.read_parts import (
    column_constraints,
    column_said,
    index_part,
    parenthesised,
    string_or_name,
    table_constraint,
    type_said,
)
from fkdash.catalog.files.read_table import alter_table, create_table
from fkdash.catalog.files.tokens import QUOTED, STRING, WORD, Cursor, NotReadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.nodes import Name, Node

_WORDS: Final = re.compile(r"[A-Za-z_]+")
_SKIPPED: Final = frozenset(
    {
        "insert", "update", "delete", "merge", "copy", "grant", "revoke", "analyze", "analyse", "vacuum", "security",
        "lock", "notify", "listen", "unlisten", "explain", "reindex", "cluster", "refresh", "checkpoint", "show",
        "values", "table", "declare", "fetch", "move", "close", "prepare", "execute", "deallocate", "load", "truncate",
        "reassign", "discard", "with",
    }
)  # fmt: skip
_SKIPPED_OBJECTS: Final = frozenset(
    {
        "function", "procedure", "aggregate", "operator", "cast", "collation", "conversion", "language", "text",
        "policy", "role", "user", "group", "database", "tablespace", "publication", "subscription", "server",
        "event", "statistics", "access", "transform", "trusted", "procedural", "constraint", "large", "default",
        "system", "routine", "rule",
    }
)  # fmt: skip
_DROPPED: Final = {
    "table", "view", "index", "sequence", "type", "domain", "schema", "extension", "trigger", "rule",
    "materialized view", "foreign table",
}  # fmt: skip
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
        return SKIPPED
    second = head[1] if len(head) > 1 else ""
    reader = _READERS.get(first)
    if reader is None:
        raise NotReadError(f"there is no statement {first.upper()}")
    return reader(text, second)


def _select(text: str, _second: str) -> Node:
    path = _SET_CONFIG.match(text)
    if path is not None:
        return SetPath(_path_of(path.group(1).replace("''", "'")), local=path.group(2).lower() == "true")
    return SKIPPED


def _path_of(text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    cursor = Cursor(text)
    found = [cursor.name()]
    while cursor.take(","):
        found.append(cursor.name())
    return tuple(each for each in found if each)


def _set(text: str, second: str) -> Node:
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
        return SKIPPED
    cursor = Cursor(text)
    cursor.want("comment", "on", "constraint")
    name = cursor.name()
    cursor.want("on")
    if cursor.sees("domain") and cursor.ahead(1).kind in {WORD, QUOTED} and not cursor.ahead(1).value == "is":
        return SKIPPED
    table = cursor.qualified()
    cursor.want("is")
    return CommentOnConstraint(name, table, cursor.string() if cursor.now.kind == STRING else None)


def _import(_text: str, _second: str) -> Node:
    return Doubtful("IMPORT FOREIGN SCHEMA makes tables that only the other server knows")


def _call(_text: str, _second: str) -> Node:
    return Doubtful("what a procedure does is not followed")


def _create(text: str, second: str) -> Node:
    words = [word.lower() for word in _WORDS.findall(text[:200])[1:8]]
    if words[:2] == ["or", "replace"]:
        words = words[2:]
    kind = words[0] if words else ""
    if kind == "constraint" and words[1:2] == ["trigger"]:
        kind = "trigger"
    elif kind == "foreign" and words[1:2] == ["data"]:
        return SKIPPED
    elif kind in _SKIPPED_OBJECTS - {"rule"}:
        return SKIPPED
    cursor = Cursor(text)
    cursor.want("create")
    replacing = cursor.take("or", "replace")
    while cursor.sees_any({"temp", "temporary", "local", "global", "unlogged", "recursive"}):
        following = cursor.ahead(1).value
        if following == "table":
            break
        cursor.at += 1
    kind = cursor.now.value
    del second
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
        from fkdash.catalog.files.read_parts import expression  # noqa: PLC0415

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
    words = frozenset(token.value for token in cursor.tokens[cursor.at :] if token.kind in {WORD, QUOTED})
    return CreateOther(kind, name, exists, replacing, temporary, words=words)


def _create_schema(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("schema")
    exists = cursor.take("if", "not", "exists")
    if cursor.take("authorization"):
        return CreateOther("schema", (cursor.name(),), exists)
    name = cursor.name()
    if cursor.take("authorization"):
        cursor.name()
    if not cursor.done:
        return Doubtful("CREATE SCHEMA with what is in it is not followed")
    return CreateOther("schema", (name,), exists)


def _create_type(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("type")
    name = cursor.qualified()
    if cursor.done or cursor.sees("("):
        return CreateOther("type", name, detail="base" if not cursor.done else "shell")
    cursor.want("as")
    if cursor.take("enum"):
        return CreateOther("type", name, detail="enum")
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


def _create_domain(cursor: Cursor, _text: str, _replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("domain")
    name = cursor.qualified()
    cursor.take("as")
    said = type_said(cursor)
    return CreateDomain(name, said, column_constraints(cursor))


def _create_trigger(cursor: Cursor, _text: str, replacing: bool) -> Node:  # noqa: FBT001
    constraint = cursor.take("constraint")
    cursor.want("trigger")
    name = cursor.name()
    before = cursor.take("before")
    if not before and not cursor.take("after"):
        cursor.want("instead", "of")
    events: set[str] = set()
    while True:
        event = cursor.word()
        events.add(event.upper())
        if event == "update" and cursor.take("of"):
            cursor.name()
            while cursor.take(","):
                cursor.name()
        if not cursor.take("or"):
            break
    cursor.want("on")
    table = cursor.qualified()
    row = False
    while not cursor.sees_any({"execute"}):
        if cursor.take("for", "each", "row") or cursor.take("for", "row"):
            row = True
        elif cursor.take("when"):
            cursor.pass_parentheses()
        elif cursor.done:
            raise cursor.stumbled()
        else:
            cursor.at += 1
    cursor.want("execute")
    cursor.word()
    function = cursor.qualified()
    return CreateTrigger(name, table, function, before, row, frozenset(events), replacing, constraint)


def _create_rule(cursor: Cursor, _text: str, replacing: bool) -> Node:  # noqa: FBT001
    cursor.want("rule")
    name = cursor.name()
    cursor.want("as", "on")
    cursor.word()
    cursor.want("to")
    return CreateRule(name, cursor.qualified(), replacing)


def _drop(text: str, second: str) -> Node:
    if second in {"materialized", "foreign", "owned"}:
        cursor = Cursor(text)
        cursor.want("drop")
        first = cursor.word()
        if first == "owned":
            return Doubtful("what a role owns is not known from files")
        kind = f"{first} {cursor.word()}"
        if kind == "foreign data":
            return SKIPPED
    elif second in _DROPPED:
        cursor = Cursor(text)
        cursor.want("drop")
        kind = cursor.word()
    elif second in _SKIPPED_OBJECTS:
        # A function that a default, a check or a trigger uses goes with them.
        return SKIPPED if "cascade" not in text.lower() else _drop_cascade(text, second)
    else:
        raise NotReadError(f"DROP {second.upper()} is not understood")
    if kind == "index":
        cursor.take("concurrently")
    exists = cursor.take("if", "exists")
    names = [cursor.qualified()]
    while cursor.take(","):
        names.append(cursor.qualified())
    on: Name = cursor.qualified() if kind in {"trigger", "rule"} and cursor.take("on") else ()
    cascade = cursor.take("cascade")
    cursor.take("restrict")
    cursor.finish()
    return Drop(kind, tuple(names), exists, cascade, on)


def _drop_cascade(text: str, second: str) -> Node:
    cursor = Cursor(text)
    cursor.want("drop")
    cursor.word()
    exists = cursor.take("if", "exists")
    if cursor.now.kind not in {WORD, QUOTED}:
        return SKIPPED
    return Drop(second, (cursor.qualified(),), exists, cascade=True)


def _alter(text: str, second: str) -> Node:
    if second in {"table", "view"} or second in {"foreign", "materialized"}:
        cursor = Cursor(text)
        cursor.want("alter")
        if cursor.sees("foreign", "data"):
            return SKIPPED
        return alter_table(cursor)
    if second == "domain":
        return _alter_domain(text)
    if second in _SKIPPED_OBJECTS:
        return SKIPPED
    if second in {"index", "type", "schema", "sequence", "extension", "trigger"}:
        return _alter_other(text)
    raise NotReadError(f"ALTER {second.upper()} is not understood")


def _alter_other(text: str) -> Node:
    cursor = Cursor(text)
    cursor.want("alter")
    kind = cursor.word()
    exists = cursor.take("if", "exists")
    if cursor.take("all", "in", "tablespace"):
        return SKIPPED
    name: Name = cursor.qualified()
    if kind == "trigger":
        cursor.want("on")
        on = cursor.qualified()
        if not cursor.take("rename", "to"):
            return SKIPPED
        return AlterOther(kind, on, Act("rename", name[-1], cursor.name()), exists)
    if cursor.take("rename", "to"):
        return AlterOther(kind, name, Act("rename", cursor.name()), exists)
    if cursor.take("set", "schema"):
        return AlterOther(kind, name, Act("set schema", cursor.name()), exists)
    if kind == "index" and cursor.take("attach", "partition"):
        return AlterOther(kind, name, Act("attach partition", table=cursor.qualified()), exists)
    if kind == "type" and cursor.sees_any({"add", "drop", "alter", "rename"}) and cursor.ahead(1).value != "value":
        return _alter_composite(cursor, name)
    if kind == "sequence" and cursor.take("owned", "by"):
        owner = cursor.qualified()
        return AlterOther(kind, name, Act("owned by", table=owner), exists)
    if kind == "sequence" and "owned" in [token.value for token in cursor.tokens]:
        while not cursor.take("owned", "by"):
            cursor.at += 1
        return AlterOther(kind, name, Act("owned by", table=cursor.qualified()), exists)
    return SKIPPED


def _alter_composite(cursor: Cursor, name: Name) -> Node:
    return AlterOther("type", name, Act("attributes", cursor.source(cursor.rest())))


def _alter_domain(text: str) -> Node:  # noqa: PLR0911 - one line for each action
    cursor = Cursor(text)
    cursor.want("alter", "domain")
    name = cursor.qualified()
    take = cursor.take
    if take("set", "default"):
        return AlterDomain(name, Act("set default", expression=_remaining(cursor)))
    if take("drop", "default"):
        return AlterDomain(name, Act("set default"))
    if take("set", "not", "null"):
        return AlterDomain(name, Act("set not null"))
    if take("drop", "not", "null"):
        return AlterDomain(name, Act("drop not null"))
    if take("add"):
        return AlterDomain(name, Act("add constraint", constraint=_domain_constraint(cursor)))
    if take("drop", "constraint"):
        exists = take("if", "exists")
        return AlterDomain(name, Act("drop constraint", cursor.name(), if_exists=exists))
    if take("rename", "constraint"):
        old = cursor.name()
        cursor.want("to")
        return AlterDomain(name, Act("rename constraint", old, cursor.name()))
    if take("rename", "to"):
        return AlterDomain(name, Act("rename", cursor.name()))
    if take("set", "schema"):
        return AlterDomain(name, Act("set schema", cursor.name()))
    if take("validate", "constraint") or take("owner", "to"):
        return SKIPPED
    raise cursor.stumbled()


def _remaining(cursor: Cursor) -> object:
    from fkdash.catalog.files.read_parts import expression  # noqa: PLC0415

    return expression(cursor, cursor.rest())


def _domain_constraint(cursor: Cursor) -> object:
    if cursor.sees("not", "null") or cursor.ahead(2).value == "not":
        name = cursor.name() if cursor.take("constraint") else None
        cursor.want("not", "null")
        from fkdash.catalog.files.nodes import ConstraintSaid  # noqa: PLC0415

        return ConstraintSaid("n", name)
    return table_constraint(cursor)


_READERS: Final[dict[str, Callable[[str, str], Node]]] = {
    "select": _select,
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
    "create": _create,
    "drop": _drop,
    "alter": _alter,
}
_MAKERS: Final[dict[str, Callable[[Cursor, str, bool], Node]]] = {
    "index": _create_index,
    "unique": _create_index,
    "view": _create_named,
    "materialized": _create_named,
    "sequence": _create_named,
    "extension": _create_named,
    "schema": _create_schema,
    "type": _create_type,
    "domain": _create_domain,
    "trigger": _create_trigger,
    "constraint": _create_trigger,
    "rule": _create_rule,
}
