"""Reads CREATE TABLE and ALTER TABLE (gram.y: CreateStmt, CreateForeignTableStmt, AlterTableStmt, RenameStmt)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import (
    Act,
    AlterTable,
    ColumnSaid,
    ConstraintSaid,
    CreateTable,
    LikeSaid,
    Partitioning,
)
from fkdash.catalog.files.reading.parts import (
    begins_constraint,
    column_said,
    expression,
    index_part,
    parenthesised,
    table_constraint,
)
from fkdash.catalog.files.reading.tokens import SIGN, NotReadError
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import ExpressionSaid
    from fkdash.catalog.files.reading.tokens import Cursor

_LIKE_ALL: Final = frozenset({"constraints", "defaults", "generated", "identity", "indexes"})
_LIKE_WORDS: Final = _LIKE_ALL | {"all", "comments", "compression", "statistics", "storage"}
_OF_SEQUENCES: Final = frozenset({"increment", "start", "minvalue", "maxvalue", "no", "cache", "cycle", "restart"})
_ALONE: Final = frozenset(
    {"rename", "rename column", "rename constraint", "set schema", "attach partition", "detach partition"}
)
_NOTHING_FOLLOWED: Final = frozenset(
    {
        "owner", "cluster", "set", "reset", "replica", "force", "no", "storage", "options", "statistics",
        "compression",
        "depends", "logged", "unlogged",
    }
)  # fmt: skip


def create_table(cursor: Cursor) -> CreateTable:
    """Read what stands behind CREATE, up to the end."""
    temporary, unlogged, kind = _table_kind(cursor)
    exists = cursor.take("if", "not", "exists")
    made = CreateTable(cursor.qualified(), if_not_exists=exists, temporary=temporary, unlogged=unlogged, kind=kind)
    if cursor.take("of"):
        made = replace(made, of_type=cursor.qualified())
        if cursor.sees("("):
            made = replace(made, elements=_elements(cursor, typed=False))
    elif cursor.take("partition", "of"):
        made = replace(made, partition_of=cursor.qualified())
        if cursor.sees("("):
            made = replace(made, elements=_elements(cursor, typed=False))
        made = replace(made, bound=_bound(cursor))
    elif cursor.sees("("):
        if _is_column_list_of_query(cursor):
            return replace(made, query=_query(cursor))
        made = replace(made, elements=_elements(cursor, typed=True))
    return _table_tail(cursor, made)


def _table_kind(cursor: Cursor) -> tuple[bool, bool, str]:
    """Tell whether the table is temporary, whether it is unlogged, and its kind."""
    temporary = unlogged = False
    while not cursor.take("table"):
        word = cursor.word()
        if word in {"temp", "temporary"}:
            temporary = True
        elif word == "foreign":
            cursor.want("table")
            return temporary, unlogged, "f"
        elif word == "unlogged":
            unlogged = True
        elif word not in {"global", "local"}:
            raise NotReadError(f"CREATE {word.upper()} TABLE is not known")
    return temporary, unlogged, "r"


def _is_column_list_of_query(cursor: Cursor) -> bool:
    """Tell CREATE TABLE t (a, b) AS SELECT from a list of columns with types."""
    return cursor.ahead(2).kind == SIGN and cursor.ahead(2).value in {",", ")"} and not cursor.sees("(", ")")


def _query(cursor: Cursor) -> str:
    return cursor.source(cursor.rest())


def _table_tail(cursor: Cursor, made: CreateTable) -> CreateTable:
    while not cursor.done:
        if cursor.take("inherits"):
            cursor.want("(")
            parents = [cursor.qualified()]
            while cursor.take(","):
                parents.append(cursor.qualified())
            cursor.want(")")
            made = replace(made, inherits=tuple(parents))
        elif cursor.take("partition", "by"):
            made = replace(made, partitioning=_partitioning(cursor))
        elif cursor.take("using") or cursor.take("tablespace"):
            cursor.name()
        elif cursor.take("server"):
            made = replace(made, server=cursor.name())
        elif cursor.take("with") or cursor.take("options"):
            if not cursor.sees("("):
                return replace(made, query=_query(cursor))
            cursor.pass_parentheses()
        elif cursor.take("without", "oids"):
            pass
        elif cursor.take("on", "commit"):
            made = replace(made, on_commit_drop=cursor.word() == "drop")
            cursor.take("rows")
        elif cursor.take("as"):
            return replace(made, query=_query(cursor))
        else:
            raise cursor.stumbled()
    return made


def _partitioning(cursor: Cursor) -> Partitioning:
    strategy = cursor.word()
    cursor.want("(")
    columns: list[str | None] = []
    expressions: list[ExpressionSaid] = []
    while True:
        part = index_part(cursor)
        columns.append(part.column)
        if part.expression is not None:
            expressions.append(part.expression)
        if not cursor.take(","):
            break
    cursor.want(")")
    return Partitioning(strategy, tuple(columns), tuple(expressions))


def _bound(cursor: Cursor) -> str:
    """Take a partition's bound: `default`, or what stands in FOR VALUES, its words folded."""
    if cursor.take("default"):
        return "default"
    cursor.want("for", "values")
    begin = cursor.at
    if cursor.take("in") or cursor.take("with"):
        cursor.pass_parentheses()
    else:
        cursor.want("from")
        cursor.pass_parentheses()
        cursor.want("to")
        cursor.pass_parentheses()
    return " ".join(
        token.value if token.kind != "string" else repr(token.value) for token in cursor.tokens[begin : cursor.at]
    )


def _elements(cursor: Cursor, *, typed: bool) -> tuple[ColumnSaid | ConstraintSaid | LikeSaid, ...]:
    cursor.want("(")
    found: list[ColumnSaid | ConstraintSaid | LikeSaid] = []
    if cursor.take(")"):
        return ()
    while True:
        if cursor.sees("like"):
            found.append(_like(cursor))
        elif begins_constraint(cursor):
            found.append(table_constraint(cursor))
        else:
            found.append(column_said(cursor, typed=typed))
        if not cursor.take(","):
            break
    cursor.want(")")
    return tuple(found)


def _like(cursor: Cursor) -> LikeSaid:
    cursor.want("like")
    table = cursor.qualified()
    including: set[str] = set()
    while cursor.sees_any({"including", "excluding"}):
        adding = cursor.word() == "including"
        what = cursor.word()
        if what not in _LIKE_WORDS:
            raise NotReadError(f"LIKE includes no {what}")
        words = _LIKE_ALL if what == "all" else {what}
        including = including | words if adding else including - words
    return LikeSaid(table, frozenset(including))


def alter_table(cursor: Cursor) -> AlterTable:
    """Read what stands behind ALTER, up to the end."""
    kind = cursor.word()
    if kind in {"foreign", "materialized"}:
        kind = f"{kind} {cursor.word()}"
    exists = cursor.take("if", "exists")
    only = cursor.take("only")
    if cursor.take("all", "in", "tablespace"):
        cursor.rest()
        return AlterTable(kind, ("",), (), if_exists=True)
    name = cursor.qualified()
    cursor.take("*")
    acts = [_act(cursor)]
    while cursor.take(","):
        acts.append(_act(cursor))
    cursor.finish()
    if len(acts) > 1 and any(each.what in _ALONE for each in acts):
        raise NotReadError("RENAME, SET SCHEMA, ATTACH and DETACH stand alone in a statement")
    return AlterTable(kind, name, tuple(each for each in acts if each.what), exists, only)


def _act(cursor: Cursor) -> Act:  # noqa: C901, PLR0911, PLR0912 - one line for each action there is
    take = cursor.take
    if take("add"):
        return _add(cursor)
    if take("drop"):
        return _drop(cursor)
    if take("alter"):
        return _alter(cursor)
    if take("rename"):
        return _rename(cursor)
    if take("validate", "constraint"):
        return Act("validate constraint", cursor.name())
    if take("attach", "partition"):
        table = cursor.qualified()
        bound = "" if cursor.done else _bound(cursor)
        return Act("attach partition", table=table, other=bound)
    if take("detach", "partition"):
        table = cursor.qualified()
        concurrently = cursor.take("concurrently") or cursor.take("finalize")
        return Act("detach partition", table=table, other="concurrently" if concurrently else "")
    if take("inherit"):
        return Act("inherit", table=cursor.qualified())
    if take("no", "inherit"):
        return Act("no inherit", table=cursor.qualified())
    if take("set", "schema"):
        return Act("set schema", cursor.name())
    if take("set", "logged") or take("set", "unlogged"):
        return Act("set logged", other="" if cursor.tokens[cursor.at - 1].value == "unlogged" else "yes")
    if take("enable"):
        return _firing(cursor, "O")
    if take("disable"):
        return _firing(cursor, "D")
    if take("force", "row", "level", "security"):
        return Act("force row security", other="yes")
    if take("no", "force", "row", "level", "security"):
        return Act("force row security")
    if take("replica", "identity"):
        if take("using", "index"):
            return Act("replica identity", cursor.name())
        cursor.word()
        return Act("replica identity")
    if take("of"):
        return Act("of type", table=cursor.qualified())
    if take("not", "of"):
        return Act("not of type")
    if cursor.sees_any(_NOTHING_FOLLOWED):
        cursor.pass_until({","})
        return Act("")
    raise cursor.stumbled()


def _firing(cursor: Cursor, state: str) -> Act:
    if cursor.take("row", "level", "security"):
        return Act("row security", other="yes" if state == "O" else "")
    if cursor.take("replica"):
        state = "R"
    elif cursor.take("always"):
        state = "A"
    what = cursor.word()
    return Act(f"enable {what}", cursor.name(), other=state)


def _add(cursor: Cursor) -> Act:
    if begins_constraint(cursor):
        return Act("add constraint", constraint=table_constraint(cursor))
    cursor.take("column")
    exists = cursor.take("if", "not", "exists")
    return Act("add column", column=column_said(cursor), if_exists=exists)


def _drop(cursor: Cursor) -> Act:
    if cursor.take("constraint"):
        exists = cursor.take("if", "exists")
        return Act("drop constraint", cursor.name(), if_exists=exists, cascade=_cascade(cursor))
    cursor.take("column")
    exists = cursor.take("if", "exists")
    return Act("drop column", cursor.name(), if_exists=exists, cascade=_cascade(cursor))


def _cascade(cursor: Cursor) -> bool:
    if cursor.take("cascade"):
        return True
    cursor.take("restrict")
    return False


def _alter(cursor: Cursor) -> Act:  # noqa: PLR0911 - one line for each case
    if cursor.take("constraint"):
        return _alter_constraint(cursor)
    cursor.take("column")
    name = cursor.name()
    take = cursor.take
    if take("set", "not", "null"):
        return Act("set not null", name)
    if take("drop", "not", "null"):
        return Act("drop not null", name)
    if take("set", "default"):
        return Act("set default", name, expression=expression(cursor, cursor.pass_until({","})))
    if take("drop", "default"):
        return Act("set default", name)
    if take("set", "data", "type") or take("type"):
        return _alter_type(cursor, name)
    if take("add", "generated"):
        always = take("always")
        if not always:
            cursor.want("by", "default")
        cursor.want("as", "identity")
        options = parenthesised(cursor).text if cursor.sees("(") else ""
        return Act("add identity", name, constraint=ConstraintSaid("identity", always=always, value=(options,)))
    if take("drop", "identity"):
        return Act("drop identity", name, if_exists=take("if", "exists"))
    if take("drop", "expression"):
        return Act("drop expression", name, if_exists=take("if", "exists"))
    if take("set", "expression", "as"):
        return Act("set expression", name, expression=parenthesised(cursor))
    return _alter_rest(cursor, name)


def _alter_rest(cursor: Cursor, name: str) -> Act:
    """Read SET GENERATED and the options of a sequence, or pass over what only has to find the column."""
    always: bool | None = None
    # SET and then what a sequence can be told, or RESTART: only identity columns have one.
    numbers, counted = cursor.sees("restart"), cursor.sees("set", "statistics")
    while cursor.take("set"):
        if cursor.take("generated"):
            always = cursor.take("always")
            if not always:
                cursor.want("by", "default")
        else:
            numbers = numbers or cursor.sees_any(_OF_SEQUENCES)
            cursor.pass_until({",", "set"})
    if cursor.take("restart"):
        cursor.pass_until({","}, least=0) if not cursor.done and not cursor.sees(",") else None
    if cursor.take("reset") or cursor.take("options"):
        cursor.pass_parentheses()
    if always is None:
        return Act("set generated" if numbers else "name column", name, "statistics" if counted else "")
    return Act("set generated", name, other="a" if always else "d")


def _alter_type(cursor: Cursor, name: str) -> Act:
    said = type_said(cursor)
    collation = cursor.qualified() if cursor.take("collate") else ()
    using = cursor.take("using")
    if using:
        cursor.pass_until({","})
    return Act("alter type", name, type=said, table=collation, other="using" if using else "")


def _alter_constraint(cursor: Cursor) -> Act:
    name = cursor.name()
    flags: dict[str, bool] = {}
    while not cursor.done and not cursor.sees(","):
        if cursor.take("not"):
            flags[cursor.word()] = False
        elif cursor.take("no", "inherit"):
            flags["inherit"] = False
        elif cursor.take("initially"):
            flags["deferred"] = cursor.word() == "deferred"
        else:
            flags[cursor.word()] = True
    return Act("alter constraint", name, flags=tuple(flags.items()))


def _rename(cursor: Cursor) -> Act:
    take = cursor.take
    if take("to"):
        return Act("rename", cursor.name())
    if take("constraint"):
        name = cursor.name()
        cursor.want("to")
        return Act("rename constraint", name, cursor.name())
    if not (cursor.sees("attribute") and cursor.ahead(1).value == "to"):
        take("column") or take("attribute")
    name = cursor.name()
    cursor.want("to")
    new = cursor.name()
    return Act("rename column", name, new, cascade=_cascade(cursor))
