"""Reads the parts that statements share: expressions, constraints, columns (gram.y)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import (
    ColumnSaid,
    ConstraintSaid,
    ExpressionSaid,
    IndexPart,
    References,
)
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, STRING, WORD, NotReadError
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.tokens import Cursor

_COLUMN_PARTS: Final = frozenset(
    {
        "constraint", "not", "null", "default", "primary", "unique", "check", "references", "generated", "collate",
        "deferrable", "initially", "enforced", "storage", "compression", ",",
    }
)  # fmt: skip
_NO_EXPRESSION: Final = frozenset({"{", "}", "$", "\\", ";"})
_ACTIONS: Final = (
    (("no", "action"), "NO ACTION"),
    (("restrict",), "RESTRICT"),
    (("cascade",), "CASCADE"),
    (("set", "null"), "SET NULL"),
    (("set", "default"), "SET DEFAULT"),
)


def expression(cursor: Cursor, span: tuple[int, int]) -> ExpressionSaid:
    """Give the expression that these tokens are; raises NotReadError for signs that no expression has.

    A colon stands in the brackets of a slice, elsewhere it begins a variable of psql's; other tools have
    `${name}`.
    """
    tokens, depth = cursor.tokens[span[0] : span[1]], 0
    for each in tokens:
        if each.kind == SIGN:
            depth += {"[": 1, "]": -1}.get(each.value, 0)
            if each.value in _NO_EXPRESSION or (each.value == ":" and not depth):
                raise NotReadError(f"it is not understood at {cursor.text[each.start : each.start + 40]!r}")
    return ExpressionSaid(cursor.source(span), tuple(tokens))


def parenthesised(cursor: Cursor) -> ExpressionSaid:
    """Take an expression in parentheses, without them."""
    return expression(cursor, cursor.pass_parentheses())


def column_said(cursor: Cursor, *, typed: bool = True) -> ColumnSaid:
    """Take a column with its constraints; without `typed` it may have no type (a partition's, say)."""
    name = cursor.name()
    if not typed and cursor.take("with", "options"):
        return ColumnSaid(name, None, column_constraints(cursor))
    bare = not typed and (cursor.sees_any(_COLUMN_PARTS) or cursor.sees(")"))
    said = None if bare else type_said(cursor)
    if cursor.take("options"):
        cursor.pass_parentheses()
    return ColumnSaid(name, said, column_constraints(cursor))


def column_constraints(cursor: Cursor) -> tuple[ConstraintSaid, ...]:
    """Take the constraints behind a column's type."""
    found: list[ConstraintSaid] = []
    while not cursor.done and not cursor.sees(",") and not cursor.sees(")"):
        if cursor.take("storage") or cursor.take("compression"):
            cursor.at += 1
            continue
        if cursor.take("options"):
            cursor.pass_parentheses()
            continue
        name = cursor.name() if cursor.take("constraint") else None
        one = _column_constraint(cursor)
        if one is None:
            raise cursor.stumbled()
        found.append(replace(_attributes(cursor, one), name=name))
    return tuple(found)


def _column_constraint(cursor: Cursor) -> ConstraintSaid | None:  # noqa: PLR0911 - one line for each constraint there is
    take = cursor.take
    if take("not", "null"):
        return ConstraintSaid("n", no_inherit=take("no", "inherit"))
    if take("null"):
        return ConstraintSaid("null")
    if take("default"):
        return ConstraintSaid("default", expression=expression(cursor, cursor.pass_until(_COLUMN_PARTS)))
    if take("primary", "key"):
        return _key_tail(cursor, ConstraintSaid("p"))
    if take("unique"):
        distinct = _nulls(cursor)
        return _key_tail(cursor, ConstraintSaid("u", nulls_not_distinct=distinct))
    if take("check"):
        said = parenthesised(cursor)
        return ConstraintSaid("c", expression=said, no_inherit=take("no", "inherit"))
    if take("references"):
        return ConstraintSaid("f", references=_references(cursor))
    if take("collate"):
        return ConstraintSaid("collate", value=cursor.qualified())
    if take("generated"):
        return _generated(cursor)
    return None


def _generated(cursor: Cursor) -> ConstraintSaid:
    always = cursor.take("always")
    if not always:
        cursor.want("by", "default")
    cursor.want("as")
    if cursor.take("identity"):
        options = parenthesised(cursor).text if cursor.sees("(") else ""
        return ConstraintSaid("identity", always=always, value=(options,))
    said = parenthesised(cursor)
    stored: bool | None = None
    if cursor.take("stored"):
        stored = True
    elif cursor.take("virtual"):
        stored = False
    return ConstraintSaid("generated", expression=said, stored=stored)


def _nulls(cursor: Cursor) -> bool:
    if cursor.take("nulls", "not", "distinct"):
        return True
    cursor.take("nulls", "distinct")
    return False


def _key_tail(cursor: Cursor, said: ConstraintSaid) -> ConstraintSaid:
    if cursor.take("include"):
        said = replace(said, include=cursor.names())
    if cursor.take("with"):
        cursor.pass_parentheses()
    if cursor.take("using", "index", "tablespace"):
        cursor.name()
    return said


def _references(cursor: Cursor) -> References:
    table = cursor.qualified()
    columns: tuple[str, ...] = ()
    period = False
    if cursor.sees("("):
        columns, period = _key_columns(cursor)
    match, on_delete, on_update = "SIMPLE", "NO ACTION", "NO ACTION"
    listed: tuple[str, ...] = ()
    while True:
        if cursor.take("match"):
            match = cursor.word().upper()
        elif cursor.take("on", "delete"):
            on_delete = _action(cursor)
            if on_delete.startswith("SET") and cursor.sees("("):
                listed = cursor.names()
        elif cursor.take("on", "update"):
            on_update = _action(cursor)
        else:
            return References(table, columns, match, on_delete, on_update, listed, period)


def _key_columns(cursor: Cursor) -> tuple[tuple[str, ...], bool]:
    """Take a foreign key's columns, of which PERIOD may come before the last."""
    cursor.want("(")
    found: list[str] = []
    period = False
    while True:
        if cursor.sees("period") and cursor.ahead(1).kind in {WORD, QUOTED}:
            cursor.at += 1
            period = True
        found.append(cursor.name())
        if not cursor.take(","):
            break
    cursor.want(")")
    return tuple(found), period


def _action(cursor: Cursor) -> str:
    for words, action in _ACTIONS:
        if cursor.take(*words):
            return action
    raise cursor.stumbled()


def _attributes(cursor: Cursor, said: ConstraintSaid) -> ConstraintSaid:
    """Take what may follow any constraint: DEFERRABLE, NOT VALID, NOT ENFORCED, NO INHERIT."""
    while True:
        if cursor.take("not", "deferrable"):
            said = replace(said, deferrable=False)
        elif cursor.take("deferrable"):
            said = replace(said, deferrable=True)
        elif cursor.take("initially", "deferred"):
            said = replace(said, deferrable=said.deferrable is not False, initially_deferred=True)
        elif cursor.take("initially", "immediate"):
            said = replace(said, initially_deferred=False)
        elif cursor.take("not", "valid"):
            said = replace(said, not_valid=True)
        elif cursor.take("not", "enforced"):
            said = replace(said, enforcement=(*said.enforcement, False))
        elif cursor.take("enforced"):
            said = replace(said, enforcement=(*said.enforcement, True))
        elif cursor.take("no", "inherit"):
            said = replace(said, no_inherit=True)
        else:
            return said


def begins_constraint(cursor: Cursor) -> bool:
    """Tell whether a constraint of the table comes next, not a column."""
    if cursor.now.kind != WORD:
        return False
    word, following = cursor.now.value, cursor.ahead(1)
    if word == "constraint":
        return True
    if word in {"primary", "foreign"}:
        return following.value == "key"
    if word in {"check", "unique"}:
        return True
    if word == "exclude":
        # It is no reserved word: a column may be called so.
        return following.value in {"using", "("}
    return word == "not" and following.value == "null"


def table_constraint(cursor: Cursor) -> ConstraintSaid:
    """Take a constraint of a table, with or without its name."""
    name = cursor.name() if cursor.take("constraint") else None
    return replace(_attributes(cursor, _table_constraint(cursor)), name=name)


def _table_constraint(cursor: Cursor) -> ConstraintSaid:
    take = cursor.take
    if take("primary", "key"):
        return _key(cursor, "p")
    if take("unique"):
        return _key(cursor, "u")
    if take("foreign", "key"):
        columns, period = _key_columns(cursor)
        cursor.want("references")
        return ConstraintSaid("f", columns=columns, references=_references(cursor), period=period)
    if take("check"):
        return ConstraintSaid("c", expression=parenthesised(cursor))
    if take("not", "null"):
        return ConstraintSaid("n", columns=(cursor.name(),))
    if take("exclude"):
        return _exclude(cursor)
    raise cursor.stumbled()


def _key(cursor: Cursor, kind: str) -> ConstraintSaid:
    distinct = _nulls(cursor)
    if cursor.take("using", "index"):
        return ConstraintSaid(kind, using_index=cursor.name())
    cursor.want("(")
    columns: list[str] = []
    overlaps = False
    while True:
        columns.append(cursor.name())
        overlaps = cursor.take("without", "overlaps")
        if not cursor.take(","):
            break
    cursor.want(")")
    said = ConstraintSaid(kind, columns=tuple(columns), nulls_not_distinct=distinct, without_overlaps=overlaps)
    return _key_tail(cursor, said)


def _exclude(cursor: Cursor) -> ConstraintSaid:
    method = cursor.name() if cursor.take("using") else "btree"
    cursor.want("(")
    parts = [index_part(cursor, exclude=True)]
    while cursor.take(","):
        parts.append(index_part(cursor, exclude=True))
    cursor.want(")")
    said = _key_tail(cursor, ConstraintSaid("x", parts=tuple(parts), method=method))
    if cursor.take("where"):
        said = replace(said, predicate=parenthesised(cursor))
    return said


def index_part(cursor: Cursor, *, exclude: bool = False) -> IndexPart:
    """Take one column or expression of an index, with its operator class."""
    column: str | None = None
    said: ExpressionSaid | None = None
    if cursor.sees("("):
        said = parenthesised(cursor)
    elif cursor.ahead(1).value in {"(", "."} and cursor.ahead(1).kind == "sign":
        begin = cursor.at
        cursor.qualified()
        cursor.pass_parentheses()
        said = expression(cursor, (begin, cursor.at))
    else:
        column = cursor.name()
    if cursor.take("collate"):
        cursor.qualified()
    opclass: tuple[str, ...] = ()
    if cursor.now.kind in {WORD, QUOTED} and not cursor.sees_any({"asc", "desc", "nulls", "with"}):
        opclass = cursor.qualified()
        if cursor.sees("("):
            cursor.pass_parentheses()
    if not cursor.take("asc"):
        cursor.take("desc")
    if cursor.take("nulls"):
        cursor.word()
    operator = ""
    if exclude:
        cursor.want("with")
        operator = cursor.source(cursor.pass_until({",", ")"}))
    return IndexPart(column, said, opclass, operator)


def string_or_name(cursor: Cursor) -> str:
    """Take a string or a name, whichever is there."""
    return cursor.string() if cursor.now.kind == STRING else cursor.name()
