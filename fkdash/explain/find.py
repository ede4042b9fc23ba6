"""Explains an error: which foreign key is behind it, on which way a delete gets there, what to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.explain.absent import could_not_be_added
from fkdash.explain.actions import WAITING, from_before, inside_action
from fkdash.explain.by_table import BARRED, by_bar, by_table
from fkdash.explain.candidates import (
    MOST_ANSWERS,
    Candidates,
    between_models,
    by_code,
    by_column,
    by_obstacle,
    unindexed,
)
from fkdash.explain.cascaded import handing_on
from fkdash.explain.changing import about_a_key
from fkdash.explain.clues import KEY_KINDS, ROW_KINDS, Clues, Kind
from fkdash.explain.garbled import restored
from fkdash.explain.incomplete import what_is_missing
from fkdash.explain.keys import by_columns, by_structure, named, narrowed, over, ran, statement_table, table_called
from fkdash.explain.lookalikes import is_misspelt, put_right
from fkdash.explain.model import Cause, Explanation
from fkdash.explain.read import read_errors
from fkdash.explain.refusals import refusal
from fkdash.explain.statements import WRITING, Doing
from fkdash.explain.unwrap import layers
from fkdash.explain.vocabulary import vocabulary
from fkdash.fact import fact
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.ways import ways_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey

_MOST_PATHS: Final = 5
_LETS_GO: Final = frozenset({Action.CASCADE, Action.SET_NULL})
_BY_NAME: Final = KEY_KINDS | {Kind.DEPENDED_ON, Kind.TRUNCATED, Kind.REWRITTEN}
_MORE: Final = (
    "To be certain, paste more of it: the table (psql prints it after \\set VERBOSITY verbose, drivers have it as "
    "a field) and the statement that failed (CONTEXT and STATEMENT in the server's log)."
)
_IN_CONTEXT: Final = (
    "A foreign key's own statement stands in CONTEXT (Where): psql and the server's log print it, some drivers do "
    "not."
)
_IN_DETAIL: Final = "DETAIL names both tables: paste it, or the statement."
_READ_AS: Final = "Letters that look alike were put right by the names here; it was read as: "
_NOTHING: Final = "No error of PostgreSQL that a foreign key can be behind was found in it."


@fact
class _Found:
    answers: tuple[Cause, ...] = ()
    total: int = 0
    only: str = ""
    sure: bool = False


def explain(catalog: Catalog, text: str) -> Explanation:
    """Explain a pasted error with the catalog of the database it came from."""
    best = _best(catalog, _readable(catalog, text))
    if best is None or (not best.answers and (_is_misread(catalog, best.clues) or is_misspelt(text))):
        read = put_right(catalog, text)
        again = _best(catalog, (read,)) if read else None
        if again is not None and again.answers:
            return replace(again, advice=" ".join(filter(None, (_READ_AS + " ".join(read.split()), again.advice))))
    if best is None or (not best.answers and best.clues.kind is Kind.OTHER):
        about = about_a_key(catalog, text, best.clues.sqlstate if best is not None else "")
        if about is not None:
            return about
        missing = what_is_missing(text)
        if missing is not None:
            return Explanation(
                best.clues if best is not None else Clues("", Kind.OTHER), missing[0], (), missing[1]
            )
    return best or Explanation(Clues("", Kind.OTHER), _NOTHING, ())


def _is_misread(catalog: Catalog, clues: Clues) -> bool:
    """Tell whether nothing was read, or a name that nothing is called: what is read as it is stays as it is."""
    known = vocabulary(catalog)
    names = (clues.constraint, clues.table, clues.referenced, *clues.columns)
    return clues.kind is Kind.OTHER or not all(known.knows(name) for name in names if name)


def _best(catalog: Catalog, readings: Iterable[str]) -> Explanation | None:
    """Give the explanation of the reading from which most is learned, None where none has an error in it."""
    known = vocabulary(catalog)
    best: Explanation | None = None
    best_rank: tuple[int, int, int, int] = (-1, -1, -1, -1)
    statements: dict[tuple[object, ...], tuple[str, tuple[str, ...]]] = {}
    for layer in readings:
        errors = [_with_statement(catalog, clues, statements) for clues in read_errors(layer, known)]
        told = [_explained(catalog, clues) for clues in errors]
        if not told:
            continue
        first = _plainer(max(told, key=_standing), told)
        clues = first.clues
        rank = (_standing(first), not first.ambiguous, clues.constraint in known.keys, clues.weight)
        if rank > best_rank:
            best, best_rank = _with_others(first, told), rank
    return best


def _readable(catalog: Catalog, text: str) -> Iterator[str]:
    """Give the layers of a text, each also with the names that somebody could not print."""
    for layer in layers(text):
        yield layer
        yield from restored(catalog, layer)


def _with_statement(
    catalog: Catalog, clues: Clues, statements: dict[tuple[object, ...], tuple[str, tuple[str, ...]]]
) -> Clues:
    """Give an error with the statement that an outer layer has with it: unwrapping can garble a name."""
    error = (clues.kind, clues.constraint, clues.table, clues.columns)
    if clues.statement is not None and table_called(catalog, clues.statement[1]) is not None:
        statements.setdefault(error, clues.statement)
    elif error in statements:
        return replace(clues, statement=statements[error])
    return clues


def _standing(found: Explanation) -> int:
    """Rank what is told of one error in a text: answered, understood, read."""
    if found.answers:
        return 3
    return 2 if found.understood else 1 if found.clues.kind is not Kind.OTHER else 0


def _plainer(first: Explanation, told: Sequence[Explanation]) -> Explanation:
    """Give, for what a client library says of a key, what the server said of it if that stands there too."""
    if first.clues.kind is not Kind.KEY or not first.answers:
        return first
    mine = [answer.key for answer in first.answers]
    same = (each for each in told if [answer.key for answer in each.answers] == mine)
    return next((each for each in same if each.clues.kind in {Kind.HELD, Kind.MISSING}), first)


def _with_others(first: Explanation, told: Sequence[Explanation]) -> Explanation:
    """Say that the text holds another error that another foreign key is behind."""
    mine = {answer.key for answer in first.answers}
    others = [
        each
        for each in told
        if each is not first and each.answers and mine.isdisjoint(one.key for one in each.answers)
    ]
    if not others or not first.answers:
        return first
    also = " ".join(dict.fromkeys(f"Also in it: {each.headline}" for each in others[:_MOST_PATHS]))
    return Explanation(
        first.clues,
        first.headline,
        first.answers,
        " ".join(filter(None, (first.advice, also))),
        ambiguous=first.ambiguous,
    )


def _explained(catalog: Catalog, clues: Clues) -> Explanation:
    found = _answered(catalog, clues)
    if not found.answers:
        absent = could_not_be_added(catalog, clues)
        if absent is not None:
            return Explanation(clues, absent[0], (), absent[1], understood=True)
    unknown = not found.answers and clues.kind is Kind.OTHER and clues.sqlstate in BARRED | WAITING
    untold = not found.answers and clues.kind is Kind.TRUNCATED
    ambiguous = bool(found.only) or (len(found.answers) > 1 and not found.sure)
    return Explanation(
        clues,
        _headline(clues, found),
        found.answers[:MOST_ANSWERS],
        advice=_MORE if ambiguous else _IN_CONTEXT if unknown else _IN_DETAIL if untold else "",
        ambiguous=ambiguous,
    )


def _answered(catalog: Catalog, clues: Clues) -> _Found:  # noqa: PLR0911 - one answer for each kind of error
    match clues.kind:
        case Kind.CODE:
            return _some(by_code(catalog, clues.sqlstate))
        case Kind.REQUIRED:
            return _of(tuple(refusal(catalog, clues, key, ()) for key in between_models(catalog, clues)))
        case Kind.MISSING:
            clues = _detaching(catalog, clues)
    inside = _inside(catalog, clues)
    if clues.kind in _BY_NAME:
        keys = _named(catalog, clues)
        answers = tuple(refusal(catalog, clues, key, paths(catalog, clues, key)) for key in keys[:MOST_ANSWERS])
        answers, keys = _raising(answers, keys)
        writer = [each for each in inside if clues.kind is Kind.MISSING and _wrote(catalog, clues, each)]
        if writer:
            mine = {each.key for each in writer}
            both = (*writer, *(each for each in answers if each.key not in mine))
            return _Found(both, len(both), sure=len(writer) == 1)
        return _Found(answers, len(keys))
    if inside:
        return _of(inside)
    if clues.kind in ROW_KINDS:
        if clues.elsewhere or (clues.statement is not None and clues.statement[0] == "INSERT"):
            return _Found()
        found = by_obstacle(catalog, clues)
        if not found.answers and clues.kind in {Kind.NULL, Kind.IDENTITY} and not clues.table:
            column = by_column(catalog, clues)
            said = "a column" if clues.columns else "a table"
            return replace(_some(column), only=said if column.answers else "")
        handed = handing_on(catalog, clues) if clues.kind is Kind.NULL and clues.table else ()
        handed = tuple(each for each in handed if each.key not in {one.key for one in found.answers})
        return _Found((*found.answers, *handed), found.total + len(handed))
    if clues.sqlstate in WAITING:
        return _some(unindexed(catalog, clues))
    if clues.sqlstate in BARRED and clues.table:
        refused = _some(by_bar(catalog, clues))
        return replace(refused, only="a table" if refused.answers else "")
    return _Found()


def _raising(
    answers: tuple[Cause, ...], keys: tuple[ForeignKey, ...]
) -> tuple[tuple[Cause, ...], tuple[ForeignKey, ...]]:
    """Leave keys out that raise no such error any more, where one of that name does."""
    left = tuple(each for each in answers if not each.outdated)
    if len(keys) > MOST_ANSWERS or not left:
        return answers, keys
    return left, tuple(each.key for each in left)


def _of(answers: tuple[Cause, ...]) -> _Found:
    return _Found(answers, len(answers))


def _some(candidates: Candidates) -> _Found:
    return _Found(candidates.answers, candidates.total)


def _detaching(catalog: Catalog, clues: Clues) -> Clues:
    """Give the clues of a partition that was to be detached: other languages tell of it as of a row written."""
    other = replace(clues, kind=Kind.DETACHED, table="", referenced=clues.table)
    keys = named(catalog, other) if clues.table and not named(catalog, clues) else ()
    return other if any(key.referenced.name != clues.table for key in keys) else clues


def _named(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the keys that the error names, else those that are what it says under another name."""
    keys = named(catalog, clues) if clues.constraint else ()
    if (not keys and clues.kind is Kind.TRUNCATED) or (not keys and clues.kind in KEY_KINDS):
        keys = by_structure(catalog, clues)
    if not keys and clues.kind is Kind.KEY and clues.constraint and not clues.columns:
        # Prisma names what it found: an index, a constraint or a field.
        keys = by_columns(catalog, replace(clues, columns=(clues.constraint,)))
    if not keys and not clues.constraint and clues.kind in {Kind.KEY, Kind.MISSING} and clues.columns:
        keys = by_columns(catalog, clues)
    if not clues.constraint and not clues.columns:
        keys = keys or by_table(catalog, clues)
    if clues.kind is Kind.HELD and clues.statement is None:
        # Rows are deleted more often than their keys are changed.
        return tuple(sorted(keys, key=lambda each: each.on_delete in _LETS_GO))
    return keys


def _inside(catalog: Catalog, clues: Clues) -> tuple[Cause, ...]:
    """Give the answers that the innermost statement of a foreign key leads to."""
    for statement in clues.own[:1]:
        keys = narrowed(catalog, ran(catalog, statement), clues)
        if keys:
            return tuple(
                inside_action(catalog, clues, key, statement, _chain(catalog, clues, key)) for key in keys
            )
        if statement.doing in WRITING:
            former = over(catalog, statement)
            return tuple(from_before(clues, key, statement) for key in former)
    return ()


def _wrote(catalog: Catalog, clues: Clues, answer: Cause) -> bool:
    """Tell whether an action wrote the reference that has nothing to refer to."""
    statement = clues.own[0]
    same_table = clues.table in {
        table.name.name for table in catalog.with_partitions(node(catalog, answer.key.table))
    }
    return same_table and statement.doing in WRITING and statement.doing is not Doing.DELETE


def _chain(catalog: Catalog, clues: Clues, key: ForeignKey) -> tuple[tuple[ForeignKey, ...], ...]:
    """Give the way that the statements in the text took, else the ways there are."""
    way = [key]
    for statement in clues.own[1:]:
        above = [
            each
            for each in ran(catalog, statement)
            if node(catalog, each.table) == node(catalog, way[0].referenced)
        ]
        if len(above) != 1:
            break
        way.insert(0, above[0])
    start = statement_table(catalog, clues)
    if len(way) > 1 and (start is None or node(catalog, way[0].referenced) == node(catalog, start)):
        return (tuple(way),)
    return paths(catalog, clues, key)


def paths(catalog: Catalog, clues: Clues, key: ForeignKey) -> tuple[tuple[ForeignKey, ...], ...]:
    """Give the ways a delete takes to this key: from the table in the statement, else from all that lead here."""
    if key.on_delete is Action.NO_ACTION and clues.statement is not None and clues.statement[0] == "UPDATE":
        return ()
    ways = ways_to(catalog, key)
    start = statement_table(catalog, clues)
    if start is not None and node(catalog, start) in ways:
        return (ways[node(catalog, start)],)
    return tuple(ways.values())[:_MOST_PATHS]


def _headline(clues: Clues, found: _Found) -> str:  # noqa: PLR0911 - one answer for each kind of error
    answers = found.answers
    state = clues.sqlstate or (answers[0].sqlstate if answers else "")
    if clues.kind is Kind.CODE and answers:
        can = (
            f"{found.total:,} foreign keys here can raise it, the likeliest first"
            if found.total > 1
            else "one foreign key here can raise it"
        )
        return f"{state} alone names no table: {can}."
    if found.only == "a table" and found.total > 1:
        return f"{state} names only {found.only}: if a foreign key is behind it, it is one of {found.total:,}."
    if len(answers) > 1 and not found.sure:
        return f"{state} is ambiguous: it can come from {found.total:,} foreign keys, the likeliest first."
    if found.only:
        return f"{state} names only {found.only}: if a foreign key is behind it, it is {answers[0].key.qualified}."
    if answers and answers[0].outdated:
        return (
            f"{state} came from {answers[0].key.qualified} as it was; as it is declared now, it "
            "raises no such error."
        )
    if answers:
        return f"{state or 'It'} comes from {answers[0].key.qualified}."
    if clues.kind in KEY_KINDS and clues.constraint:
        return (
            f"{state} was understood, but this database has no foreign key {clues.constraint} as the "
            "error describes it: the error came from another database, or the foreign key has been dropped since."
        )
    if clues.kind is Kind.TRUNCATED:
        return f"{state} is TRUNCATE of a table that a foreign key refers to; the text does not tell which one."
    if clues.kind in ROW_KINDS or clues.kind in KEY_KINDS or clues.kind is Kind.CODE:
        return (
            f"{state} was understood, but no foreign key of this database explains it: the statement "
            "itself violates the constraint, or the error came from another database."
        )
    if clues.sqlstate in BARRED | WAITING:
        return (
            f"{clues.sqlstate} comes from a foreign key only inside a statement that it runs; none stands in it."
        )
    if clues.sqlstate:
        return f"{clues.sqlstate} is not an error that a foreign key raises, and no statement of one stands in it."
    return _NOTHING
