"""What a view's query reads: which relations is known, of their columns some for sure and others perhaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.queries import sources
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, cut_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.tokens import Token
    from fkdash.catalog.files.state import State

Used = frozenset[tuple[int, int]]
"""Relations, each with 0 for itself or with the number of a column."""
_BEFORE_VALUE: Final = frozenset(
    {
        "select", "distinct", "all", "and", "or", "not", "where", "on", "by", "when", "then", "else", "case",
        "having", "in", "between", "like", "ilike",
    }
)  # fmt: skip
"""Words behind which a value begins, and no name that is given to one."""
_BEFORE_ALL: Final = frozenset({"select", "all", "distinct", ","})


def used_by(state: State, words: Collection[str]) -> Used:
    """Give every relation that a word could mean, and their columns, all of them where the words have a `*`."""
    meant = (state.relation_names.get((schema, word)) for word in words for schema in state.schemas.values())
    found = {oid for oid in meant if oid is not None}
    columns = {
        (oid, column.number)
        for oid in found
        for column in state.relations[oid].columns
        if "*" in words or column.name in words
    }
    return frozenset({*columns, *((oid, 0) for oid in found)})


def used_by_query(state: State, query: Sequence[Token], words: Collection[str]) -> tuple[Used, Used]:
    """Give what a query reads perhaps, and what of it for sure: relations, and columns where names tell them."""
    named = [(state.find(name), alias) for name, alias in sources(query)]
    read = [(each, alias) for each, alias in named if each is not None]
    relations = {each.oid: each for each, _ in read}
    perhaps = {
        (each.oid, column.number)
        for each in relations.values()
        for column in each.columns
        if "*" in words or column.name in words
    }
    itself = {(oid, 0) for oid in relations}
    sure = set(_surely(query, read)) if len(read) == len(named) and _is_one(query) else set()
    return frozenset(perhaps | itself), frozenset(sure | itself)


def _is_one(query: Sequence[Token]) -> bool:
    """Tell whether there is one SELECT, so that all names in it are of one FROM, and no function in that."""
    selects = sum(each.kind == WORD and each.value in {"select", "values", "table", "lateral"} for each in query)
    return selects == 1


def _surely(query: Sequence[Token], read: Sequence[tuple[Relation, str]]) -> Iterator[tuple[int, int]]:
    by_alias = {alias: each for each, alias in read}
    if len(by_alias) < len(read):
        return
    for at, token in enumerate(query):
        before = query[at - 1] if at else None
        behind = query[at + 1] if at + 1 < len(query) else None
        if token.value == "*" and token.kind == SIGN and before is not None:
            if before.kind in {WORD, SIGN} and before.value in _BEFORE_ALL:
                yield from ((each.oid, column.number) for each, _ in read for column in each.columns)
            elif before.value == "." and at > 1 and query[at - 2].value in by_alias:
                each = by_alias[query[at - 2].value]
                yield from ((each.oid, column.number) for column in each.columns)
        elif token.kind in {WORD, QUOTED} and (behind is None or behind.value not in {"(", "."}):
            yield from _column(query, at, by_alias)


def _column(query: Sequence[Token], at: int, by_alias: dict[str, Relation]) -> Iterator[tuple[int, int]]:
    """Give the column that a word names, if it can be no other and no name that something is given."""
    before = query[at - 1] if at else None
    name = cut_name(query[at].value)
    if before is not None and before.kind == SIGN and before.value == ".":
        each = by_alias.get(query[at - 2].value) if at > 1 else None
        column = each.column(name) if each is not None else None
        if each is not None and column is not None and not (at > 2 and query[at - 3].value == "."):  # noqa: PLR2004 - schema.table.column
            yield each.oid, column.number
        return
    begins = before is None or (before.kind == WORD and before.value in _BEFORE_VALUE)
    begins = begins or (before is not None and before.kind == SIGN and before.value not in {")", "]", "::", "."})
    found = [(each.oid, column.number) for each in by_alias.values() if (column := each.column(name)) is not None]
    if begins and len(found) == 1 and all(each.columns for each in by_alias.values()):
        yield found[0]
