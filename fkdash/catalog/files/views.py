"""What a view's query reads: which relations is known, of their columns some for sure and others perhaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.queries import sources
from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.spans import is_at, outermost
from fkdash.catalog.files.reading.tokens import QUOTED, SIGN, WORD, cut_name
from fkdash.catalog.files.state import DoubtfulError, RefusedError
from fkdash.sqlstates import DUPLICATE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

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
_SEVERAL: Final = frozenset({"union", "intersect", "except", "using", "natural", "into", "with"})
_QUALIFIED: Final = 3
"""How many tokens a column, or a star, behind a name of its table is."""
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


def may_be_gone(state: State, relation: Relation) -> bool:
    """Tell whether it is a view of which is not known whether it went with what it may have used."""
    return relation.kind in "vm" and ("view", relation.schema, relation.name) in state.left


def leave_view(state: State, view: Relation) -> None:
    """Have a view, and those that read from it, go with something with CASCADE if it uses that."""
    if may_be_gone(state, view):
        return
    state.put(state.left, ("view", view.schema, view.name), state.statement)
    for other in [each for each in state.relations.values() if (view.oid, 0) in each.uses]:
        leave_view(state, other)


def want_there(state: State, relation: Relation) -> None:
    """Raise DoubtfulError for a view that may be gone."""
    if may_be_gone(state, relation):
        raise DoubtfulError(f"whether the view {relation.name} is still there is not known")


def want_distinct_names(state: State, query: Sequence[Token]) -> None:
    """Raise RefusedError where two columns of what a query gives have one name; only certain names count."""
    places = outermost(query, 0, len(query))
    froms = [at for at in places if is_at(query, at, "from")]
    words = {query[at].value for at in places if query[at].kind == WORD}
    if not query or not is_at(query, 0, "select") or len(froms) > 1 or not words.isdisjoint(_SEVERAL):
        return
    end = froms[0] if froms else len(query)
    begin = 2 if is_at(query, 1, "all") or is_at(query, 1, "distinct") else 1
    commas = [at for at in places if begin <= at < end and is_at(query, at, ",")]
    # What a star stands for is known where this one SELECT reads every relation, and none of their columns merge.
    joined = any(each.kind == WORD and each.value in {"using", "natural"} for each in query)
    read = {} if joined or not _is_one(query) else {alias: state.find(name) for name, alias in sources(query)}
    seen: set[str] = set()
    for first, last in zip([begin, *(at + 1 for at in commas)], [*commas, end], strict=True):
        for name in _names_given(query, first, last, read):
            if name in seen:
                raise RefusedError(DUPLICATE_COLUMN, f"two columns are called {name}")
            seen.add(name)


def _names_given(
    query: Sequence[Token], begin: int, end: int, read: Mapping[str, Relation | None]
) -> Sequence[str]:
    """Give what an expression of a SELECT is called, what a `*` stands for, or nothing where that is not known."""
    if end <= begin:
        return ()
    if is_at(query, end - 1, "*"):
        alias = query[begin].value if end - begin == _QUALIFIED else ""
        meant = [read.get(alias)] if alias else list(read.values()) if end - begin == 1 else []
        return [column.name for each in meant if each is not None for column in each.columns]
    last = query[end - 1]
    if is_at(query, end - 2, "as") and end - begin > 1:
        return (cut_name(last.value),)
    if end - begin == 1 or (end - begin == _QUALIFIED and is_at(query, end - 2, ".")):
        return (cut_name(last.value),) if is_name(last) else ()
    return ()


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
