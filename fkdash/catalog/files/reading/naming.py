"""Reads what statements name that change nothing which is followed: rows, privileges, comments, upkeep.

PostgreSQL refuses one that names what is not there. What is not understood names nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.named_nodes import Named, Names
from fkdash.catalog.files.reading.nodes import SKIPPED
from fkdash.catalog.files.reading.queries import read_from
from fkdash.catalog.files.reading.rows import ANY, LONGEST, OF_ROWS, WITH_ROWS, listed
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, STRING, WORD, Cursor, NotReadError, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fkdash.catalog.files.reading.nodes import Node
    from fkdash.catalog.files.reading.tokens import Token

_RELATIONS: Final = {
    "table": "rp", "view": "v", "index": "iI", "sequence": "S", "materialized view": "m", "foreign table": "f",
}  # fmt: skip
_OF_A_TABLE: Final = frozenset({"trigger", "policy", "rule"})


def naming(text: str, first: str) -> Node:
    """Give what a statement names that begins with such a word; Skipped where that is nothing."""
    reader = _READERS.get(first)
    if reader is None:
        return SKIPPED
    try:
        # A statement may have thousands of rows; what it names stands before them.
        cursor = Cursor(text if len(text) <= LONGEST else _beginning(text))
        cursor.word()
        found = tuple(reader(cursor))
    except NotReadError:
        return SKIPPED
    return Names(found) if found else SKIPPED


def _beginning(text: str) -> str:
    return text[:LONGEST].rsplit(";", 1)[0].rsplit(",", 1)[0]


def query_names(text: str) -> tuple[Named, ...]:
    """Give the relations that a query, or a statement behind WITH, reads and writes, and the sequences in it."""
    try:
        tokens = tokens_of(text)
    except NotReadError:
        return ()
    return (*names_read(tokens), *_numbered(tokens))


def names_read(tokens: Sequence[Token]) -> tuple[Named, ...]:
    """Give the relations that queries among tokens read from."""
    return tuple(Named("relation", name, ANY, in_query=True) for name in read_from(tokens))


def _numbered(tokens: Sequence[Token]) -> Iterator[Named]:
    """Give the sequences that functions of sequences are called with."""
    for at, token in enumerate(tokens[:-2]):
        called = token.kind == WORD and token.value in {"nextval", "setval", "currval"}
        if called and tokens[at + 1].value == "(" and tokens[at + 2].kind == STRING:
            name = Cursor(tokens[at + 2].value)
            try:
                yield Named("relation", name.qualified(), "S")
            except NotReadError:
                continue


def _lock(cursor: Cursor) -> Iterator[Named]:
    cursor.take("table")
    return (Named("relation", name, WITH_ROWS) for name in listed(cursor))


def _analyze(cursor: Cursor) -> Iterator[Named]:
    _options(cursor)
    while cursor.now.kind in {WORD, QUOTED}:
        cursor.take("only")
        name = cursor.qualified()
        cursor.take("*")
        yield Named("relation", name, ANY, cursor.names() if cursor.sees("(") else ())
        if not cursor.take(","):
            return


def _options(cursor: Cursor) -> None:
    if cursor.sees("("):
        cursor.pass_parentheses()
    while cursor.sees_any({"verbose", "full", "freeze", "analyze", "analyse"}):
        cursor.at += 1


def _cluster(cursor: Cursor) -> Iterator[Named]:
    _options(cursor)
    if cursor.now.kind in {WORD, QUOTED}:
        yield Named("relation", cursor.qualified(), "rpm")


def _reindex(cursor: Cursor) -> Iterator[Named]:
    if cursor.sees("("):
        cursor.pass_parentheses()
    what = cursor.word()
    cursor.take("concurrently")
    if what in {"index", "table"}:
        yield Named("relation", cursor.qualified(), "iI" if what == "index" else "rpm")
    elif what == "schema":
        yield Named("schema", (cursor.name(),))


def _refresh(cursor: Cursor) -> Iterator[Named]:
    cursor.want("materialized", "view")
    cursor.take("concurrently")
    yield Named("relation", cursor.qualified(), "m")


# --- privileges


def _grant(cursor: Cursor) -> Iterator[Named]:
    columns: list[str] = []
    while not cursor.take("on"):
        if cursor.done or cursor.sees("to"):
            return  # a role is granted
        if cursor.sees("("):
            columns += cursor.names()
        else:
            cursor.at += 1
    if cursor.take("all"):
        cursor.word()
        cursor.want("in", "schema")
        yield from (Named("schema", name) for name in listed(cursor))
    elif cursor.take("schema"):
        yield from (Named("schema", name) for name in listed(cursor))
    elif cursor.take("type") or cursor.take("domain"):
        yield from (Named("type", name) for name in listed(cursor))
    elif cursor.take("sequence"):
        yield from (Named("relation", name, "S") for name in listed(cursor))
    elif cursor.take("table") or not _of_another_kind(cursor):
        yield from (Named("relation", name, ANY, tuple(columns)) for name in listed(cursor))


def _of_another_kind(cursor: Cursor) -> bool:
    """Tell whether a kind of object comes next, not a table's name."""
    return cursor.now.kind == WORD and cursor.ahead(1).kind in {WORD, QUOTED} and cursor.ahead(1).value not in {
        "to", "from",
    }  # fmt: skip


def default_privileges(cursor: Cursor) -> Iterator[Named]:
    """Give the schemas of ALTER DEFAULT PRIVILEGES."""
    while not cursor.done and not cursor.sees_any({"grant", "revoke"}):
        if cursor.take("in", "schema"):
            yield from (Named("schema", name) for name in listed(cursor))
        else:
            cursor.at += 1


# --- comments


def _comment(cursor: Cursor) -> Iterator[Named]:
    cursor.want("on")
    kind = cursor.word()
    if kind in {"materialized", "foreign"}:
        kind = f"{kind} {cursor.word()}"
    if kind in _RELATIONS:
        yield Named("relation", cursor.qualified(), _RELATIONS[kind])
    elif kind == "column":
        *table, column = cursor.qualified()
        yield Named("relation", tuple(table), "rpfvmc", (column,))
    elif kind in {"schema", "extension"}:
        yield Named(kind, (cursor.name(),))
    elif kind in {"type", "domain"}:
        yield Named("type", cursor.qualified())
    elif kind in _OF_A_TABLE:
        name = cursor.name()
        cursor.want("on")
        yield Named(kind, cursor.qualified(), columns=(name,))


def _statistics(cursor: Cursor) -> Iterator[Named]:
    """Take CREATE STATISTICS: columns, or expressions in parentheses, of a table."""
    columns: list[str] = []
    while not cursor.take("on"):
        if cursor.done:
            return
        if cursor.sees("("):
            cursor.pass_parentheses()
        else:
            cursor.at += 1
    while True:
        if cursor.sees("("):
            cursor.pass_parentheses()
        elif cursor.ahead(1).value in {"(", "."} and cursor.ahead(1).kind == SIGN:
            cursor.qualified()
            cursor.pass_parentheses()
        else:
            columns.append(cursor.name())
        if not cursor.take(","):
            break
    cursor.want("from")
    yield Named("relation", cursor.qualified(), "rpfm", tuple(columns))


_READERS: Final[dict[str, Callable[[Cursor], Iterator[Named]]]] = {
    **OF_ROWS,
    "lock": _lock,
    "analyze": _analyze,
    "analyse": _analyze,
    "vacuum": _analyze,
    "cluster": _cluster,
    "reindex": _reindex,
    "refresh": _refresh,
    "grant": _grant,
    "revoke": _grant,
    "comment": _comment,
    "create": _statistics,
}
