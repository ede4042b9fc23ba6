"""Refuses to read tables where that would run other roles' code.

Whoever owns a table decides what planning a mere count of it runs: calls without a column below them in an
index, extended statistics or a partition key are carried out by the planner, as the role that looks. Calls about
columns are not, so that ordinary indexes on expressions are never in the way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.fact import fact
from fkdash.catalog.functions import Functions, read_functions
from fkdash.catalog.node_tree import ExpressionTree, read_tree
from fkdash.db.queries import query
from fkdash.errors import NotRun, NotRunError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.functions import Function
    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.db.session import Row, Session

FOLDED: Final = "folded-by-planner"
CAST: Final = "implicit-cast"
RANGE: Final = "range-type"
FOREIGN: Final = "foreign-table"
EVALUATED: Final = "would-be-evaluated"

_IDENTIFIER: Final = re.compile(r'[^\W\d][\w$]*|"(?:[^"]|"")+"')
_OPERATOR: Final = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_LONGEST_OPERATOR: Final = 8
_REASONS: Final = {"cast": CAST, "range": RANGE, "domain": EVALUATED}


@fact
class _Body:
    """What an untrusted function that is inlined consists of: stored calls, or the words of its text."""

    tree: ExpressionTree | None
    words: frozenset[str]


async def refuse_planted(session: Session, tables: Iterable[Table]) -> None:
    """Make sure that reading tables, with all below them, runs nobody else's code.

    Raises NotRunError with everything that would be run, and the session's errors. Between this and the read
    somebody may plant something: only a login without rights of its own for looking closes that.
    """
    found = await planted_in(session, {table.oid for table in tables if table.oid is not None})
    if found:
        raise NotRunError(found)


async def refuse_planted_at(session: Session, catalog: Catalog, key: ForeignKey) -> None:
    """Do the same for both tables of a foreign key."""
    await refuse_planted(session, (catalog.tables[key.table], catalog.tables[key.referenced]))


async def planted_in(session: Session, tables: Iterable[int]) -> tuple[NotRun, ...]:
    """Give what reading tables (OIDs), with all below them, would run of other roles' code."""
    rows = await session.rows(query("fkdash.catalog", "planted"), sorted(set(tables)))
    if not rows:
        return ()
    trees = {text: read_tree(text) for row in rows for text in row["trees"]}
    functions = await read_functions(session, trees.values(), {oid for row in rows for oid in row["functions"]})
    inlined = frozenset(oid for oid, each in functions.by_oid.items() if each.inlined)
    suspicious = await _doing_more(session, functions)
    found: dict[NotRun, None] = {}
    for row in rows:
        for function, reason in _run_by(row, functions, inlined, suspicious):
            found.setdefault(not_run(_object(row), function, reason))
        if row["kind"] == "foreign table":
            found.setdefault(NotRun(_object(row), "", row["owner"], FOREIGN, ""))
    return tuple(found)


def not_run(what: str, function: Function, reason: str) -> NotRun:
    """Say that a function in some object was not run, and how the operator accepts that it is."""
    accept = f"--trust-owner {shell_word(function.owner)}"
    return NotRun(what, function.name, function.owner, reason, accept)


def _run_by(
    row: Row, functions: Functions, inlined: frozenset[int], suspicious: frozenset[int]
) -> Iterable[tuple[Function, str]]:
    """Give the functions that reading the table would run for one object."""
    for oid in row["functions"]:
        yield functions.by_oid[oid], _REASONS[row["kind"]]
    for text in row["trees"]:
        tree = read_tree(text, inlined)
        kept = {call.function: True for call in tree.calls}
        for call in tree.calls:
            kept[call.function] &= call.kept
        for function in functions.called(tree):
            # An operator of a row comparison has no call of its own: nothing says what it is about.
            if not function.trusted and (function.oid in suspicious or not kept.get(function.oid, False)):
                yield function, FOLDED


async def _doing_more(session: Session, functions: Functions) -> frozenset[int]:
    """Give the untrusted functions of which a call about columns still leads to one without any.

    The planner puts a SQL function's body in the place of a call, and adds the arguments that a call leaves to
    their defaults (optimizer/util/clauses.c, inline_function and add_function_defaults).
    """
    untrusted = {
        each.oid: each
        for each in (*functions.by_oid.values(), *functions.by_operator.values())
        if not each.trusted
    }
    bodies = {
        oid: _Body(read_tree(each.defaults), frozenset()) for oid, each in untrusted.items() if each.defaults
    }
    texts = {oid: _body(each) for oid, each in untrusted.items() if each.inlined}
    trees = [body.tree for body in (*bodies.values(), *texts.values()) if body.tree is not None]
    inner = await read_functions(session, trees)
    words = sorted({word for body in texts.values() for word in body.words})
    bad_words = (
        {
            row["word"]
            for row in await session.rows(query("fkdash.catalog", "untrusted_names"), words, sorted(texts))
        }
        if words
        else set()
    )
    return frozenset(
        oid
        for parts in (bodies, texts)
        for oid, body in parts.items()
        if body.words & bad_words
        or (body.tree is not None and any(not each.trusted for each in inner.called(body.tree)))
        or (body.tree is not None and body.tree.conversions)
    )


def _body(function: Function) -> _Body:
    if function.body is not None:
        return _Body(read_tree(function.body), frozenset())
    return _Body(None, frozenset(_words(function.source or "")))


def _words(source: str) -> Iterable[str]:
    """Give every word in a text that might be a name or an operator, in strings and comments too."""
    for found in _IDENTIFIER.findall(source):
        yield found[1:-1].replace('""', '"') if found.startswith('"') else found.lower()
    if "::" in source or "cast" in source.lower():
        yield "::"
    for run in _OPERATOR.findall(source):
        for begin in range(len(run)):
            for end in range(begin + 1, min(len(run), begin + _LONGEST_OPERATOR) + 1):
                yield run[begin:end]


def _object(row: Row) -> str:
    name: str = row["name"] if row["kind"] not in _REASONS else f"{row['relation']}.{row['name']}"
    return f"{row['schema']}.{name}"
