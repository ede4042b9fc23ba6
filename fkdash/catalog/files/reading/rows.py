"""Reads what INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY name: tables, columns, what tells a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.named_nodes import Named
from fkdash.catalog.files.reading.nodes import ExpressionSaid
from fkdash.catalog.files.reading.parts import expression
from fkdash.catalog.files.reading.queries import read_from
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fkdash.catalog.files.reading.nodes import Name
    from fkdash.catalog.files.reading.tokens import Token

LONGEST: Final = 4000
"""How many characters of a statement are taken apart whole: it may have thousands of rows."""
WITH_ROWS: Final = "rpfv"
ANY: Final = "rpfvmS"
_BEHIND_SET: Final = frozenset({"from", "where", "returning"})


def _insert(cursor: Cursor) -> Iterator[Named]:
    cursor.want("into")
    name = cursor.qualified()
    if cursor.take("as"):
        cursor.name()
    columns: tuple[str, ...] = ()
    begin = cursor.at
    if cursor.sees("(") and not _is_query(cursor):
        columns = tuple(_targets(cursor))
    yield Named("relation", name, WITH_ROWS, columns, written=_once(cursor, begin), in_query=True)
    if len(cursor.text) > LONGEST:
        return
    overriding = cursor.take("overriding")
    if overriding:
        cursor.at += 2
    if not cursor.sees("default", "values") and "default" not in {each.value for each in cursor.tokens}:
        yield Named("given", name, columns=columns, values=_values_ahead(cursor), partial=overriding)
    rows = int(cursor.sees("values"))
    if rows:
        yield Named("row", name, columns=columns, values=_values(cursor))
    yield from _read(cursor)
    yield from _on_conflict(cursor, name, rows)


def _on_conflict(cursor: Cursor, name: Name, rows: int) -> Iterator[Named]:
    """Take ON CONFLICT: a constraint, or columns that a unique index has to be over, and what is set then."""
    depth = 0
    while not cursor.done and (depth or not cursor.sees("on", "conflict")):
        depth += {"(": 1, ")": -1}.get(cursor.now.value, 0) if cursor.now.kind == SIGN else 0
        cursor.at += 1
    if not cursor.take("on", "conflict"):
        return
    yield Named("unruled", name)
    if cursor.take("on", "constraint"):
        yield Named("constraint", name, columns=(cursor.name(),), written=cursor.sees("do", "update"), values=rows)
    elif cursor.sees("("):
        begin, end = cursor.pass_parentheses()
        plain = cursor.tokens[begin:end]
        if all(
            (each.kind in {WORD, QUOTED}) if at % 2 == 0 else each.value == "," for at, each in enumerate(plain)
        ):
            columns = tuple(each.value for each in plain[::2])
            where = expression(cursor, cursor.pass_until({"do"})) if cursor.take("where") else None
            yield Named("conflict", name, columns=columns, asked=where, values=rows)
    while not cursor.done and not cursor.sees("do"):
        cursor.at += 1
    if cursor.take("do", "update", "set"):
        written, once, _ = _assigned(cursor)
        yield Named("relation", name, WITH_ROWS, written, written=once, in_query=True)


def _is_query(cursor: Cursor) -> bool:
    return cursor.ahead(1).value in {"select", "with", "values", "table", "("} and cursor.ahead(1).kind != QUOTED


def _targets(cursor: Cursor) -> Iterator[str]:
    """Take a list of columns, of which one may have a field or a place in an array behind it."""
    cursor.want("(")
    while True:
        yield cursor.name()
        if not (cursor.sees(",") or cursor.sees(")")):
            cursor.pass_until({",", ")"})
        if not cursor.take(","):
            break
    cursor.want(")")


def _once(cursor: Cursor, begin: int) -> bool:
    """Tell whether a column can stand there only once: several fields or elements of one can be written."""
    return not any(each.kind == SIGN and each.value in {".", "["} for each in cursor.tokens[begin : cursor.at])


def _values_ahead(cursor: Cursor) -> int:
    """Give how many values the first row has, 0 for what is selected."""
    begin = cursor.at
    count = _values(cursor) if cursor.sees("values") else 0
    cursor.at = begin
    return count


def _values(cursor: Cursor) -> int:
    """Give how many values the first row has."""
    cursor.want("values")
    cursor.want("(")
    depth, count = 0, 1
    while depth or not cursor.sees(")"):
        if cursor.done:
            raise cursor.stumbled()
        now = cursor.now
        if now.kind == SIGN:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(now.value, 0)
            count += now.value == "," and not depth
        cursor.at += 1
    cursor.want(")")
    return count


def _update(cursor: Cursor) -> Iterator[Named]:
    cursor.take("only")
    name = cursor.qualified()
    cursor.take("*")
    alias = name[-1]
    if not cursor.take("set"):
        cursor.take("as")
        alias = cursor.name()
        cursor.want("set")
    begin = cursor.at
    written, once, values = _assigned(cursor)
    yield Named("relation", name, WITH_ROWS, written, written=once, in_query=True)
    if not cursor.sees("from"):
        yield Named("asked", name, columns=(alias,), asked=ExpressionSaid("", (*values, *_condition(cursor))))
    cursor.at = begin
    yield from _read(cursor)


def _assigned(cursor: Cursor) -> tuple[tuple[str, ...], bool, tuple[Token, ...]]:
    """Take what stands behind SET: the columns, whether each can stand there only once, and the values."""
    columns: list[str] = []
    values: list[Token] = []
    once = True
    while True:
        begin = cursor.at
        if cursor.sees("("):
            columns += _targets(cursor)
        else:
            columns.append(cursor.name())
        while not cursor.sees("="):
            if cursor.done:
                raise cursor.stumbled()
            cursor.at += 1
        once = once and _once(cursor, begin)
        cursor.want("=")
        begin, end = cursor.pass_until({",", *_BEHIND_SET})
        values += cursor.tokens[begin:end]
        if not cursor.take(","):
            return tuple(columns), once, tuple(values)


def _condition(cursor: Cursor) -> list[Token]:
    """Take the condition behind WHERE, without RETURNING."""
    if not cursor.take("where") or cursor.sees("current", "of"):
        return []
    begin, end = cursor.pass_until({"returning"})
    return list(cursor.tokens[begin:end])


def _delete(cursor: Cursor) -> Iterator[Named]:
    cursor.want("from")
    cursor.take("only")
    name = cursor.qualified()
    yield Named("relation", name, WITH_ROWS, in_query=True)
    cursor.take("*")
    begin = cursor.at
    alias = name[-1]
    if cursor.take("as") or not (cursor.done or cursor.sees_any({"using", "where", "returning"})):
        alias = cursor.name()
    if not cursor.sees("using"):
        yield Named("asked", name, columns=(alias,), asked=ExpressionSaid("", tuple(_condition(cursor))))
    cursor.at = begin
    yield from _read(cursor, also=("using",))


def _merge(cursor: Cursor) -> Iterator[Named]:
    cursor.want("into")
    cursor.take("only")
    yield Named("relation", cursor.qualified(), WITH_ROWS, in_query=True)
    yield from _read(cursor, also=("using",))


def _read(cursor: Cursor, also: tuple[str, ...] = ()) -> Iterator[Named]:
    """Give the relations that the queries in the rest read from."""
    if len(cursor.text) <= LONGEST:
        for name in read_from(cursor.tokens[cursor.at :], also):
            yield Named("relation", name, ANY, in_query=True)


def _truncate(cursor: Cursor) -> Iterator[Named]:
    cursor.take("table")
    names = tuple(listed(cursor))
    yield from (Named("relation", name, "rpf") for name in names)
    cursor.take("restart", "identity") or cursor.take("continue", "identity")
    if not cursor.take("cascade"):
        yield Named("emptied", (), tables=names)


def listed(cursor: Cursor) -> Iterator[Name]:
    """Take several names of tables, each maybe with ONLY or a star."""
    while True:
        cursor.take("only")
        yield cursor.qualified()
        cursor.take("*")
        if not cursor.take(","):
            return


def _copy(cursor: Cursor) -> Iterator[Named]:
    cursor.take("binary")
    if cursor.sees("("):
        return
    name = cursor.qualified()
    columns = cursor.names() if cursor.sees("(") else ()
    yield Named("relation", name, ANY, columns)


OF_ROWS: Final[dict[str, Callable[[Cursor], Iterator[Named]]]] = {
    "insert": _insert,
    "update": _update,
    "delete": _delete,
    "merge": _merge,
    "truncate": _truncate,
    "copy": _copy,
}
