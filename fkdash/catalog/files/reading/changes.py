"""Reads ALTER and DROP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.hanging import hanging, signature
from fkdash.catalog.files.reading.named_nodes import Named, Names
from fkdash.catalog.files.reading.naming import default_privileges
from fkdash.catalog.files.reading.nodes import (
    ROUTINES,
    SKIPPED,
    Act,
    AlterAttributes,
    AlterDomain,
    AlterOther,
    ColumnSaid,
    ConstraintSaid,
    Doubtful,
    Drop,
    ExpressionSaid,
    HangsOn,
)
from fkdash.catalog.files.reading.parts import (
    expression,
    table_constraint,
)
from fkdash.catalog.files.reading.table import alter_table
from fkdash.catalog.files.reading.tokens import QUOTED, WORD, Cursor, NotReadError
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import Name, Node

from fkdash.catalog.files.reading.create import SKIPPED_OBJECTS

_STEADINESS: Final = frozenset({"immutable", "stable", "volatile"})
_HANGING: Final = frozenset({"policy", "publication"})
_NAMED: Final = {"index": "relation", "sequence": "relation", "type": "type", "schema": "schema"}
_RELKINDS: Final = {"index": "iI", "sequence": "S"}
_DROPPED: Final = {
    "table", "view", "index", "sequence", "type", "domain", "schema", "extension", "trigger", "rule",
    "materialized view", "foreign table", "server",
}  # fmt: skip


def read_drop(text: str, second: str) -> Node:
    """Read DROP of anything."""
    if second in {"materialized", "foreign", "owned"}:
        cursor = Cursor(text)
        cursor.want("drop")
        first = cursor.word()
        if first == "owned":
            return Doubtful("what a role owns is not known from files")
        kind = f"{first} {cursor.word()}"
        if kind == "foreign data":
            along = "cascade" in text.lower()
            return Doubtful("which servers go with their wrapper is not followed") if along else SKIPPED
    elif second in _DROPPED:
        cursor = Cursor(text)
        cursor.want("drop")
        kind = cursor.word()
    elif second in SKIPPED_OBJECTS:
        # A function that a default, a check or a trigger uses goes with them.
        if second in ROUTINES:
            return _drop_routines(text)
        if second in _HANGING:
            return hanging(text)
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


def _drop_routines(text: str) -> Node:
    """Read DROP FUNCTION."""
    cursor = Cursor(text)
    cursor.want("drop")
    kind = cursor.word()
    exists = cursor.take("if", "exists")
    names: list[Name] = []
    signatures: list[str | None] = []
    while not names or cursor.take(","):
        names.append(cursor.qualified())
        signatures.append(signature(cursor) if cursor.sees("(") else None)
    return Drop(kind, tuple(names), exists, cursor.take("cascade"), signatures=tuple(signatures))


def read_alter(text: str, second: str) -> Node:  # noqa: PLR0911 - one line for each kind
    """Read ALTER of anything."""
    if second in {"table", "view"} or second in {"foreign", "materialized"}:
        cursor = Cursor(text)
        cursor.want("alter")
        if cursor.sees("foreign", "data"):
            return SKIPPED
        return alter_table(cursor)
    if second == "domain":
        return _alter_domain(text)
    if second in {"function", "routine"}:
        return _alter_function(text)
    if second == "default":
        return _alter_of_all(text)
    if second in SKIPPED_OBJECTS:
        return hanging(text) if second in _HANGING else SKIPPED
    if second in {"index", "type", "schema", "sequence", "extension", "trigger", "server"}:
        return _alter_other(text)
    raise NotReadError(f"ALTER {second.upper()} is not understood")


def _alter_of_all(text: str) -> Node:
    """Read ALTER DEFAULT PRIVILEGES, which names schemas."""
    named = tuple(default_privileges(Cursor(text)))
    return Names(named) if named else SKIPPED


def _alter_other(text: str) -> Node:  # noqa: C901, PLR0911 - one line for each case
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
    if kind == "type" and cursor.sees_any({"add", "rename"}) and cursor.ahead(1).value == "value":
        return AlterOther(kind, name, _label(cursor))
    if kind == "type" and cursor.sees_any({"add", "drop", "alter", "rename"}):
        return _alter_composite(cursor, name)
    if kind == "sequence" and cursor.take("owned", "by"):
        owner = cursor.qualified()
        return AlterOther(kind, name, Act("owned by", table=owner), exists)
    if kind == "sequence" and "owned" in [token.value for token in cursor.tokens]:
        while not cursor.take("owned", "by"):
            cursor.at += 1
        return AlterOther(kind, name, Act("owned by", table=cursor.qualified()), exists)
    if exists or kind not in _NAMED:
        return SKIPPED
    return Names((Named(_NAMED[kind], name, _RELKINDS.get(kind, "")),))


def _label(cursor: Cursor) -> Act:
    """Take ADD VALUE or RENAME VALUE of an enum."""
    if cursor.take("rename", "value"):
        label = cursor.string()
        cursor.want("to")
        return Act("rename value", label, cursor.string())
    cursor.want("add", "value")
    exists = cursor.take("if", "not", "exists")
    label = cursor.string()
    beside = cursor.string() if cursor.take("before") or cursor.take("after") else ""
    return Act("add value", label, beside, if_exists=exists)


def _alter_function(text: str) -> Node:
    cursor = Cursor(text)
    cursor.want("alter")
    cursor.word()
    name = cursor.qualified()
    if cursor.sees("(") and signature(cursor):
        moved = cursor.sees("rename") or cursor.sees("set", "schema") or cursor.sees_any(_STEADINESS)
        return HangsOn("function", name, "forget") if moved else SKIPPED
    if cursor.take("rename", "to"):
        return AlterOther("function", name, Act("rename", cursor.name()))
    if cursor.take("set", "schema"):
        return AlterOther("function", name, Act("set schema", cursor.name()))
    return SKIPPED


def _alter_composite(cursor: Cursor, name: Name) -> Node:
    acts = [_attribute(cursor)]
    while acts[0].what != "rename column" and cursor.take(","):
        acts.append(_attribute(cursor))
    cursor.finish()
    return AlterAttributes(name, tuple(acts))


def _attribute(cursor: Cursor) -> Act:
    """Take one action on an attribute; CASCADE is for typed tables."""
    doing = cursor.word()
    cursor.want("attribute")
    exists = cursor.take("if", "exists")
    attribute = cursor.name()
    if doing == "add":
        act = Act("add column", column=ColumnSaid(attribute, type_said(cursor)))
    elif doing == "drop":
        act = Act("drop column", attribute, if_exists=exists)
    elif doing == "rename":
        cursor.want("to")
        act = Act("rename column", attribute, cursor.name())
    else:
        cursor.take("set", "data")
        cursor.want("type")
        act = Act("column type", attribute, type=type_said(cursor))
    if cursor.take("collate"):
        cursor.qualified()
    cascade = cursor.take("cascade")
    cursor.take("restrict")
    return replace(act, cascade=cascade)


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
    if take("validate", "constraint"):
        return AlterDomain(name, Act("validate constraint", cursor.name()))
    if take("owner", "to"):
        return SKIPPED
    raise cursor.stumbled()


def _remaining(cursor: Cursor) -> ExpressionSaid:
    return expression(cursor, cursor.rest())


def _domain_constraint(cursor: Cursor) -> ConstraintSaid:
    if cursor.sees("not", "null") or cursor.ahead(2).value == "not":
        name = cursor.name() if cursor.take("constraint") else None
        cursor.want("not", "null")
        return ConstraintSaid("n", name)
    return table_constraint(cursor)
